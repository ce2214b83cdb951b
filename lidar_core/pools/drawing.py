"""Draws a pool with any engine: seeds, latents, pictures, scores."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch

from ..rewards.reward import Reward
from .origin import Origin
from .pool import Pool


class Engine(Protocol):
    """A model and an autoencoder, set to one prompt."""

    def latents(self, seeds: Sequence[int]) -> torch.Tensor:
        """(n, ...) finished samples, one for each seed."""
        ...

    def pictures(self, latents: torch.Tensor) -> torch.Tensor:
        """(n, H, W, C) decoded latents in [0, 1], in the same order."""
        ...


def draw(
    engine: Engine,
    reward: Reward,
    prompt: str,
    seeds: Sequence[int],
    origin: Origin,
    phase: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> tuple[Pool, torch.Tensor]:
    """A pool of one sample for each seed, and its pictures in the same order.

    Samples whose reward or latent is not finite are left out of both. phase: entered around "lookahead", "decoding"
    and "scoring".
    """
    with phase("lookahead"):
        latents = engine.latents(seeds)
    with phase("decoding"):
        pictures = engine.pictures(latents)
    with phase("scoring"):
        scores = reward.score(pictures, prompt)
    pool = Pool.scored(latents, scores.values, tuple(seeds), prompt, scores.parts, origin, reward.recipe)
    return pool, pictures[[list(seeds).index(seed) for seed in pool.seeds]]
