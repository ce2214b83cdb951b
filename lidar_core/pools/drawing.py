"""Draws a pool with any engine: from seeds to latents, decoded media, scores and the pool."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch

from ..rewards.media import Media
from ..rewards.reward import Reward
from .origin import Origin
from .pool import Pool


class Engine(Protocol):
    """A model and an autoencoder, set to one prompt."""

    def latents(self, seeds: Sequence[int]) -> torch.Tensor:
        """(n, ...) finished samples, one for each seed."""
        ...

    def decoded(self, latents: torch.Tensor) -> Media:
        """The decoded latents (n, ...), in the same order."""
        ...


def draw(
    engine: Engine,
    reward: Reward,
    prompt: str,
    seeds: Sequence[int],
    origin: Origin,
    phase: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> tuple[Pool, Media]:
    """A pool of one sample for each seed, and the decoded samples in the same order.

    Samples whose reward or latent is not finite are left out of both. phase: gives the context manager in which each of
    "lookahead", "decoding" and "scoring" runs.
    """
    with phase("lookahead"):
        latents = engine.latents(seeds)
    with phase("decoding"):
        media = engine.decoded(latents)
    with phase("scoring"):
        scores = reward.score(media, prompt)
    pool = Pool.scored(latents, scores.values, tuple(seeds), prompt, scores.parts, origin, reward.recipe)
    return pool, media[[list(seeds).index(seed) for seed in pool.seeds]]
