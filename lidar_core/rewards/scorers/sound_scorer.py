"""Rewards for sounds with weights: what they have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import nn

from ..media import Sounds
from ..recipe import Recipe


class SoundScorer(ABC):
    """A reward for sounds with weights. The owner of `module` moves it to a device and passes that device to `parts`.

    working_bytes: an upper bound on the memory that scoring one sound takes on the device.
    """

    name: str
    recipe: Recipe
    reads_prompt: bool
    module: nn.Module
    working_bytes: int

    @abstractmethod
    def parts(self, sounds: Sounds, prompt: str, device: torch.device | str = "cpu") -> Mapping[str, torch.Tensor]:
        """The (n,) float32 scores of each name in the recipe."""
