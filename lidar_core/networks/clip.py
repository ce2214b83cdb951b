"""CLIP's two towers at any size, read from the shapes of a file's tensors."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .checkpoint import Checkpoint, check_heads, check_patches, layer_count
from .transformer import PATCHES, Activation, Encoder, PatchEmbeddings, TowerShape, quick_gelu, tower_sizes

ACTIVATIONS: dict[str, Activation] = {"gelu": functional.gelu, "quick_gelu": quick_gelu}

# The number of attention heads does not show in the shapes: heads have 64 channels, except in the vision towers H, g
# and bigG.
_VISION_HEADS = {1280: 16, 1408: 16, 1664: 16}


@dataclass(frozen=True)
class VisionShape(TowerShape):
    projection: int

    @classmethod
    def of(cls, file: Checkpoint) -> "VisionShape":
        shape = cls(**tower_sizes(file), projection=file.shape("visual_projection.weight", 2)[0])
        check_patches(file, PATCHES, shape.positions - 1)
        check_heads(file, shape.width, shape.heads)
        return shape

    @property
    def heads(self) -> int:
        return _VISION_HEADS.get(self.width, max(1, self.width // 64))

    @property
    def size(self) -> int:
        return round((self.positions - 1) ** 0.5) * self.patch


@dataclass(frozen=True)
class TextShape:
    layers: int
    width: int
    hidden: int
    vocabulary: int
    positions: int
    projection: int

    @classmethod
    def of(cls, file: Checkpoint) -> "TextShape":
        vocabulary, width = file.shape("text_model.embeddings.token_embedding.weight", 2)
        shape = cls(
            layers=layer_count(file.tensors, "text_model.encoder.layers."),
            width=width,
            hidden=file.shape("text_model.encoder.layers.0.mlp.fc1.weight", 2)[0],
            vocabulary=vocabulary,
            positions=file.shape("text_model.embeddings.position_embedding.weight", 2)[0],
            projection=file.shape("text_projection.weight", 2)[0],
        )
        check_heads(file, shape.width, shape.heads)
        return shape

    @property
    def heads(self) -> int:
        return max(1, self.width // 64)


class _VisionModel(nn.Module):
    def __init__(self, shape: VisionShape, activation: str, operations: Any) -> None:
        super().__init__()
        self.embeddings = PatchEmbeddings(shape.width, shape.patch, shape.positions, True, operations)
        # Hugging Face spells it so, without the e.
        self.pre_layrnorm = operations.LayerNorm(shape.width)
        self.encoder = Encoder(
            shape.layers, shape.width, shape.heads, shape.hidden, ACTIVATIONS[activation], operations
        )
        self.post_layernorm = operations.LayerNorm(shape.width)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.post_layernorm(self.encoder(self.pre_layrnorm(self.embeddings(pixels)))[:, 0])


class ClipVision(nn.Module):
    """The picture tower with its projection, under the tensor names of Hugging Face's CLIPModel."""

    def __init__(self, shape: VisionShape, activation: str, operations: Any = nn) -> None:
        super().__init__()
        self.vision_model = _VisionModel(shape, activation, operations)
        self.visual_projection = operations.Linear(shape.width, shape.projection, bias=False)

    def picture_features(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, D), not yet of unit length, from normalised pixels (B, 3, S, S)."""
        return self.visual_projection(self.vision_model(pixels))


class _TextEmbeddings(nn.Module):
    def __init__(self, shape: TextShape, operations: Any) -> None:
        super().__init__()
        self.token_embedding = operations.Embedding(shape.vocabulary, shape.width)
        self.position_embedding = operations.Embedding(shape.positions, shape.width)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.token_embedding(ids) + self.position_embedding(torch.arange(ids.shape[1], device=ids.device))


class _TextModel(nn.Module):
    def __init__(self, shape: TextShape, activation: str, operations: Any) -> None:
        super().__init__()
        self.embeddings = _TextEmbeddings(shape, operations)
        self.encoder = Encoder(
            shape.layers, shape.width, shape.heads, shape.hidden, ACTIVATIONS[activation], operations, causal=True
        )
        self.final_layer_norm = operations.LayerNorm(shape.width)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.final_layer_norm(self.encoder(self.embeddings(ids)))[:, -1]


class Clip(ClipVision):
    """Both towers of a CLIP."""

    def __init__(self, vision: VisionShape, text: TextShape, activation: str, operations: Any = nn) -> None:
        super().__init__(vision, activation, operations)
        self.text_model = _TextModel(text, activation, operations)
        self.text_projection = operations.Linear(text.width, text.projection, bias=False)

    def text_features(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, D), not yet of unit length, from token ids (B, T), each row ending in the end token.

        The published towers read 77 tokens, padded; behind a causal mask the padding changes nothing, so none is given.
        """
        return self.text_projection(self.text_model(ids))
