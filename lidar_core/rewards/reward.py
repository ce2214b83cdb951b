"""Rewards, which score pictures, videos or sounds, and how their scores become the log tilts of a pool."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from ..errors import LidarError
from .media import PICTURES, SOUNDS, VIDEOS, Media, Sounds, Videos, check_taken, kind
from .recipe import Recipe, Single
from .standard import standardise


@dataclass(frozen=True, eq=False)
class Scores:
    """values: (n,) float32, more is better; NaN if a sample cannot be scored. parts: the (n,) numbers of each single
    reward by the names of the recipe, and further numbers under other names."""

    values: torch.Tensor
    parts: Mapping[str, torch.Tensor]


class Reward(Protocol):
    """Scores what was drawn for a prompt."""

    @property
    def name(self) -> str: ...

    @property
    def spread(self) -> float:
        """The usual standard deviation of the scores of one prompt's samples; 0 if unknown."""
        ...

    @property
    def recipe(self) -> Recipe:
        """How the values are computed from the parts."""
        ...

    @property
    def reads_prompt(self) -> bool:
        """Whether the prompt makes a difference."""
        ...

    @property
    def takes(self) -> frozenset[str]:
        """The kinds of media that it can score."""
        ...

    def score(self, media: Media, prompt: str) -> Scores:
        """The scores of media drawn for one prompt."""
        ...


class _Unmixed(ABC):
    """A reward that does not consist of others."""

    name: str
    spread: float
    reads_prompt: bool
    takes: frozenset[str]

    @property
    def recipe(self) -> Single:
        return Single(self.name, self.spread)

    def score(self, media: Media, prompt: str) -> Scores:
        check_taken(self.takes, kind(media), self.name)
        values = self._scored(media, prompt)
        return Scores(values, {self.name: values})

    @abstractmethod
    def _scored(self, media: Any, prompt: str) -> torch.Tensor:
        """(n,) float32 for media of a kind that it takes."""


class SingleReward(_Unmixed):
    """A reward for pictures. It sees every picture as (H, W, 3), and the stills of a video."""

    takes = frozenset({PICTURES, VIDEOS})

    @abstractmethod
    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        """(n,) float32 for images (n, H, W, 3) in [0, 1]."""

    def _scored(self, media: torch.Tensor | Videos, prompt: str) -> torch.Tensor:
        if isinstance(media, Videos):
            return media.pooled(self.values(rgb(media.stills.flatten(0, 1), self.name), prompt))
        return self.values(rgb(media, self.name), prompt)


class VideoReward(_Unmixed):
    """A reward for how a video moves."""

    takes = frozenset({VIDEOS})

    @abstractmethod
    def values(self, videos: Videos, prompt: str) -> torch.Tensor:
        """(n,) float32."""

    def _scored(self, media: Videos, prompt: str) -> torch.Tensor:
        return self.values(media, prompt)


class SoundReward(_Unmixed):
    """A reward for sounds."""

    takes = frozenset({SOUNDS})

    @abstractmethod
    def values(self, sounds: Sounds, prompt: str) -> torch.Tensor:
        """(n,) float32."""

    def _scored(self, media: Sounds, prompt: str) -> torch.Tensor:
        return self.values(media, prompt)


def best_first(values: torch.Tensor) -> torch.Tensor:
    """(n,) indices of the scores (n,), best first; equal scores keep their order, and NaN comes last."""
    return values.nan_to_num(nan=-math.inf).argsort(descending=True, stable=True)


def rgb(images: torch.Tensor, reader: str) -> torch.Tensor:
    """(n, H, W, 3) from pictures of 1 channel (grey), 3, or 4 (the alpha channel is dropped)."""
    if images.ndim != 4 or 0 in images.shape:
        raise LidarError(
            f"The reward {reader} scores pictures of the shape (n, height, width, channels), but was given a "
            f"tensor of the shape {tuple(images.shape)}: wire decoded images."
        )
    channels = images.shape[3]
    if channels == 1:
        return images.expand(-1, -1, -1, 3)
    if channels in (3, 4):
        return images[..., :3]
    raise LidarError(
        f"The reward {reader} scores pictures of 1, 3 or 4 channels (grey, RGB, RGBA), but these have {channels}: wire "
        "a VAE that decodes to pictures."
    )


def log_tilts(rewards: torch.Tensor, lam: float, elements: int, raw: bool = False, spread: float = 0.0) -> torch.Tensor:
    """(n,) log tilts in nats: lam * elements * z-score, or lam * reward if `raw`; spread as in `standardise`.

    The squared distances between latents grow with the number of latent elements, and so must the rewards' weight
    against them: lam is nats per standard deviation and latent element, and means the same at every latent size and
    for every reward. The paper's lambda = 5000 on raw ImageReward is raw=True; on a 4 x 64 x 64 latent and rewards
    of unit spread that is lam = 0.305.
    """
    if raw:
        return (lam * rewards.double()).float()
    return lam * elements * standardise(rewards, spread)
