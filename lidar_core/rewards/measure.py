"""Measures of pictures, videos or sounds, and what rewards by a measure have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import torch

from ..errors import LidarError

DIRECTIONS = ("more", "less", "near target")
Reference = TypeVar("Reference")


@dataclass(frozen=True)
class Measure:
    """of: the function to measure with. low, high: its range. meaning: its unit, and what its ends mean."""

    of: Callable[..., Any]
    low: float
    high: float
    meaning: str
    needs_reference: bool = False


class Metric:
    """One of `measures` as a reward: more of it, less of it, or as near to `target` as possible."""

    measures: ClassVar[dict[str, Measure]]
    compares_with: ClassVar[str]
    reads_prompt = False
    # Unknown: it was not measured how much these measures differ between real models' samples of one prompt.
    spread = 0.0

    def __init__(self, measure: str, direction: str, target: float) -> None:
        self.measure_name, self.measure = measure, self.measures[measure]
        self.direction, self.target = direction, target
        self.name = f"{direction} {measure}"

    def needed(self, reference: Reference | None) -> tuple[Reference, ...]:
        """`reference`, if the measure needs one."""
        if not self.measure.needs_reference:
            return ()
        if reference is None:
            raise LidarError(
                f'The metric "{self.measure_name}" compares with {self.compares_with}: wire one to reference.'
            )
        return (reference,)

    def towards(self, values: torch.Tensor) -> torch.Tensor:
        """The scores (n,) of the measure's values (n,)."""
        if self.direction == "near target":
            return -(values - self.target).abs()
        return values if self.direction == "more" else -values
