"""Rewards: what a scorer is, and how its scores become the log tilts of a pool."""

from typing import Protocol

import torch


class Reward(Protocol):
    """Scores pictures; more is better."""

    @property
    def name(self) -> str: ...

    @property
    def unit(self) -> str:
        """What a score is counted in, in plain words."""
        ...

    @property
    def spread(self) -> float:
        """Typical standard deviation of the scores of one prompt's pictures, in `unit`; 0 is unknown."""
        ...

    @property
    def cost(self) -> str:
        """What scoring takes, in one plain sentence."""
        ...

    @property
    def reads_prompt(self) -> bool:
        """Whether the prompt makes a difference; a reward that measures pictures alone needs none."""
        ...

    def score(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        """(B,) float32 for images (B, H, W, 3) in [0, 1]; NaN says that a picture cannot be scored."""
        ...


def standardise(rewards: torch.Tensor) -> torch.Tensor:
    """z-scores of (n,) rewards, population standard deviation; zeros when all are equal. Dimensionless, float32."""
    rewards = rewards.double()
    centred = rewards - rewards.mean()
    spread = centred.square().mean().sqrt()
    if spread <= 1e-9 * rewards.abs().amax().clamp(min=1e-30):
        return torch.zeros_like(rewards, dtype=torch.float32)
    return (centred / spread).float()


def log_tilts(rewards: torch.Tensor, lam: float, elements: int, raw: bool = False) -> torch.Tensor:
    """(n,) log tilts in nats: lam * elements * z-score, or lam * reward if `raw`.

    The squared distances between latents grow with the number of latent elements, and so must the rewards' weight
    against them: lam is nats per standard deviation and latent element, and means the same at every latent size and
    for every scorer. The paper's lambda = 5000 on raw ImageReward is raw=True; on a 4 x 64 x 64 latent and rewards
    of unit spread that is lam = 0.305.
    """
    if raw:
        return (lam * rewards.double()).float()
    return lam * elements * standardise(rewards)
