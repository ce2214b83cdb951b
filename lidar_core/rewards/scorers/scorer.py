"""Scorers, which are published reward models: what they have in common, and how their files are recognised."""

import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...networks.checkpoint import Checkpoint
from ..reward import SingleReward
from .sound_scorer import SoundScorer

AXIS_WEIGHTS = (1.0, 1.0, 0.0, 1.0)
"""Of enjoyment, usefulness, complexity and quality. A sound is not better for being more complex."""


class Scorer(SingleReward):
    """A reward with weights. The owner of `module` moves it to a device and passes that device to `values`.

    picture_bytes: an upper bound on the working memory of one picture on the device, without the picture itself.
    """

    module: nn.Module
    picture_bytes: int

    @abstractmethod
    def values(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(n,) float32 for images (n, H, W, 3) in [0, 1]."""


@dataclass(frozen=True)
class Ingredients:
    """A scorer's file, and what the host provides.

    tower: a second file, if the first is only a head. clip_vocabulary: folder with CLIP's vocab.json and merges.txt.
    operations: the module that provides the layers, torch.nn or a host's equivalent. dtype: of towers that are known
    to run in half precision; wide_dtype: of towers whose activations exceed float16's range. tokenizer: tokenizer.json
    beside the file. axes: the weights of Audiobox-Aesthetics' four axes.
    """

    file: Checkpoint
    clip_vocabulary: Path
    tower: Checkpoint | None = None
    operations: Any = nn
    dtype: torch.dtype = torch.float32
    wide_dtype: torch.dtype = torch.float32
    tokenizer: Path = Path("tokenizer.json")
    axes: Sequence[float] = AXIS_WEIGHTS


@dataclass(frozen=True)
class Kind:
    """One published scorer.

    tensors: a file is of this kind if the name of any of its tensors matches. Kinds with the same pattern are told
    apart by name. called: its names in file names and metadata, in lower case. base: other scorers were made from this
    one, so their file names may contain its name too.
    """

    name: str
    tensors: re.Pattern[str]
    make: Callable[[Ingredients], Scorer | SoundScorer]
    called: re.Pattern[str] | None = None
    base: bool = False
