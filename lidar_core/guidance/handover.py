"""How far a pool's samples deserve to be followed, measured with the model that samples.

Redraw a sample x twice from the same noise-to-signal ratio r: D_k = denoised(x + r e_k) in the variance-exploding form.
What both redrawings change, <D_1 - x, D_2 - x>, is what the model finds wrong with x; what they differ in,
|D_1 - D_2|^2 / 2, is the model's own uncertainty. Two things tell a draft from the model's own samples:

- Its layout, the frequencies of one to two cycles across the latent. For samples of a stationary Gaussian world the
  denoiser is the Wiener filter k = S / (S + r^2) at each frequency, S the spectral density, so that

      common = (1 - k)^2 S,    spread = k^2 r^2,    common / spread = r^2 / S,

  which is below 1 where S stands above the noise. A trained network is no Wiener filter: of its own samples of 30
  steps in the embedded world the layout reaches 1.9. LIMIT leaves room for that.
- Its detail. E[x0 | x_t] has no more power than x0 in any band of frequencies, by Jensen's inequality, whatever the
  distribution of x0. Where the redrawings have more power than x, x is smoother than the model's own samples.

Samples are redrawn from r = v sqrt(N) / 8 and its two halvings, for pictures of N cells with the standard deviation v;
frames do not count. Where each octave of frequencies holds about as much variance as the next, as in natural pictures,
the first octave stands above the noise at the first ratio, two at the second and three at the third, whatever the size.

The samples lead from pure noise down to half of the lowest ratio at which the model does not tell them from its own:
at the ratio itself half of the last octave that passed would still be drawn anew. Where the model tells them at every
ratio, they do not lead at all.
"""

import math
from collections.abc import Callable, Sequence

import torch

LIMIT = 2.0
"""The largest common / spread at which a layout passes for the model's own."""
LACK = 1.5
"""The largest power of the redrawings, as a multiple of the samples', at which detail passes for the model's own."""
ABOVE = 2.0
"""The ratio that samples are redrawn from, as a multiple of the one that they would hand over at."""

Redraw = Callable[[torch.Tensor, float, torch.Tensor], torch.Tensor]
"""Samples (m, ...), a noise-to-signal ratio and unit noise (m, ...) to the model's denoised predictions (m, ...)."""


def cycles(shape: torch.Size) -> torch.Tensor:
    """Length of each frequency of rfftn over all axes but the first of (C, ...), in cycles across the longest axis."""
    sizes = shape[1:]
    axes = [torch.fft.fftfreq(size) for size in sizes[:-1]] + [torch.fft.rfftfreq(sizes[-1])]
    grids = torch.meshgrid(*axes, indexing="ij")
    return max(sizes) * torch.stack(grids).square().sum(0).sqrt()


class Octaves:
    """The frequencies of latents (C, ...) by octave: 0 is the constant part, 1 has 1 to 2 cycles, 2 has 2 to 4, ..."""

    def __init__(self, shape: torch.Size) -> None:
        self.octave = cycles(shape).clamp(min=0.5).log2().floor().long().add(1)
        self.axes = tuple(range(2, len(shape) + 1))
        # How many frequencies of the whole transform each one of rfftn stands for.
        weight = torch.full(self.octave.shape[-1:], 2.0)
        weight[0] = 1.0
        if shape[-1] % 2 == 0:
            weight[-1] = 1.0
        self.weight = weight.expand(self.octave.shape)

    def power(self, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """(octaves,) the product <u, v> of (m, C, ...) by octave; the octaves sum to (u * v).sum()."""
        both = [torch.fft.rfftn(part.float().cpu(), dim=self.axes, norm="ortho") for part in (u, v)]
        product = (both[0] * both[1].conj()).real.sum((0, 1)) * self.weight
        return torch.bincount(self.octave.flatten(), product.flatten())


def levels(latents: torch.Tensor) -> list[float]:
    """The noise-to-signal ratios at which latents (n, C, ...) may hand over, falling, in the latents' unit."""
    deviation = float(latents.flatten(2).var(2, correction=0).mean().sqrt())
    layout = deviation * math.sqrt(math.prod(latents.shape[2:][-2:])) / 8
    return [layout / ABOVE / 2**halving for halving in range(3)]


def redrawings(redraw: Redraw, samples: torch.Tensor, ratio: float) -> list[torch.Tensor]:
    """Two of all `samples`; the noise is always the same."""
    generator = torch.Generator().manual_seed(0)
    return [redraw(samples, ratio, torch.randn(samples.shape, generator=generator).to(samples)) for _ in range(2)]


def disagreement(samples: torch.Tensor, redrawn: Sequence[torch.Tensor], octaves: Octaves) -> float:
    """common / spread of the layout, over all `samples`; 0 where latents are too small to have one."""
    first, second = redrawn
    common = octaves.power(first - samples, second - samples)
    spread = octaves.power(first - second, first - second) / 2
    return float(common[1:2].sum() / spread[1:2].sum().clamp(min=1e-12))


def lacks(samples: torch.Tensor, redrawn: Sequence[torch.Tensor], octaves: Octaves) -> torch.Tensor:
    """(octaves,) the redrawings' power as a multiple of the samples'."""
    power = sum(octaves.power(one, one) for one in redrawn) / len(redrawn)
    return power / octaves.power(samples, samples).clamp(min=1e-12)


def handover(redraw: Redraw, latents: torch.Tensor, order: Sequence[int], nfe: int) -> float:
    """The noise-to-signal ratio down to which `latents` (n, C, ...) may lead; infinity where they may not at all.

    order: their indices, best first. nfe: the model calls that drew them. The four best are redrawn for the
    second level, and for one of its neighbours where both together cost an eighth of `nfe` or less.
    """
    octaves = Octaves(latents.shape[1:])
    tested = latents[list(order[:4])]
    ratios = levels(latents)

    def passes(level: int) -> bool:
        redrawn = redrawings(redraw, tested, ABOVE * ratios[level])
        # Octaves 2 to level + 1 are the detail that stands above the noise.
        smooth = (lacks(tested, redrawn, octaves)[2 : level + 2] > LACK).any()
        return not smooth and disagreement(tested, redrawn, octaves) <= LIMIT

    calls = 2 * len(tested)
    asks_neighbour = 2 * calls <= nfe / 8
    if passes(1):
        return ratios[2] if asks_neighbour and passes(2) else ratios[1]
    return ratios[0] if asks_neighbour and passes(0) else math.inf
