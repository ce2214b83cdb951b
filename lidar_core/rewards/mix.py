"""Several rewards as one: each made comparable within the pictures of one prompt, then combined."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from .reward import Reward, standardise


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
    """(n,) smallest z-score among the rewards of positive weight: good at everything, or not good."""
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
_UNITS = {"mean rank": "place, 0 worst to 1 best", "product of sigmoids": "share, 0 to 1"}


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
            raise ValueError(
                "The weights of a reward mix must be 0 or more, and at least one more than 0: "
                f"they are {', '.join(f'{weight:g}' for weight in self.weights)}."
            )
        if self.mode == "gate" and len(self.rewards) < 2:
            raise ValueError("A gate needs two rewards: wire the one that decides to reward_1, another to reward_2.")
        if self.mode == "gate" and not any(self.weights[1:]):
            raise ValueError("A gate needs a reward that ranks those who pass: give weight_2 more than 0.")

    @property
    def name(self) -> str:
        return f"{self.mode} of " + ", ".join(reward.name for reward in self.rewards)

    @property
    def reads_prompt(self) -> bool:
        return any(reward.reads_prompt for reward in self.rewards)

    @property
    def unit(self) -> str:
        return _UNITS.get(self.mode, "standard deviations")

    @property
    def spread(self) -> float:
        """That of independent normal parts: the mean over 64 drawn pools of 16 pictures."""
        pools = torch.randn(64, len(self.rewards), 16, generator=torch.Generator().manual_seed(0))
        return torch.stack([self._mixed(z_scores).std(correction=0) for z_scores in pools]).mean().item()

    @property
    def cost(self) -> str:
        return " ".join(dict.fromkeys(reward.cost for reward in self.rewards))

    def parts(self, images: torch.Tensor, prompt: str) -> dict[str, torch.Tensor]:
        """Each reward's own (n,) scores by name."""
        scores: dict[str, torch.Tensor] = {}
        for index, reward in enumerate(self.rewards):
            name = reward.name if reward.name not in scores else f"{reward.name} ({index + 1})"
            scores[name] = reward.score(images, prompt)
        return scores

    def combine(self, parts: dict[str, torch.Tensor]) -> torch.Tensor:
        """(n,) the mix of the parts' scores; NaN where any part is not finite, and the others as without those."""
        scores = torch.stack(list(parts.values()))
        good = torch.isfinite(scores).all(0)
        mixed = torch.full(scores.shape[1:], float("nan"))
        if good.any():
            rows = zip(scores[:, good], self.rewards, strict=True)
            mixed[good] = self._mixed(torch.stack([standardise(row, reward.spread) for row, reward in rows]))
        return mixed

    def _mixed(self, z_scores: torch.Tensor) -> torch.Tensor:
        weights = torch.tensor(list(self.weights), dtype=torch.float32)
        return MODES[self.mode](z_scores.clamp(-self.clip, self.clip), weights)

    def score(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        return self.combine(self.parts(images, prompt))


def score_with_parts(reward: Reward, images: torch.Tensor, prompt: str) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """(n,) rewards of all pictures of a prompt, and the single rewards' scores by name."""
    if isinstance(reward, RewardMix):
        parts = reward.parts(images, prompt)
        return reward.combine(parts), parts
    scores = reward.score(images, prompt)
    return scores, {reward.name: scores}
