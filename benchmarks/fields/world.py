"""A mixture of Gaussian random fields with a natural-image spectrum, whose denoiser is exact at any latent size.

A picture x0 (C, ...) belongs to one of K components, each as likely as the others. In the orthonormal Fourier basis its
coefficient at the frequency f is Gaussian about the component's mean mu_k(f), with the variance S(f), for each channel
alone. A noisy latent is x = a * x0 + b * noise. Then, with v = a^2 S + b^2,

    log p(k | x) = -sum_f |x - a mu_k|^2 / (2 v) + const
    E[x0 | x]    = sum_k p(k | x) mu_k + (a S / v) (x - a sum_k p(k | x) mu_k)

S falls as f^-d in d dimensions, so that every octave holds about the same variance, as in natural images (Field 1987);
the means hold only what lies below three cycles a picture. A picture's variance is about 1 in any size.
"""

import functools
import math
from dataclasses import dataclass

import torch

_DETAIL = 0.6
"""Share of a picture's variance that its component leaves open."""
_LAYOUT_CYCLES = 3.0
_CLEAN = 0.05
"""Noise level at which a finished picture's component is read."""


@dataclass(frozen=True)
class Fields:
    """Pictures of `shape` (channels, height, width), or (channels, frames, height, width). Half of the components are
    wanted."""

    shape: tuple[int, ...]
    components: int = 8
    seed: int = 0

    @functools.cached_property
    def frequency(self) -> torch.Tensor:
        """|f| of each Fourier coefficient, in cycles a picture; a picture's side is the mean of its two sides."""
        *frames, height, width = self.shape[1:]
        side = math.sqrt(height * width)
        axes = [torch.fft.fftfreq(count, 1 / count) for count in frames]
        axes += [side * torch.fft.fftfreq(count) for count in (height, width)]
        return torch.stack(torch.meshgrid(*axes, indexing="ij")).square().sum(0).sqrt()

    @functools.cached_property
    def spectrum(self) -> torch.Tensor:
        """S(f)."""
        power = (self.frequency.square() + 1) ** (-self.frequency.ndim / 2)
        return power * (_DETAIL / power.mean())

    @functools.cached_property
    def means(self) -> torch.Tensor:
        """(K, *shape) Fourier coefficients of the components' means."""
        generator = torch.Generator().manual_seed(self.seed)
        noise = self.to_frequencies(torch.randn(self.components, *self.shape, generator=generator))
        layout = noise * ((self.frequency > 0) & (self.frequency <= _LAYOUT_CYCLES))
        variance = layout.abs().square().flatten(1).mean(1)
        return layout * ((1 - _DETAIL) / variance).sqrt().view(-1, *[1] * len(self.shape))

    def to_frequencies(self, x: torch.Tensor) -> torch.Tensor:
        return torch.fft.fftn(x, dim=self._axes, norm="ortho")

    def to_pictures(self, coefficients: torch.Tensor) -> torch.Tensor:
        return torch.fft.ifftn(coefficients, dim=self._axes, norm="ortho").real

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(range(1 - len(self.shape), 0))

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """(count, *shape) pictures of the mixture itself."""
        chosen = torch.randint(self.components, (count,), generator=generator)
        noise = self.to_frequencies(torch.randn(count, *self.shape, generator=generator))
        return self.to_pictures(self.means[chosen] + self.spectrum.sqrt() * noise)

    def denoise(self, x: torch.Tensor, a: float, b: float) -> torch.Tensor:
        """E[x0 | x] for x (B, *shape)."""
        coefficients = self.to_frequencies(x)
        expected = torch.einsum("bk,k...->b...", self._log_shares(coefficients, a, b).exp().to(self.means), self.means)
        gain = a * self.spectrum / (a**2 * self.spectrum + b**2)
        return self.to_pictures(expected + gain * (coefficients - a * expected))

    def component_shares(self, x: torch.Tensor) -> torch.Tensor:
        """(B, K) how likely each component is for finished pictures x."""
        return self._log_shares(self.to_frequencies(x), 1.0, _CLEAN).exp()

    def wanted_shares(self, x: torch.Tensor) -> torch.Tensor:
        """(B,) how likely each finished picture belongs to a wanted component."""
        return self.component_shares(x)[:, : self.components // 2].sum(1)

    def detail(self, x: torch.Tensor) -> torch.Tensor:
        """Fourier coefficients of finished pictures x about the mean of their component."""
        return self.to_frequencies(x) - self.means[self.component_shares(x).argmax(1)]

    def _log_shares(self, coefficients: torch.Tensor, a: float, b: float) -> torch.Tensor:
        """(B, K). Only frequencies at which the means differ tell; |x|^2, common to all, is left out."""
        tells = self.frequency <= _LAYOUT_CYCLES
        variance = (a**2 * self.spectrum + b**2)[tells]
        means = self.means[..., tells]
        match = torch.einsum("bcf,kcf->bk", coefficients[..., tells] * (a / variance), means.conj()).real
        return (match - a**2 * (means.abs().square() / variance).flatten(1).sum(1) / 2).log_softmax(1)
