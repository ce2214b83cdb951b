"""What every scorer of a file has, what it is built from, and how its files are recognised."""

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...networks.checkpoint import Checkpoint
from ..reward import SingleReward


class Scorer(SingleReward):
    """A reward with weights. Whoever owns `module` moves it to a device and gives that to `values`.

    picture_bytes: a bound on the working memory of one picture on the device, beside the picture itself.
    """

    module: nn.Module
    picture_bytes: int

    @abstractmethod
    def values(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(n,) float32 for images (n, H, W, 3) in [0, 1]."""


@dataclass(frozen=True)
class Ingredients:
    """A scorer's file and what the program that runs it provides.

    tower: a second file, where the first is only a head. clip_vocabulary: folder with CLIP's vocab.json and
    merges.txt. operations: the module that provides the layers, torch.nn or a host's counterpart. dtype: of towers
    that are known to run in half precision; wide_dtype: of those whose activations leave float16's range.
    """

    file: Checkpoint
    clip_vocabulary: Path
    tower: Checkpoint | None = None
    operations: Any = nn
    dtype: torch.dtype = torch.float32
    wide_dtype: torch.dtype = torch.float32


@dataclass(frozen=True)
class Kind:
    """One published scorer.

    tensors: a file is of this kind if the name of any of its tensors matches; kinds with the same pattern cannot be
    told apart by it. called: what file names and metadata call it, in lower case. base: other scorers were made of
    this one, so their file names may name it too.
    """

    name: str
    tensors: re.Pattern[str]
    make: Callable[[Ingredients], Scorer]
    called: re.Pattern[str] | None = None
    base: bool = False
