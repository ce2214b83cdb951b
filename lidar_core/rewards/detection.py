"""How probable facts about counts, places and colours are, given a detector's boxes.

The rules are GenEval's (Ghosh et al. 2023, arXiv 2310.11513): boxes with a score above 0.3 count, and one thing stands
left of another if its centre does so by more than a tenth of both widths. GenEval gives each fact 0 or 1, and counts
only boxes with a score of 0.9. Here the score of a box is the probability that the thing is there, so that one wrong
picture can be better than another.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import torch
from kornia.color import rgb_to_lab

from ..errors import LidarError
from ..quoting import quoted

THRESHOLD = 0.3
MARGIN = 0.1
# The sRGB values in [0, 1] of each colour: HTML's, except where people think of another colour by that name.
COLOURS = {
    "red": (0.85, 0.1, 0.1),
    "orange": (1.0, 0.55, 0.0),
    "yellow": (1.0, 0.9, 0.1),
    "green": (0.1, 0.6, 0.15),
    "blue": (0.1, 0.25, 0.85),
    "purple": (0.5, 0.1, 0.6),
    "pink": (1.0, 0.6, 0.75),
    "brown": (0.45, 0.27, 0.1),
    "black": (0.05, 0.05, 0.05),
    "white": (0.97, 0.97, 0.97),
    "grey": (0.5, 0.5, 0.5),
}


@dataclass(frozen=True)
class Box:
    """A detected thing. score: 0 to 1. The corners are shares of the picture's width and height."""

    label: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


class Fact(ABC):
    """One line of the detector's list."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The things that the fact is about."""

    @abstractmethod
    def probability(self, boxes: Sequence[Box], picture: torch.Tensor) -> float:
        """The probability of the fact in the picture (H, W, 3) in [0, 1] with these boxes."""


@dataclass(frozen=True)
class Count(Fact):
    """Exactly `number` of a thing, or at least one if `number` is None."""

    label: str
    number: int | None

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.label,)

    def probability(self, boxes: Sequence[Box], picture: torch.Tensor) -> float:
        """The boxes count as independent, each with its score as probability: their number is Poisson binomial."""
        odds = [1.0]
        for score in (box.score for box in _of(boxes, self.label)):
            odds = [
                absent * (1 - score) + present * score
                for absent, present in zip([*odds, 0.0], [0.0, *odds], strict=True)
            ]
        if self.number is None:
            return 1 - odds[0]
        return odds[self.number] if self.number < len(odds) else 0.0


@dataclass(frozen=True)
class Place(Fact):
    """One thing left of, right of, above or below another, in any pair of boxes."""

    label: str
    relation: str
    other: str

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.label, self.other)

    def probability(self, boxes: Sequence[Box], picture: torch.Tensor) -> float:
        aspect = picture.shape[0] / picture.shape[1]
        pairs = [
            one.score * other.score
            for one in _of(boxes, self.label)
            for other in _of(boxes, self.other)
            if one is not other and self.relation in relations(one, other, aspect)
        ]
        return max(pairs, default=0.0)


@dataclass(frozen=True)
class Colour(Fact):
    """A thing of a colour, judged by the pixels in the middle of its best box."""

    label: str
    colour: str

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.label,)

    def probability(self, boxes: Sequence[Box], picture: torch.Tensor) -> float:
        found = [box.score * colour_share(middle(picture, box), self.colour) for box in _of(boxes, self.label)]
        return max(found, default=0.0)


def relations(one: Box, other: Box, aspect: float) -> set[str]:
    """Where `one` stands relative to `other`, by GenEval's rule: the distance between the centres along an axis, less
    MARGIN of both sizes, must be at least half of the whole distance. aspect: the picture's height over its width."""
    across = (one.left + one.right - other.left - other.right) / 2
    down = (one.top + one.bottom - other.top - other.bottom) / 2 * aspect
    width = one.right - one.left + other.right - other.left
    height = (one.bottom - one.top + other.bottom - other.top) * aspect
    length = math.hypot(across, down)
    if length == 0:
        return set()
    right = math.copysign(max(abs(across) - MARGIN * width, 0), across) / length
    below = math.copysign(max(abs(down) - MARGIN * height, 0), down) / length
    holds = {"left of": right < -0.5, "right of": right > 0.5, "above": below < -0.5, "below": below > 0.5}
    return {relation for relation, held in holds.items() if held}


def middle(picture: torch.Tensor, box: Box) -> torch.Tensor:
    """(n, 3) the pixels in the middle of a box, half of its width and height, so that the background counts little."""
    height, width = picture.shape[:2]
    rows = _middle(box.top, box.bottom, height)
    columns = _middle(box.left, box.right, width)
    return picture[rows, columns].reshape(-1, 3)


def _middle(low: float, high: float, size: int) -> slice:
    quarter = (high - low) / 4
    start = min(max(round((low + quarter) * size), 0), size - 1)
    return slice(start, max(start + 1, min(round((high - quarter) * size), size)))


def colour_share(pixels: torch.Tensor, colour: str) -> float:
    """The share of pixels (n, 3) in [0, 1] that are nearer to this colour than to any other, in CIELAB."""
    named = torch.tensor(list(COLOURS.values())).T.reshape(1, 3, 1, -1)
    seen = pixels.float().T.reshape(1, 3, 1, -1)
    distances = torch.cdist(rgb_to_lab(seen)[0, :, 0].T, rgb_to_lab(named)[0, :, 0].T)
    return (distances.argmin(1) == list(COLOURS).index(colour)).float().mean().item()


def _of(boxes: Sequence[Box], label: str) -> list[Box]:
    return [box for box in boxes if box.label == label and box.score > THRESHOLD]


_COUNT = re.compile(r"(.+?)\s+[x*]\s*(\d+)", re.IGNORECASE)
_PLACE = re.compile(r"(.+?)\s+(left of|right of|above|below)\s+(.+)", re.IGNORECASE)
_COLOUR = re.compile(r"(.+?)\s*:\s*(\w+)")


def facts_of(text: str, labels: Collection[str]) -> dict[str, Fact]:
    """The fact of each line of `text`: `cat x 2`, `cat left of dog`, `apple: red` or `cat`. labels: of known things."""
    facts = {line.strip(): _fact(line.strip().lower()) for line in text.splitlines() if line.strip()}
    if not facts:
        raise LidarError("The detector has nothing to look for: write lines such as cat x 2 or dog left of cat.")
    for label in (label for fact in facts.values() for label in fact.labels if label not in labels):
        near = get_close_matches(label, labels, 3, 0.5)
        meant = f"did you mean {' or '.join(near)}?" if near else f"it knows {', '.join(sorted(labels))}."
        raise LidarError(f"The detector knows no {quoted(label)}: {meant}")
    return facts


def _fact(line: str) -> Fact:
    if match := _COUNT.fullmatch(line):
        return Count(match[1], int(match[2]))
    if match := _PLACE.fullmatch(line):
        return Place(match[1], match[2], match[3])
    if match := _COLOUR.fullmatch(line):
        colour = match[2].replace("gray", "grey")
        if colour not in COLOURS:
            raise LidarError(f"The detector knows no colour {quoted(colour)}: it knows {', '.join(COLOURS)}.")
        return Colour(match[1], colour)
    return Count(line, None)
