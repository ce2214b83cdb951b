"""How far a pool's samples deserve to be followed, measured with the model that samples.

Redraw a sample x twice from the same noise-to-signal ratio r: D_k = denoised(x + r e_k) in the variance-exploding form.
What both redrawings change, <D_1 - x, D_2 - x>, is what the model finds wrong with x; what they differ in,
|D_1 - D_2|^2 / 2, is the model's own uncertainty. Both are summed over the frequencies whose spectral density S stands
above the noise, S > r^2: those are settled at r.

For samples of a stationary Gaussian world the denoiser is the Wiener filter k = S / (S + r^2), and per frequency

    common = (1 - k)^2 S,    spread = k^2 r^2,    common / spread = r^2 / S.

So for the model's own samples common / spread of the settled frequencies is below 1, whatever the spectrum, the
latent's size, its scale and the noise. Where it is above 1, the model sees more wrong with x than it is unsure of.

A trained network is no Wiener filter: its own samples of 30 steps reach 1.3 in the embedded world. LIMIT leaves room
for that.

The levels are the layout's, at which one to two cycles across the latent are settled, and its halvings, each of which
settles one octave of detail more. The samples lead from pure noise down to the lowest level at which the model does
not tell them from its own; where it does so at the layout's level already, they do not lead at all.
"""

import math
from collections.abc import Callable, Sequence

import torch

LIMIT = 1.5
"""The largest common / spread at which a sample passes for the model's own."""

Redraw = Callable[[torch.Tensor, float, torch.Tensor], torch.Tensor]
"""Samples (m, ...), a noise-to-signal ratio and unit noise (m, ...) to the model's denoised predictions (m, ...)."""


def cycles(shape: torch.Size) -> torch.Tensor:
    """Length of each frequency of rfftn over all axes but the first of (C, ...), in cycles across the longest axis."""
    sizes = shape[1:]
    axes = [torch.fft.fftfreq(size) for size in sizes[:-1]] + [torch.fft.rfftfreq(sizes[-1])]
    grids = torch.meshgrid(*axes, indexing="ij")
    return max(sizes) * torch.stack(grids).square().sum(0).sqrt()


class Spectrum:
    """Frequencies of latents (n, C, ...) by octave, and the latents' power in each.

    density: mean power of one frequency of each octave, 1 for white noise of unit variance; the constant part is an
    octave of its own, the first.
    """

    def __init__(self, latents: torch.Tensor) -> None:
        shape = latents.shape[1:]
        # 1 to 2 cycles are octave 1, 2 to 4 octave 2, and so on.
        self.octave = cycles(shape).clamp(min=0.5).log2().floor().long().add(1).to(latents.device)
        self.axes = tuple(range(2, latents.ndim))
        self.weight = self._doubled(shape).to(latents.device)
        counts = torch.bincount(self.octave.flatten(), self.weight.flatten())
        power = self.power(latents, latents)
        self.density = power / (counts * len(latents) * shape[0]).clamp(min=1)

    def power(self, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """(octaves,) the product <u, v> of (m, C, ...) by octave; the octaves sum to (u * v).sum()."""
        both = [torch.fft.rfftn(part.float(), dim=self.axes, norm="ortho") for part in (u, v)]
        product = (both[0] * both[1].conj()).real.sum((0, 1)) * self.weight
        return torch.bincount(self.octave.flatten(), product.flatten())

    def levels(self) -> list[float]:
        """Noise-to-signal ratios: the layout's and its halvings, down to where the finest octave is settled."""
        layout, finest = (float(self.density[octave].sqrt()) for octave in (1, -1))
        halvings = max(0, round(math.log2(max(layout, 1e-12) / max(finest, 1e-12))))
        return [layout / 2**halving for halving in range(halvings + 1)]

    def _doubled(self, shape: torch.Size) -> torch.Tensor:
        """How many frequencies of the whole transform each one of rfftn stands for."""
        last = shape[-1]
        weight = torch.full((last // 2 + 1,), 2.0)
        weight[0] = 1.0
        if last % 2 == 0:
            weight[-1] = 1.0
        return weight.expand(self.octave.shape)


def disagreement(redraw: Redraw, samples: torch.Tensor, ratio: float, spectrum: Spectrum, seed: int = 0) -> float:
    """common / spread of the module docstring, over all `samples` (m, C, ...); 0 where no frequency is settled.

    Calls `redraw` twice, each with all samples. The noise depends on `seed` alone.
    """
    generator = torch.Generator().manual_seed(seed)
    first, second = (
        redraw(samples, ratio, torch.randn(samples.shape, generator=generator).to(samples)) for _ in range(2)
    )
    settled = spectrum.density >= ratio**2
    common = spectrum.power(first - samples, second - samples)[settled].sum()
    spread = spectrum.power(first - second, first - second)[settled].sum() / 2
    return float(common / spread.clamp(min=1e-12))


def handover(redraw: Redraw, latents: torch.Tensor, order: Sequence[int], nfe: int) -> float:
    """The noise-to-signal ratio down to which `latents` (n, C, ...) may lead; infinity where they may not at all.

    order: their indices, best first. nfe: how many network evaluations drew them. Two to four of the best are redrawn,
    as many as a tenth of `nfe` allows, at levels found by bisection, since the lower the level the more the model sees.
    """
    spectrum = Spectrum(latents)
    levels = spectrum.levels()
    trials = math.ceil(math.log2(len(levels) + 1))
    tested = latents[list(order[: min(4, max(2, nfe // (20 * trials)))])]
    passing, failing = -1, len(levels)
    while failing - passing > 1:
        middle = (passing + failing) // 2
        if disagreement(redraw, tested, levels[middle], spectrum) <= LIMIT:
            passing = middle
        else:
            failing = middle
    return levels[passing] if passing >= 0 else math.inf
