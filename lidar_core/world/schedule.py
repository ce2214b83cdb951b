"""The noise schedule of Stable Diffusion, scaled-linear, that the embedded denoiser is trained and sampled on."""

import torch

from .architecture import BETA_END, BETA_START, TRAIN_STEPS


def alphas_cumprod() -> torch.Tensor:
    """(TRAIN_STEPS,) float64 products of 1 - beta, falling: the signal's share of the variance."""
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, TRAIN_STEPS, dtype=torch.float64).square()
    return torch.cumprod(1 - betas, 0)


def sigma_table() -> torch.Tensor:
    """(TRAIN_STEPS,) float32 noise levels sqrt((1 - abar) / abar), rising."""
    signal = alphas_cumprod()
    return ((1 - signal) / signal).sqrt().float()
