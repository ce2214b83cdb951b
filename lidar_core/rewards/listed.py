"""Rewards that judge a list of things, and say of each one how it went."""

from abc import abstractmethod
from collections.abc import Mapping

import torch

from .reward import Scores, SingleReward, rgb


class ListedReward(SingleReward):
    """A single reward whose parts are its own numbers and, under other names, those of each line of its list."""

    @abstractmethod
    def judged(self, images: torch.Tensor, prompt: str) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        """(n,) float32 for images (n, H, W, 3) in [0, 1], and each line's own (n,) numbers by name."""

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        return self.judged(images, prompt)[0]

    def score(self, images: torch.Tensor, prompt: str) -> Scores:
        values, lines = self.judged(rgb(images, self.name), prompt)
        return Scores(values, {self.name: values, **lines})
