"""Samplers in the variance-exploding form x = x0 + sigma * noise, after Karras et al. 2022 and Lu et al. 2022.

Each takes denoise(x, sigma) -> denoised, the starting x (B, ...), a falling schedule `sigmas` ending in 0, and a
`noise()` that draws x's shape; they are the counterparts of the host's samplers of the same names.
"""

import itertools
from collections.abc import Callable

import torch

Denoise = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Noise = Callable[[], torch.Tensor]


def ddim_step(
    x: torch.Tensor, denoised: torch.Tensor, sigma: torch.Tensor, following: torch.Tensor, eta: float, noise: Noise
) -> torch.Tensor:
    """One step of DDIM (Song et al. 2021, equations 12 and 16) from sigma to the next lower level `following`.

    In that paper's form x / sqrt(1 + sigma^2) is the latent and abar = 1 / (1 + sigma^2); its sigma_t becomes
    up = eta * following * sqrt(sigma^2 - following^2) / sigma here. eta = 0 is an Euler step of the probability flow,
    eta = 1 an ancestral step, which is DDPM's. Draws noise only if eta > 0 and following > 0.
    """
    if eta == 0 or following == 0:
        return denoised + (x - denoised) * (following / sigma)
    up = eta * following * (sigma**2 - following**2).sqrt() / sigma
    down = (following**2 - up**2).sqrt()
    return denoised + (x - denoised) * (down / sigma) + noise() * up


def ddim(denoise: Denoise, x: torch.Tensor, sigmas: torch.Tensor, noise: Noise, eta: float = 1.0) -> torch.Tensor:
    """DDIM with fresh noise; by default eta = 1."""
    for sigma, following in itertools.pairwise(sigmas):
        x = ddim_step(x, denoise(x, sigma), sigma, following, eta, noise)
    return x


def euler(denoise: Denoise, x: torch.Tensor, sigmas: torch.Tensor, noise: Noise) -> torch.Tensor:
    """Euler steps of the probability-flow ODE (Karras et al., algorithm 2 without churn)."""
    return ddim(denoise, x, sigmas, noise, eta=0.0)


def euler_ancestral(denoise: Denoise, x: torch.Tensor, sigmas: torch.Tensor, noise: Noise) -> torch.Tensor:
    """Euler steps to sigma_down, then fresh noise up to the next level; equals DDPM and DDIM with eta = 1."""
    return ddim(denoise, x, sigmas, noise, eta=1.0)


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


def lcm(denoise: Denoise, x: torch.Tensor, sigmas: torch.Tensor, noise: Noise) -> torch.Tensor:
    """Multistep consistency sampling (Song et al. 2023, algorithm 1): denoise, then fresh noise of the next level."""
    for sigma, following in itertools.pairwise(sigmas):
        x = denoise(x, sigma)
        if following > 0:
            x = x + following * noise()
    return x


SAMPLERS: dict[str, Callable[[Denoise, torch.Tensor, torch.Tensor, Noise], torch.Tensor]] = {
    "euler": euler,
    "euler_ancestral": euler_ancestral,
    "ddim": ddim,
    "dpmpp_2m": dpmpp_2m,
    "lcm": lcm,
}


def simple(steps: int, table: torch.Tensor) -> torch.Tensor:
    """(steps + 1,) every (len(table) / steps)-th level of the model's rising `table`, from the last down; then 0.

    The host's schedule "simple", which diffusers calls trailing (Lin et al. 2024, table 2).
    """
    chosen = [len(table) - 1 - int(index * len(table) / steps) for index in range(steps)]
    return torch.cat([table[chosen], torch.zeros(1)])


def karras(steps: int, smallest: float, largest: float, rho: float = 7.0) -> torch.Tensor:
    """(steps + 1,) sigmas evenly spaced in sigma^(1/rho) (Karras et al., equation 5), then 0."""
    ramp = torch.linspace(0, 1, steps)
    root = largest ** (1 / rho) + ramp * (smallest ** (1 / rho) - largest ** (1 / rho))
    return torch.cat([root**rho, torch.zeros(1)])


def flow(steps: int, largest: float, shift: float) -> torch.Tensor:
    """(steps + 1,) sigmas of the rectified-flow models' schedule, from `largest` down to 0.

    Times t evenly spaced down to 0, shifted to t' = shift t / (1 + (shift - 1) t) (Esser et al. 2024, arXiv 2403.03206,
    equation 23). Flow models start at t = 1, which the shift leaves in place; this starts at the t that the shift moves
    to largest / (1 + largest). At time t the flow form (1 - t) x0 + t noise is 1 - t times the variance-exploding form
    at sigma = t / (1 - t), so that an Euler step of one is an Euler step of the other.
    """
    first = largest / shift
    times = torch.linspace(first / (1 + first), 0, steps + 1)
    shifted = shift * times / (1 + (shift - 1) * times)
    return shifted / (1 - shifted)
