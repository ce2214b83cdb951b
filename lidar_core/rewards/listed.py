"""Rewards that judge a list of things, and report each of them."""

from abc import abstractmethod
from collections.abc import Mapping

import torch

from .media import Media, Videos, check_taken, kind
from .reward import Scores, SingleReward, rgb


class ListedReward(SingleReward):
    """A single reward whose parts also hold the numbers of each line of its list, under the lines' names."""

    @abstractmethod
    def judged(self, images: torch.Tensor, prompt: str) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        """(n,) float32 for images (n, H, W, 3) in [0, 1], and the (n,) numbers of each line by name."""

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        return self.judged(images, prompt)[0]

    def score(self, media: Media, prompt: str) -> Scores:
        check_taken(self.takes, kind(media), self.name)
        if isinstance(media, Videos):
            of_stills, of_lines = self.judged(rgb(media.stills.flatten(0, 1), self.name), prompt)
            values = media.pooled(of_stills)
            lines: Mapping[str, torch.Tensor] = {name: media.pooled(line) for name, line in of_lines.items()}
        else:
            assert isinstance(media, torch.Tensor)
            values, lines = self.judged(rgb(media, self.name), prompt)
        return Scores(values, {self.name: values, **lines})
