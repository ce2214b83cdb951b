"""Rewards in standard deviations."""

import torch

_PRIOR_PICTURES = 4
_SMALLEST_SHARE = 0.1


def standardise(rewards: torch.Tensor, spread: float = 0.0) -> torch.Tensor:
    """(n,) dimensionless float32 z-scores (r - mean) / sigma of (n,) finite rewards of one prompt's pictures.

    spread: the reward's usual standard deviation over one prompt's pictures, in its own unit. Where it is known,
    sigma^2 = (n s^2 + 4 spread^2) / (n + 4) with the population variance s^2, and sigma is at least spread / 10: the
    prior counts as much as four pictures, so a few pictures that are nearly equal by chance keep small z-scores
    instead of being blown up to +-1. Where it is unknown (0) only s is left to measure with, and any difference counts
    in full. Equal rewards give zeros either way.
    """
    rewards = rewards.double()
    centred = rewards - rewards.mean()
    variance = centred.square().mean()
    if variance.sqrt() <= 1e-9 * rewards.abs().amax():
        return torch.zeros_like(rewards, dtype=torch.float32)
    if spread > 0:
        count = len(rewards)
        variance = (count * variance + _PRIOR_PICTURES * spread**2) / (count + _PRIOR_PICTURES)
    return (centred / variance.sqrt().clamp(min=_SMALLEST_SHARE * spread)).float()
