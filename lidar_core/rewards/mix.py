"""Several rewards as one: each made comparable within the pictures of one prompt, then combined."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count

import torch
from torch.nn import functional

from ..errors import LidarError
from .reward import Reward, Scores, standardise


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
    """(n,) the first reward decides who passes, the weighted sum of the others ranks those who do.

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
class RewardMix:
    """A reward made of several; score it on all pictures of a prompt together, since it compares them.

    clip: the largest size of a part's z-score, so that one outlier does not outvote all other parts.
    """

    rewards: Sequence[Reward]
    weights: Sequence[float]
    mode: str
    clip: float = 3.0

    def __post_init__(self) -> None:
        if not any(weight > 0 for weight in self.weights) or any(weight < 0 for weight in self.weights):
            raise LidarError(
                "The weights of a reward mix must be 0 or more, and at least one more than 0: "
                f"they are {', '.join(f'{weight:g}' for weight in self.weights)}."
            )
        if self.mode == "gate" and len(self.rewards) < 2:
            raise LidarError("A gate needs two rewards: wire the one that decides to reward_1, another to reward_2.")
        if self.mode == "gate" and not any(self.weights[1:]):
            raise LidarError("A gate needs a reward that ranks those who pass: give weight_2 more than 0.")

    @property
    def name(self) -> str:
        return f"{self.mode} of " + ", ".join(reward.name for reward in self.rewards)

    @property
    def reads_prompt(self) -> bool:
        return any(reward.reads_prompt for reward in self.rewards)

    @property
    def spread(self) -> float:
        """That of independent normal parts: the mean over 64 drawn pools of 16 pictures."""
        pools = torch.randn(64, len(self.rewards), 16, generator=torch.Generator().manual_seed(0))
        return torch.stack([self._mixed(z_scores).std(correction=0) for z_scores in pools]).mean().item()

    def score(self, images: torch.Tensor, prompt: str) -> Scores:
        """NaN where any part is not finite; such a picture does not change the scores of the others."""
        parts: dict[str, torch.Tensor] = {}
        rows = []
        for reward in self.rewards:
            scores = reward.score(images, prompt)
            rows.append(scores.values)
            for name, numbers in scores.parts.items():
                parts[_free_name(name, parts)] = numbers
        good = torch.isfinite(torch.stack(rows)).all(0)
        mixed = torch.full(good.shape, float("nan"))
        if good.any():
            pairs = zip(rows, self.rewards, strict=True)
            mixed[good] = self._mixed(torch.stack([standardise(row[good], reward.spread) for row, reward in pairs]))
        return Scores(mixed, parts)

    def _mixed(self, z_scores: torch.Tensor) -> torch.Tensor:
        weights = torch.tensor(list(self.weights), dtype=torch.float32)
        return MODES[self.mode](z_scores.clamp(-self.clip, self.clip), weights)


def _free_name(name: str, taken: Collection[str]) -> str:
    """`name`, or with a number where the same reward is in the mix more than once."""
    if name not in taken:
        return name
    return next(f"{name} ({number})" for number in count(2) if f"{name} ({number})" not in taken)
