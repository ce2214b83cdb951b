"""What every scorer of a file has, and what it is built from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from ...networks.checkpoint import Checkpoint
from ..reward import Reward


class Scorer(Reward, Protocol):
    """A reward with weights. The host owns `module`, and brings it to a device before it calls `score`."""

    @property
    def module(self) -> nn.Module: ...

    @property
    def picture_bytes(self) -> int:
        """A bound on the working memory of one picture on the device, beside the picture itself."""
        ...

    def score(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(B,) float32 for images (B, H, W, 3) in [0, 1]."""
        ...


@dataclass(frozen=True)
class Ingredients:
    """A scorer's file and what the place where it will run brings.

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


def weights_cost(module: nn.Module, towers: str = "picture tower") -> str:
    size = sum(tensor.nbytes for tensor in module.state_dict().values())
    return f"Holds {size / 1e9:.1f} GB of weights; one pass of its {towers} per picture."
