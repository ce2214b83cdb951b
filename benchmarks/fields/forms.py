"""How the analytic world is noised: the variance-exploding form of Stable Diffusion, and the flow form with a shift."""

from dataclasses import dataclass
from typing import Protocol

import torch

from lidar_core.world.samplers import SAMPLERS, karras, simple
from lidar_core.world.schedule import sigma_table

from .world import Fields


class Form(Protocol):
    """sampler: how full runs are sampled. draft_sampler: how drafts are."""

    sampler: str
    draft_sampler: str

    def kernel(self, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """a and b of x = a * x0 + b * noise at sigma."""
        ...

    def levels(self, steps: int) -> torch.Tensor:
        """(steps + 1,) falling sigmas of a full run."""
        ...

    def draft_levels(self, steps: int) -> torch.Tensor: ...


@dataclass(frozen=True)
class VarianceExploding:
    """x = x0 + sigma * noise, on the levels of Stable Diffusion."""

    sampler = "euler_ancestral"
    draft_sampler = "dpmpp_2m"

    def __str__(self) -> str:
        return "ve"

    def kernel(self, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.ones_like(sigma), sigma

    def levels(self, steps: int) -> torch.Tensor:
        return simple(steps, sigma_table())

    def draft_levels(self, steps: int) -> torch.Tensor:
        table = sigma_table()
        return karras(steps, float(table[0]), float(table[-1]))


@dataclass(frozen=True)
class Flow:
    """x = (1 - sigma) * x0 + sigma * noise, with levels shifted toward noise (Esser et al. 2024, equation 23)."""

    shift: float
    sampler = "euler"
    draft_sampler = "euler"

    def __str__(self) -> str:
        return f"flow {self.shift:g}"

    def kernel(self, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return 1 - sigma, sigma

    def levels(self, steps: int) -> torch.Tensor:
        times = torch.linspace(1, 0, steps + 1)
        return self.shift * times / (1 + (self.shift - 1) * times)

    def draft_levels(self, steps: int) -> torch.Tensor:
        return self.levels(steps)


@dataclass(frozen=True)
class Model:
    """What a sampler sees of the world: an exact denoiser in one form of noising."""

    fields: Fields
    form: Form

    def denoise(self, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """E[x0 | x] for x (B, *shape) at one sigma."""
        a, b = self.form.kernel(sigma.flatten()[0])
        return self.fields.denoise(x, float(a), float(b))

    def drafts(self, count: int, steps: int, generator: torch.Generator) -> torch.Tensor:
        """(count, *shape) samples of a run of few steps."""
        levels = self.form.draft_levels(steps)

        def noise() -> torch.Tensor:
            return torch.randn(count, *self.fields.shape, generator=generator)

        return SAMPLERS[self.form.draft_sampler](self.denoise, noise() * levels[0], levels, noise)
