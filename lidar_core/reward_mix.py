"""Several rewards as one: each made comparable within the pictures of one prompt, then combined."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .rewards import Reward, standardise


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


def gate(z_scores: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) the first reward decides who passes, the weighted sum of the others ranks those who do.

    Pictures below the first reward's mean come after all others, in the first reward's own order.
    """
    first, others = z_scores[0], weights[1:] @ z_scores[1:]
    floor = others.amin() - 1
    return torch.where(first >= 0, others, floor + first)


MODES = {"weighted sum": weighted_sum, "mean rank": mean_rank, "min": weakest, "gate": gate}


@dataclass(frozen=True)
class RewardMix:
    """A reward made of several; score it on all pictures of a prompt together, since it compares them."""

    rewards: Sequence[Reward]
    weights: Sequence[float]
    mode: str

    def __post_init__(self) -> None:
        if not any(weight > 0 for weight in self.weights) or any(weight < 0 for weight in self.weights):
            raise ValueError(
                "The weights of a reward mix must be 0 or more, and at least one more than 0: "
                f"they are {', '.join(f'{weight:g}' for weight in self.weights)}."
            )
        if self.mode == "gate" and len(self.rewards) < 2:
            raise ValueError("A gate needs two rewards: wire the one that decides to reward_1, another to reward_2.")

    @property
    def name(self) -> str:
        return f"{self.mode} of " + ", ".join(reward.name for reward in self.rewards)

    @property
    def reads_prompt(self) -> bool:
        return any(reward.reads_prompt for reward in self.rewards)

    @property
    def unit(self) -> str:
        return {"mean rank": "place, 0 worst to 1 best"}.get(self.mode, "standard deviations")

    @property
    def spread(self) -> float:
        return 0.0

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
            z_scores = torch.stack([standardise(row) for row in scores[:, good]])
            mixed[good] = MODES[self.mode](z_scores, torch.tensor(list(self.weights), dtype=torch.float32))
        return mixed

    def score(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        return self.combine(self.parts(images, prompt))


def score_with_parts(reward: Reward, images: torch.Tensor, prompt: str) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """(n,) rewards of all pictures of a prompt, and the single rewards' scores by name."""
    if isinstance(reward, RewardMix):
        parts = reward.parts(images, prompt)
        return reward.combine(parts), parts
    scores = reward.score(images, prompt)
    return scores, {reward.name: scores}
