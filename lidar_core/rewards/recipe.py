"""How the scores of single rewards become one reward. A mix computes by its recipe, and a pool stores it.

With the recipe, the rewards of merged pools are computed anew over all of their samples.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import torch
from torch.nn import functional

from ..errors import LidarError
from .standard import standardise


def weighted_sum(z_scores: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) weighted sum of (rewards, n) z-scores."""
    return weights @ z_scores


def mean_rank(z_scores: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) weighted mean of the ranks, 0 the worst and 1 the best; equal scores share the mean of their ranks."""
    below = (z_scores[:, :, None] > z_scores[:, None]).float().sum(2)
    ties = (z_scores[:, :, None] == z_scores[:, None]).float().sum(2) - 1
    ranks = (below + ties / 2) / max(1, z_scores.shape[1] - 1)
    return weights @ ranks / weights.sum()


def weakest(z_scores: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) lowest z-score among the rewards of positive weight: a picture scores as its worst reward."""
    return z_scores[weights > 0].amin(0)


def product(z_scores: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) product of sigmoid(z) ** (w / sum of w), between 0 and 1: one bad score outweighs one good one.

    The weights are shares, so that no product underflows and weights alike change nothing.
    """
    return (weights / weights.sum() @ functional.logsigmoid(z_scores)).exp()


def gate(z_scores: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) the first reward decides which pictures pass, and the weighted sum of the others ranks those.

    Pictures below the first reward's mean come after all others, in the first reward's own order.
    """
    first, others = z_scores[0], weights[1:] @ z_scores[1:]
    floor = others.amin() - 1
    return torch.where(first >= 0, others, floor + first)


MODES = {
    "weighted sum": weighted_sum,
    "mean rank": mean_rank,
    "min": weakest,
    "gate": gate,
    "product of sigmoids": product,
}


@dataclass(frozen=True)
class Single:
    """One reward as it is. name: of its scores. spread: their usual standard deviation over one prompt's pictures, in
    their own unit; 0 if unknown."""

    name: str
    spread: float = 0.0

    def __str__(self) -> str:
        return f"{self.name} of spread {self.spread:g}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def renamed(self, names: Iterator[str]) -> "Single":
        return replace(self, name=next(names))

    def combined(self, scores: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return scores[self.name]


@dataclass(frozen=True)
class Mixed:
    """Several rewards, combined from their z-scores by one of MODES.

    clip: the largest size of a part's z-score, so that one outlier does not outvote all other parts.
    """

    mode: str
    parts: tuple["Recipe", ...]
    weights: tuple[float, ...]
    clip: float = 3.0

    def __post_init__(self) -> None:
        if not any(weight > 0 for weight in self.weights) or any(weight < 0 for weight in self.weights):
            raise LidarError(
                "The weights of a reward mix must be 0 or more, and at least one more than 0: "
                f"they are {', '.join(f'{weight:g}' for weight in self.weights)}."
            )
        if self.mode == "gate" and len(self.parts) < 2:
            raise LidarError("A gate needs two rewards: wire the one that decides to reward_1, another to reward_2.")
        if self.mode == "gate" and not any(self.weights[1:]):
            raise LidarError("A gate needs a reward that ranks those who pass: give weight_2 more than 0.")

    def __str__(self) -> str:
        weights = " ".join(f"{weight:g}" for weight in self.weights)
        return f"{self.mode}, clip {self.clip:g}, weights {weights}, of {', '.join(map(str, self.parts))}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the single rewards, in order."""
        return tuple(name for part in self.parts for name in part.names)

    @property
    def spread(self) -> float:
        """The spread for independent normal parts: the mean over 64 random pools of 16 pictures."""
        pools = torch.randn(64, len(self.parts), 16, generator=torch.Generator().manual_seed(0))
        return torch.stack([self._mixed(z_scores).std(correction=0) for z_scores in pools]).mean().item()

    def renamed(self, names: Iterator[str]) -> "Mixed":
        """The same recipe with these names for the single rewards, in order."""
        return replace(self, parts=tuple(part.renamed(names) for part in self.parts))

    def combined(self, scores: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """(n,) float32 from each single reward's (n,) finite scores by name; they are compared with each other."""
        return self._mixed(torch.stack([standardise(part.combined(scores), part.spread) for part in self.parts]))

    def _mixed(self, z_scores: torch.Tensor) -> torch.Tensor:
        weights = torch.tensor(self.weights, dtype=torch.float32)
        return MODES[self.mode](z_scores.clamp(-self.clip, self.clip), weights)


Recipe = Single | Mixed


def total(recipe: Recipe, parts: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """(n,) float32 from each single reward's (n,) scores by name.

    A sample with a part that is not finite gets NaN and does not change the others.
    """
    good = torch.isfinite(torch.stack([parts[name] for name in recipe.names])).all(0)
    values = torch.full(good.shape, float("nan"))
    if good.any():
        values[good] = recipe.combined({name: parts[name][good] for name in recipe.names})
    return values


def together(recipes: Sequence[Recipe]) -> tuple[Recipe, ...]:
    """The same recipes with distinct names, if a reward is in several of them."""
    taken: list[str] = []
    for name in (name for recipe in recipes for name in recipe.names):
        taken.append(free_name(name, taken))
    names = iter(taken)
    return tuple(recipe.renamed(names) for recipe in recipes)


def free_name(name: str, taken: Sequence[str]) -> str:
    """`name`, with a number if the mix has the same reward more than once."""
    if name not in taken:
        return name
    return next(f"{name} ({number})" for number in count(2) if f"{name} ({number})" not in taken)
