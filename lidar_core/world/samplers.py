"""Samplers in the variance-exploding form x = x0 + sigma * noise, after Karras et al. 2022 and Lu et al. 2022.

Each takes denoise(x, sigma) -> denoised, the starting x (B, ...), a falling schedule `sigmas` ending in 0, and a
`noise()` that draws x's shape; they are the counterparts of the host's samplers of the same names.
"""

import itertools
from collections.abc import Callable

import torch

Denoise = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Noise = Callable[[], torch.Tensor]


def euler(denoise: Denoise, x: torch.Tensor, sigmas: torch.Tensor, noise: Noise) -> torch.Tensor:
    """Euler steps of the probability-flow ODE (Karras et al., algorithm 2 without churn)."""
    for sigma, following in itertools.pairwise(sigmas):
        denoised = denoise(x, sigma)
        x = denoised + (x - denoised) * (following / sigma)
    return x


def euler_ancestral(denoise: Denoise, x: torch.Tensor, sigmas: torch.Tensor, noise: Noise) -> torch.Tensor:
    """Euler steps to sigma_down, then fresh noise up to the next level; equals DDPM and DDIM with eta = 1."""
    for sigma, following in itertools.pairwise(sigmas):
        denoised = denoise(x, sigma)
        up = (following**2 * (sigma**2 - following**2) / sigma**2).sqrt()
        down = (following**2 - up**2).sqrt()
        x = denoised + (x - denoised) * (down / sigma)
        if following > 0:
            x = x + noise() * up
    return x


def dpmpp_2m(denoise: Denoise, x: torch.Tensor, sigmas: torch.Tensor, noise: Noise) -> torch.Tensor:
    """DPM-Solver++ of second order, multistep (Lu et al. 2022, algorithm 2), in log sigma."""
    previous = None
    for index in range(len(sigmas) - 1):
        sigma, following = sigmas[index], sigmas[index + 1]
        denoised = denoise(x, sigma)
        target = denoised
        if previous is not None and following > 0:
            ratio = (sigmas[index - 1] / sigma).log() / (sigma / following).log()
            target = denoised + (denoised - previous) / (2 * ratio)
        x = target + (x - target) * (following / sigma)
        previous = denoised
    return x


SAMPLERS: dict[str, Callable[[Denoise, torch.Tensor, torch.Tensor, Noise], torch.Tensor]] = {
    "euler": euler,
    "euler_ancestral": euler_ancestral,
    "dpmpp_2m": dpmpp_2m,
}


def karras(steps: int, smallest: float, largest: float, rho: float = 7.0) -> torch.Tensor:
    """(steps + 1,) sigmas evenly spaced in sigma^(1/rho) (Karras et al., equation 5), then 0."""
    ramp = torch.linspace(0, 1, steps)
    root = largest ** (1 / rho) + ramp * (smallest ** (1 / rho) - largest ** (1 / rho))
    return torch.cat([root**rho, torch.zeros(1)])
