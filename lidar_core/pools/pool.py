"""The lookahead pool: sampled latents with their rewards and where they came from."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import torch

from ..errors import LidarError
from ..quoting import quoted
from ..rewards.recipe import Recipe
from .origin import Origin

logger = logging.getLogger(__name__)

_KINDS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


class PoolError(LidarError):
    """The pool cannot be used; the message names what is wrong and what to do."""


@dataclass(frozen=True, eq=False)
class Pool:
    """n lookahead samples of one prompt; validated and immutable.

    latents: (n, ...) finite floats on the CPU, in the autoencoder's latent space. rewards: (n,) finite, more is
    better. scores: each single reward's (n,) numbers by name, and those of its lines if it is a list. seeds: one for
    each sample. origin: how they were drawn. recipe: how `rewards` are computed from `scores`; None if unknown.
    """

    latents: torch.Tensor
    rewards: torch.Tensor
    seeds: tuple[int, ...]
    prompt: str
    scores: Mapping[str, torch.Tensor] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    recipe: Recipe | None = None

    def __post_init__(self) -> None:
        for name, tensor in {"latents": self.latents, "rewards": self.rewards, **self.scores}.items():
            if tensor.dtype not in _KINDS:
                raise PoolError(
                    f"The lookahead pool's {quoted(name)} are {tensor.dtype}: give floating point numbers of 16 to 64 "
                    "bits."
                )
        if self.latents.ndim < 2 or len(self.latents) == 0:
            raise PoolError("The lookahead pool is empty: draw at least 2 samples.")
        for name, numbers in {"rewards": self.rewards, **self.scores}.items():
            if numbers.shape != self.latents.shape[:1]:
                raise PoolError(
                    f"The lookahead pool has {len(self.latents)} latents but {quoted(name)} has the shape "
                    f"{tuple(numbers.shape)}: give one number for each latent."
                )
        if len(self.seeds) != len(self.latents):
            raise PoolError(f"The lookahead pool has {len(self.latents)} latents but {len(self.seeds)} seeds.")
        if self.origin.rows and len(self.origin.rows) != len(self.latents):
            raise PoolError(
                f"The lookahead pool has {len(self.latents)} latents but names the source rows of "
                f"{len(self.origin.rows)}."
            )
        if self.recipe is not None and not set(self.recipe.names) <= set(self.scores):
            raise PoolError(
                f"The lookahead pool's rewards are made of the scores {quoted(', '.join(self.recipe.names))}, but it "
                f"has {quoted(', '.join(self.scores))}."
            )
        if not torch.isfinite(self.rewards).all():
            raise PoolError("The lookahead pool's rewards hold NaN or infinity: build it with Pool.scored.")
        if not torch.isfinite(self.latents).all():
            raise PoolError(
                "The lookahead pool's latents hold NaN or infinity: the lookahead model overflowed. "
                "Run it in a wider precision, or with a lower cfg."
            )
        object.__setattr__(self, "scores", MappingProxyType(dict(self.scores)))

    @classmethod
    def scored(
        cls,
        latents: torch.Tensor,
        rewards: torch.Tensor,
        seeds: tuple[int, ...],
        prompt: str,
        scores: Mapping[str, torch.Tensor] | None = None,
        origin: Origin | None = None,
        recipe: Recipe | None = None,
    ) -> "Pool":
        """A pool of the samples whose reward and latent are finite; a warning names the seeds of the others.

        With a recipe, the rewards are computed anew from the remaining scores.
        """
        rewards = rewards.detach().float().cpu()
        latents = latents.detach().cpu()
        good = torch.isfinite(rewards) & torch.isfinite(latents.flatten(1)).all(1)
        if not good.any():
            raise PoolError(
                f"None of the {len(rewards)} lookahead samples for the prompt {quoted(prompt)} has a finite reward and "
                "latent: check that the reward model fits these pictures and that the lookahead settings decode."
            )
        if not good.all():
            dropped = [seed for seed, kept in zip(seeds, good.tolist(), strict=True) if not kept]
            logger.warning(
                "LiDAR dropped %d of %d lookahead samples whose reward or latent is not finite (seeds %s).",
                len(dropped),
                len(rewards),
                ", ".join(map(str, dropped)),
            )
        left = {name: numbers.detach().float().cpu()[good] for name, numbers in (scores or {}).items()}
        return cls(
            latents[good],
            rewards[good] if recipe is None else recipe.combined(left),
            tuple(seed for seed, kept in zip(seeds, good.tolist(), strict=True) if kept),
            prompt,
            left,
            (origin or Origin()).of_samples(good.nonzero().flatten().tolist()),
            recipe,
        )

    def __len__(self) -> int:
        return len(self.latents)

    @property
    def spread(self) -> float:
        """The usual standard deviation of the rewards over the samples of one prompt; 0 if unknown."""
        return 0.0 if self.recipe is None else self.recipe.spread

    @property
    def nfe(self) -> int:
        """Network function evaluations that drew the samples: two per step with classifier-free guidance."""
        return len(self) * (self.origin.steps or 1) * (1 if self.origin.cfg in (None, 1.0) else 2)

    def order(self) -> torch.Tensor:
        """(n,) indices, best reward first; equal rewards keep their order."""
        return self.rewards.argsort(descending=True, stable=True)

    def why_powerless(self) -> str | None:
        """A sentence that says why guidance by this pool cannot change anything, or None."""
        if len(self) == 1:
            return (
                "The lookahead pool has only one sample, which leaves nothing to choose, so the picture is sampled "
                "without guidance: set the lookahead's samples to 2 or more."
            )
        if torch.equal(self.rewards, self.rewards[:1].expand_as(self.rewards)):
            return (
                f"All {len(self)} lookahead samples have the same reward ({self.rewards[0].item():g}), so the "
                "picture is sampled without guidance: use a reward that tells these pictures apart."
            )
        return None
