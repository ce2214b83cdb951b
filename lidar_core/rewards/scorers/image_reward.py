"""ImageReward v1.0 (Xu et al., NeurIPS 2023): how much people would like this picture for this prompt."""

import logging
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from ...errors import LidarError
from ...networks.blip_text import TextShape, TextTower
from ...networks.blip_vision import PictureShape, PictureTower
from ...networks.checkpoint import CHOOSE_ANOTHER, Checkpoint, filled
from ...quoting import quoted
from ..bert_tokens import MOST_TOKENS, VOCABULARY_SIZE, BertReader
from ..pixels import CROP_ROUNDED, Geometry
from .scorer import Ingredients, Kind, Scorer

logger = logging.getLogger(__name__)

_NAME = "ImageReward"
# Mean and standard deviation of the head's output on the authors' data, from the released code.
MEAN, STANDARD_DEVIATION = 0.16717362830052426, 1.0333394966054072
# Left over in the file from BLIP's own training.
_UNUSED = ("blip.vision_proj.", "blip.text_proj.", "blip.text_encoder.embeddings.position_ids")
# The numbers in between belong to the dropouts of the training.
_HEAD_LAYERS = ("0", "2", "4", "6", "7")


@dataclass(frozen=True)
class Shape:
    """head: the widths from the text tower's features to the score."""

    picture: PictureShape
    text: TextShape
    head: tuple[int, ...]

    @classmethod
    def of(cls, file: Checkpoint) -> "Shape":
        text = TextShape.of(file)
        widths = (file.shape(f"mlp.layers.{name}.weight", 2)[0] for name in _HEAD_LAYERS)
        return cls(PictureShape.of(file), text, (text.width, *widths))


class Blip(nn.Module):
    def __init__(self, shape: Shape, operations: Any) -> None:
        super().__init__()
        self.visual_encoder = PictureTower(shape.picture, operations)
        self.text_encoder = TextTower(shape.text, operations)


class Head(nn.Module):
    """Features (B, width) to (B,) numbers, in float32; there is no non-linearity in it."""

    def __init__(self, widths: tuple[int, ...], operations: Any) -> None:
        super().__init__()
        sizes = zip(_HEAD_LAYERS, widths[:-1], widths[1:], strict=True)
        self.layers = nn.ModuleDict({name: operations.Linear(before, after) for name, before, after in sizes})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers.values():
            x = layer(x)
        return x[:, 0]


class ImageRewardNet(nn.Module):
    """Normalised pixels (B, 3, S, S) and token ids (L,) to (B,) float32 scores.

    score = (head(h) - 0.16717) / 1.03334 for the feature h that the text tower gives [CLS] once it has read the
    picture, so that scores are about N(0, 1) over prompts and pictures. Source: score_gard of the released code.
    """

    def __init__(self, shape: Shape, operations: Any = nn) -> None:
        super().__init__()
        self.blip = Blip(shape, operations)
        self.mlp = Head(shape.head, operations)

    def forward(self, pixels: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        picture = self.blip.visual_encoder(pixels)
        features = self.blip.text_encoder(ids.expand(len(pixels), -1), picture)[:, 0]
        return (self.mlp(features.float()) - MEAN) / STANDARD_DEVIATION


class ImageReward(Scorer):
    name = _NAME
    # An estimate from published scores; a measured one should replace it.
    spread = 0.6
    reads_prompt = True

    def __init__(self, module: ImageRewardNet, shape: PictureShape, dtype: torch.dtype) -> None:
        self.module = module
        self.dtype = dtype
        self.geometry = Geometry(shape.size, CROP_ROUNDED)
        self.picture_bytes = shape.picture_bytes
        self.reader = BertReader()
        self._read: tuple[str, tuple[int, ...]] | None = None

    @torch.inference_mode()
    def values(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(n,) float32 for images (n, H, W, 3) in [0, 1]; the towers run in their dtype, the head in float32."""
        pixels = self.geometry(images.to(device)).to(self.dtype)
        return self.module(pixels, torch.tensor(self.ids(prompt), device=device))

    def ids(self, prompt: str) -> tuple[int, ...]:
        """The prompt's tokens; warns once for each prompt of which words are lost."""
        if self._read is None or self._read[0] != prompt:
            reading = self.reader.read(prompt)
            if reading.shortfall:
                logger.warning(reading.shortfall)
            self._read = prompt, reading.ids
        return self._read[1]


def image_reward(ingredients: Ingredients) -> ImageReward:
    file = ingredients.file
    shape = Shape.of(file)
    if shape.text.vocabulary < VOCABULARY_SIZE or shape.text.positions < MOST_TOKENS:
        raise LidarError(
            f"The text tower in the file {quoted(file.name)} knows {shape.text.vocabulary} words and reads "
            f"{shape.text.positions} at a time, where ImageReward knows {VOCABULARY_SIZE} and reads {MOST_TOKENS}: "
            f"{CHOOSE_ANOTHER}"
        )
    module = filled(partial(ImageRewardNet, shape), ingredients.operations, file, ingredients.dtype, _UNUSED)
    head = {name.removeprefix("mlp."): tensor.float() for name, tensor in file.tensors.items() if name[:4] == "mlp."}
    module.mlp.load_state_dict(head, assign=True)
    return ImageReward(module, shape.picture, ingredients.dtype)


IMAGE_REWARD = Kind(_NAME, re.compile(r"blip\.visual_encoder\.cls_token"), image_reward)
