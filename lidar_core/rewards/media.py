"""The media that rewards score: pictures, videos or sounds drawn for one prompt.

Pictures are one tensor (n, H, W, C) in [0, 1]. Videos and sounds also have a rate, and are objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch.nn import functional

from ..errors import LidarError

PICTURES, VIDEOS, SOUNDS = "pictures", "videos", "sounds"
LONGEST_SIDE = 256
"""Of the small copy of each frame, in pixels."""
SLOWEST_RATE = 1000
"""Samples a second of a sound. Speech on the telephone has 8000."""


@dataclass(frozen=True)
class Viewing:
    """How rewards see a video.

    frames: how many evenly spaced frames a reward for pictures scores. worst: the video scores as its worst frame,
    otherwise as their mean. rate: frames per second.
    """

    frames: int = 5
    worst: bool = False
    rate: float = 16.0


@dataclass(frozen=True, eq=False)
class Videos:
    """n videos of T frames each.

    frames: (n, T, h, w, 3) uint8, small copies of all frames. stills: (n, k, H, W, C) in [0, 1], the full-size frames
    that rewards for pictures score.
    """

    frames: torch.Tensor
    stills: torch.Tensor
    viewing: Viewing

    @classmethod
    def of(cls, videos: torch.Tensor, viewing: Viewing) -> "Videos":
        """From decoded videos (n, T, H, W, C) in [0, 1], of which rewards see only a part."""
        count = videos.shape[1]
        kept = min(viewing.frames, count)
        # The middle of each of `kept` equal parts.
        places = [(2 * part + 1) * count // (2 * kept) for part in range(kept)]
        return cls(_small_copies(videos), videos[:, places].clone(), viewing)

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, chosen: Sequence[int] | torch.Tensor) -> "Videos":
        return replace(self, frames=self.frames[chosen], stills=self.stills[chosen])

    def pooled(self, values: torch.Tensor) -> torch.Tensor:
        """(n,) from the values (n * k,) of all stills."""
        of_stills = values.view(len(self), -1)
        return of_stills.amin(1) if self.viewing.worst else of_stills.mean(1)


@dataclass(frozen=True, eq=False)
class Sounds:
    """n sounds: waves (n, C, L) in [-1, 1], and their samples per second."""

    waves: torch.Tensor
    rate: int

    def __post_init__(self) -> None:
        if self.waves.ndim != 3 or 0 in self.waves.shape or self.rate < SLOWEST_RATE:
            raise LidarError(
                f"The sounds have the shape {tuple(self.waves.shape)} (sounds, channels, samples) and {self.rate} "
                f"samples a second: wire sounds that last, of {SLOWEST_RATE} samples a second or more."
            )

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, chosen: Sequence[int] | torch.Tensor) -> "Sounds":
        return replace(self, waves=self.waves[chosen])


Media = torch.Tensor | Videos | Sounds


def kind(media: Media) -> str:
    return VIDEOS if isinstance(media, Videos) else SOUNDS if isinstance(media, Sounds) else PICTURES


def joined(parts: Sequence[Media]) -> Media:
    """Joins batches of one kind of media."""
    first = parts[0]
    if isinstance(first, Videos):
        videos = [part for part in parts if isinstance(part, Videos)]
        return replace(
            first,
            frames=torch.cat([part.frames for part in videos]),
            stills=torch.cat([part.stills for part in videos]),
        )
    if isinstance(first, Sounds):
        return replace(first, waves=torch.cat([part.waves for part in parts if isinstance(part, Sounds)]))
    return torch.cat([part for part in parts if isinstance(part, torch.Tensor)])


def stills(media: Media) -> torch.Tensor | None:
    """(n, H, W, C) one picture for each: itself, or a video's middle still; None for sounds."""
    if isinstance(media, Videos):
        return media.stills[:, media.stills.shape[1] // 2]
    return None if isinstance(media, Sounds) else media


def check_taken(taken: frozenset[str], given: str, reader: str) -> None:
    """Refuse media that a reward cannot score. reader: the reward's name."""
    if given in taken:
        return
    if not taken & {PICTURES, VIDEOS}:
        raise LidarError(
            f"The reward {reader} scores sounds, but was given {given}: wire a reward for {given}, or a VAE that "
            "decodes to sound."
        )
    if given == SOUNDS:
        raise LidarError(
            f"The reward {reader} scores {' and '.join(sorted(taken))}, but was given sounds: wire a reward for sound, "
            "such as LiDAR Audio Metric."
        )
    raise LidarError(f"The reward {reader} scores how a video moves, but was given single pictures: sample a video.")


def _small_copies(videos: torch.Tensor) -> torch.Tensor:
    """(n, T, h, w, 3) uint8 with sides of at most LONGEST_SIDE, of (n, T, H, W, C) in [0, 1]; NaN is black."""
    # One video at a time, so that no second copy of all is made.
    return torch.stack([_small_copy(video) for video in videos])


def _small_copy(video: torch.Tensor) -> torch.Tensor:
    pictures = video[..., :3].float().movedim(-1, 1)
    if pictures.shape[1] == 1:
        pictures = pictures.expand(-1, 3, -1, -1)
    longest = max(pictures.shape[2:])
    if longest > LONGEST_SIDE:
        size = [max(1, round(side * LONGEST_SIDE / longest)) for side in pictures.shape[2:]]
        pictures = functional.interpolate(pictures, size, mode="area")
    return pictures.nan_to_num().mul(255).round().clamp(0, 255).byte().movedim(1, -1)
