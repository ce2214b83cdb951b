"""A reward that asks a vision-language model about each picture."""

import torch

from ...lidar_core.rewards.question import PLACE, asked, fitted
from . import memory
from .vlm import YesNoModel


class VlmReward:
    name = "VLM yes or no"
    unit = "log odds"
    # An estimate; a measured one should replace it.
    spread = 2.0
    cost = "One pass of the language model over about 300 tokens per picture, and its 4 to 9 GB of memory or more."

    def __init__(self, model: YesNoModel, question: str) -> None:
        self.model = model
        self.question = question
        self.reads_prompt = PLACE in question

    def score(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        """(B,) float32 log odds of yes against no, for images (B, H, W, 3) in [0, 1]."""
        self.model.load()
        question = asked(self.question, prompt)
        pictures = fitted(images[..., :3])

        def scored(start: int, stop: int) -> torch.Tensor:
            return self.model.log_odds(pictures[start:stop], question).cpu()

        return torch.cat(list(memory.in_chunks(len(pictures), 1, scored)))
