"""Scorers that judge the picture alone: a small head on the features of a picture tower."""

import re
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ...errors import LidarError
from ...networks.checkpoint import Checkpoint, filled
from ...networks.clip import ClipVision
from ...networks.siglip import SiglipVision
from ...quoting import quoted
from ..pixels import Geometry
from .scorer import Ingredients, Scorer


class Head(nn.Module):
    """Unit features (B, D) to scores (B,), in float32. sizes: D, the widths between, 1."""

    def __init__(self, sizes: list[int], rectified: bool, operations: Any = nn) -> None:
        super().__init__()
        self.rectified = rectified
        self.layers = nn.ModuleList(operations.Linear(*pair) for pair in pairwise(sizes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers[:-1]:
            x = layer(x)
            if self.rectified:
                x = functional.relu(x)
        return self.layers[-1](x)[:, 0]


class Judge(nn.Module):
    """A picture tower and the head on its features."""

    def __init__(self, tower: ClipVision | SiglipVision, head: Head) -> None:
        super().__init__()
        self.tower, self.head = tower, head


@dataclass(eq=False)
class HeadScorer(Scorer):
    """A head's score of a picture, whatever the prompt."""

    name: str
    spread: float
    module: Judge
    geometry: Geometry
    picture_bytes: int
    dtype: torch.dtype
    reads_prompt = False

    @torch.inference_mode()
    def values(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(n,) float32 for images (n, H, W, 3) in [0, 1]; the tower runs in its dtype, the head in float32."""
        pixels = self.geometry(images.to(device)).to(self.dtype)
        features = self.module.tower.picture_features(pixels).float()
        return self.module.head(functional.normalize(features, dim=-1))


def parted(file: Checkpoint, pattern: re.Pattern[str]) -> tuple[Checkpoint, Checkpoint | None]:
    """The head's tensors, named only by number and kind, and the other tensors, if there are any.

    pattern: matches the names of the head's tensors; its groups are the number and the kind.
    """
    head, sources, rest = {}, {}, {}
    for name, tensor in file.tensors.items():
        match = pattern.fullmatch(name)
        if match:
            short = f"{match[1]}.{match[2]}"
            head[short], sources[short] = tensor, file.source(name)
        else:
            rest[name] = tensor
    return replace(file, tensors=head, sources=sources), Checkpoint.of(rest, file.name) if rest else None


def head_of(file: Checkpoint, ingredients: Ingredients, rectified: bool, width: int, tower: str) -> Head:
    """The head in `file`, a result of `parted`, for a tower of this name with features of this width."""
    numbers = sorted({int(name.split(".")[0]) for name in file.tensors})
    shapes = [file.shape(f"{number}.weight", 2) for number in numbers]
    sizes = [shapes[0][1], *(shape[0] for shape in shapes)]
    if sizes[0] != width:
        raise LidarError(
            f"The head {quoted(file.name)} reads {sizes[0]} numbers but the tower {quoted(tower)} gives {width}: "
            "choose the tower that this head was trained on in picture_tower."
        )
    renamed = {
        f"layers.{place}.{kind}": f"{number}.{kind}"
        for place, number in enumerate(numbers)
        for kind in ("weight", "bias")
    }
    ordered = replace(
        file,
        tensors={name: file.tensors[old] for name, old in renamed.items() if old in file.tensors},
        sources={name: file.source(old) for name, old in renamed.items()},
    )
    return filled(partial(Head, sizes, rectified), ingredients.operations, ordered)


def tower_of(ingredients: Ingredients, rest: Checkpoint | None, name: str, wanted: str) -> Checkpoint:
    """The tower's file: the rest of the scorer's own file without the head, or the file chosen for the tower."""
    tower = rest or ingredients.tower
    if tower is None:
        raise LidarError(
            f"The file {quoted(ingredients.file.name)} is only the head of {name}: choose the picture tower it "
            f"was trained on in picture_tower, {wanted}."
        )
    return tower
