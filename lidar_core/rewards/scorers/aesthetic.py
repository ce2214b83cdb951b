"""Rewards that judge the picture alone: a small head on the features of a picture tower."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ...networks import clip_keys
from ...networks.checkpoint import Checkpoint, ScorerFileError, fill
from ...networks.clip import ClipVision, VisionShape
from ...networks.siglip import SiglipShape, SiglipVision
from ..pixels import CROP_ROUNDED, HALF, SQUASH, Geometry
from .scorer import Ingredients, weights_cost

LAION_HEAD = re.compile(r"(?:mlp\.)?layers\.(\d+)\.(weight|bias)")
V2_5_HEAD = re.compile(r"(?:layers\.)?scoring_head\.(\d+)\.(weight|bias)")


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


class AestheticReward:
    """A head's opinion of a picture; the prompt does not matter."""

    unit = "points of 10"
    reads_prompt = False

    def __init__(
        self, name: str, spread: float, module: Judge, geometry: Geometry, picture_bytes: int, dtype: torch.dtype
    ) -> None:
        self.name, self.spread = name, spread
        self.module = module
        self.geometry = geometry
        self.picture_bytes = picture_bytes
        self.dtype = dtype
        self.cost = weights_cost(module)

    @torch.inference_mode()
    def score(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(B,) float32 for images (B, H, W, 3) in [0, 1]; the tower runs in its dtype, the head in float32."""
        pixels = self.geometry(images.to(device)).to(self.dtype)
        features = self.module.tower.picture_features(pixels).float()
        return self.module.head(functional.normalize(features, dim=-1))


def laion_reward(name: str, ingredients: Ingredients) -> AestheticReward:
    """LAION's improved aesthetic predictor: a head file and a CLIP ViT-L/14 file, or both in one file.

    All its published heads were trained on OpenAI's CLIP, whose towers have the quick gelu.
    """
    head_file, rest = _parted(ingredients.file, LAION_HEAD)
    # Only the rectified head has a layer of this number.
    head = _head(head_file, ingredients.operations, rectified="11.weight" in head_file.tensors)
    tower_file = clip_keys.hugging_face_names(_tower(ingredients, rest, name, "OpenAI's CLIP ViT-L/14"))
    shape = VisionShape.of(tower_file)
    with torch.device("meta"):
        tower = ClipVision(shape, "quick_gelu", ingredients.operations)
        twin = ClipVision(shape, "quick_gelu")
    fill(
        tower,
        twin,
        tower_file,
        ingredients.dtype,
        ignored=(*clip_keys.IGNORED, "logit_scale", "text_model.", "text_projection"),
    )
    _check_width(head_file, shape.projection, tower_file)
    geometry = Geometry(shape.size, CROP_ROUNDED)
    return AestheticReward(name, 0.3, Judge(tower, head), geometry, shape.picture_bytes, ingredients.dtype)


def v2_5_reward(name: str, ingredients: Ingredients) -> AestheticReward:
    """Aesthetic predictor v2.5: a head file and the file of SigLIP's picture tower, or both in one file."""
    head_file, rest = _parted(ingredients.file, V2_5_HEAD)
    head = _head(head_file, ingredients.operations, rectified=False)
    tower_file = _tower(ingredients, rest, name, "SigLIP so400m patch14 384 (sigclip_vision_patch14_384)")
    shape = SiglipShape.of(tower_file)
    with torch.device("meta"):
        tower, twin = SiglipVision(shape, ingredients.operations), SiglipVision(shape)
    fill(
        tower,
        twin,
        tower_file,
        ingredients.wide_dtype,
        ignored=("vision_model.embeddings.position_ids", "logit_", "text_model."),
    )
    _check_width(head_file, shape.width, tower_file)
    geometry = Geometry(shape.size, SQUASH, HALF, HALF)
    return AestheticReward(name, 0.4, Judge(tower, head), geometry, shape.picture_bytes, ingredients.wide_dtype)


def _parted(file: Checkpoint, pattern: re.Pattern[str]) -> tuple[Checkpoint, Checkpoint | None]:
    """The head's tensors, named by number and kind alone, and the others, if there are any."""
    head, sources, rest = {}, {}, {}
    for name, tensor in file.tensors.items():
        match = pattern.fullmatch(name)
        if match:
            short = f"{match[1]}.{match[2]}"
            head[short], sources[short] = tensor, file.source(name)
        else:
            rest[name] = tensor
    return replace(file, tensors=head, sources=sources), Checkpoint.of(rest, file.name) if rest else None


def _head(file: Checkpoint, operations: Any, rectified: bool) -> Head:
    numbers = sorted({int(name.split(".")[0]) for name in file.tensors})
    shapes = [file.shape(f"{number}.weight", 2) for number in numbers]
    sizes = [shapes[0][1], *(shape[0] for shape in shapes)]
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
    with torch.device("meta"):
        head, twin = Head(sizes, rectified, operations), Head(sizes, rectified)
    fill(head, twin, ordered)
    return head


def _tower(ingredients: Ingredients, rest: Checkpoint | None, name: str, wanted: str) -> Checkpoint:
    tower = rest or ingredients.tower
    if tower is None:
        raise ScorerFileError(
            f'The file "{ingredients.file.name}" is only the head of {name}: choose the picture tower it was trained '
            f"on in tower_name, {wanted}."
        )
    return tower


def _check_width(head_file: Checkpoint, width: int, tower_file: Checkpoint) -> None:
    wanted = head_file.shape("0.weight", 2)[1]
    if wanted != width:
        raise ScorerFileError(
            f'The head "{head_file.name}" reads {wanted} numbers but the tower "{tower_file.name}" gives {width}: '
            "choose the tower that this head was trained on in tower_name."
        )
