"""Several rewards as one: each is standardised over the pictures of one prompt, then they are combined."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import LidarError
from .media import Media
from .recipe import Mixed, free_name, together, total
from .reward import Reward, Scores


@dataclass(frozen=True)
class RewardMix:
    """A reward made of several. Score all pictures of a prompt together, since it compares them.

    clip: the largest size of a part's z-score, so that one outlier does not outvote all other parts.
    """

    rewards: Sequence[Reward]
    weights: Sequence[float]
    mode: str
    clip: float = 3.0
    recipe: Mixed = field(init=False)

    def __post_init__(self) -> None:
        parts = together([reward.recipe for reward in self.rewards])
        weights = tuple(float(weight) for weight in self.weights)
        object.__setattr__(self, "recipe", Mixed(self.mode, parts, weights, float(self.clip)))
        if not self.takes:
            raise LidarError(
                f"The rewards {', '.join(reward.name for reward in self.rewards)} have nothing in common that they can "
                "score: mix rewards for pictures and videos, or rewards for sounds."
            )

    @property
    def name(self) -> str:
        return f"{self.mode} of " + ", ".join(reward.name for reward in self.rewards)

    @property
    def reads_prompt(self) -> bool:
        return any(reward.reads_prompt for reward in self.rewards)

    @property
    def takes(self) -> frozenset[str]:
        return frozenset.intersection(*(reward.takes for reward in self.rewards))

    @property
    def spread(self) -> float:
        return self.recipe.spread

    def score(self, media: Media, prompt: str) -> Scores:
        """A sample with a part that is not finite gets NaN and does not change the scores of the others."""
        scored = [(reward.recipe.names, reward.score(media, prompt).parts) for reward in self.rewards]
        numbers = [parts[name] for names, parts in scored for name in names]
        parts = dict(zip(self.recipe.names, numbers, strict=True))
        mixed = total(self.recipe, parts)
        # Other parts of a reward, such as the lines of a checklist, are kept.
        for names, further in scored:
            for name in [name for name in further if name not in names]:
                parts[free_name(name, list(parts))] = further[name]
        return Scores(mixed, parts)
