"""Feynman-Kac steering: particles that are resampled by the reward of their denoised predictions."""

import itertools
from dataclasses import dataclass

import torch

from lidar_core.world.samplers import ddim_step

from .workplace import Workplace

POTENTIALS = ("max", "add", "difference")


@dataclass(frozen=True)
class FeynmanKac:
    """Feynman-Kac steering (Singhal et al. 2025, arXiv 2501.06848), for samplers that draw noise.

    Each picture has `particles` runs. At four steps, evenly spaced between the shares `first` and `last`, the decoded
    denoised predictions are scored and the particles are drawn again with replacement, in proportion to the potential
    G_t: "difference" exp(lam * (r_t - r_before)), "max" exp(lam * max of the r so far), "add" exp(lam * sum of the r so
    far). A particle inherits its ancestors' rewards. Each picture is the particle with the best final reward, as in the
    paper. The authors also draw again at the end, so that the product of the potentials is exp(lam * r_0). That is left
    out here: where only the best particle is kept, it could only lose it. joint: the particles of all pictures form one
    population, and its best particles are the pictures.
    """

    particles: int = 4
    lam: float = 1.0
    potential: str = "max"
    first: float = 0.2
    last: float = 0.8
    draws: int = 4
    joint: bool = False

    def __post_init__(self) -> None:
        if self.potential not in POTENTIALS:
            raise ValueError(f'there is no potential "{self.potential}"; the potentials are {", ".join(POTENTIALS)}')

    def __call__(self, work: Workplace) -> torch.Tensor:
        if work.sampling.eta == 0:
            raise ValueError(f"Feynman-Kac steering needs a sampler that draws noise, and {work.sampling} draws none.")
        seeds = [seed for turn in range(self.particles) for seed in work.seeds(turn)]
        noise, sigmas = work.runner.noise(seeds), work.runner.schedule(work.sampling.steps)
        generator = torch.Generator().manual_seed(seeds[0])
        groups = self._groups(work.images)
        denoise = work.runner.denoiser(work.prompt)
        x, history = noise() * sigmas[0], torch.zeros(len(seeds))
        redrawn = self.steps(work.sampling.steps)
        for index, (sigma, following) in enumerate(itertools.pairwise(sigmas)):
            denoised = denoise(x, sigma).clone()
            if index in redrawn:
                rewards = work.rewards(denoised).clone()
                seen = history if index > min(redrawn) else self.unseen(rewards)
                weights, history = log_potentials(self.potential, self.lam, rewards, seen)
                for rows in groups:
                    chosen = rows[weights[rows].softmax(0).multinomial(len(rows), True, generator=generator)]
                    x[rows], denoised[rows], history[rows] = x[chosen], denoised[chosen], history[chosen]
            x = ddim_step(x, denoised, sigma, following, work.sampling.eta, noise)
        rewards = work.rewards(x)
        if self.joint:
            return work.best(x, rewards)
        return torch.stack([x[rows[rewards[rows].argmax()]] for rows in groups])

    def steps(self, steps: int) -> set[int]:
        """Indices of the steps; particles are drawn again before each of them."""
        shares = torch.linspace(self.first, self.last, self.draws)
        return {round(float(share) * steps) for share in shares}

    def unseen(self, rewards: torch.Tensor) -> torch.Tensor:
        """The value of the history before the first reward."""
        return torch.full_like(rewards, float("-inf")) if self.potential == "max" else torch.zeros_like(rewards)

    def _groups(self, images: int) -> list[torch.Tensor]:
        everything = torch.arange(images * self.particles)
        return [everything] if self.joint else list(everything.view(self.particles, images).T)


def log_potentials(
    potential: str, lam: float, rewards: torch.Tensor, history: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(log G_t, the new history), each (B,). The history is the maximum, the sum or the last of the rewards so far."""
    if potential == "max":
        history = torch.maximum(rewards, history)
        return lam * history, history
    if potential == "add":
        history = rewards + history
        return lam * history, history
    return lam * (rewards - history), rewards
