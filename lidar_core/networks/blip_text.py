"""BLIP's text tower: a BERT that reads the picture in every layer; its tensors have the names of BLIP's files."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .checkpoint import Checkpoint, layer_count

PREFIX = "blip.text_encoder."
HEAD_WIDTH = 64
NORM_EPS = 1e-12


@dataclass(frozen=True)
class TextShape:
    """Widths and hidden in channels, vocabulary and positions in tokens."""

    layers: int
    width: int
    hidden: int
    vocabulary: int
    positions: int
    picture_width: int

    @classmethod
    def of(cls, file: Checkpoint) -> "TextShape":
        vocabulary, width = file.shape(f"{PREFIX}embeddings.word_embeddings.weight", 2)
        return cls(
            layers=layer_count(file.tensors, f"{PREFIX}encoder.layer."),
            width=width,
            hidden=file.shape(f"{PREFIX}encoder.layer.0.intermediate.dense.weight", 2)[0],
            vocabulary=vocabulary,
            positions=file.shape(f"{PREFIX}embeddings.position_embeddings.weight", 2)[0],
            picture_width=file.shape(f"{PREFIX}encoder.layer.0.crossattention.self.key.weight", 2)[1],
        )


class Embeddings(nn.Module):
    def __init__(self, shape: TextShape, operations: Any) -> None:
        super().__init__()
        self.word_embeddings = operations.Embedding(shape.vocabulary, shape.width)
        self.position_embeddings = operations.Embedding(shape.positions, shape.width)
        self.LayerNorm = operations.LayerNorm(shape.width, eps=NORM_EPS)

    def forward(self, ids: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        return self.LayerNorm(self.word_embeddings(ids).to(dtype) + self.position_embeddings(places).to(dtype))


class AttentionHeads(nn.Module):
    def __init__(self, width: int, source_width: int, operations: Any) -> None:
        super().__init__()
        self.query = operations.Linear(width, width)
        self.key = operations.Linear(source_width, width)
        self.value = operations.Linear(source_width, width)

    def forward(self, x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            projected.unflatten(-1, (-1, HEAD_WIDTH)).transpose(1, 2)
            for projected in (self.query(x), self.key(source), self.value(source))
        )
        return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class Residual(nn.Module):
    """Projects a sub-layer's output, adds its input, and normalises the sum."""

    def __init__(self, hidden: int, width: int, operations: Any) -> None:
        super().__init__()
        self.dense = operations.Linear(hidden, width)
        self.LayerNorm = operations.LayerNorm(width, eps=NORM_EPS)

    def forward(self, found: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return self.LayerNorm(self.dense(found) + x)


class Attention(nn.Module):
    def __init__(self, width: int, source_width: int, operations: Any) -> None:
        super().__init__()
        self.self = AttentionHeads(width, source_width, operations)
        self.output = Residual(width, width, operations)

    def forward(self, x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        return self.output(self.self(x, source), x)


class Intermediate(nn.Module):
    def __init__(self, width: int, hidden: int, operations: Any) -> None:
        super().__init__()
        self.dense = operations.Linear(width, hidden)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.gelu(self.dense(x))


class Layer(nn.Module):
    """One post-norm transformer layer: attention among the words, then from the words to the picture."""

    def __init__(self, shape: TextShape, operations: Any) -> None:
        super().__init__()
        self.attention = Attention(shape.width, shape.width, operations)
        self.crossattention = Attention(shape.width, shape.picture_width, operations)
        self.intermediate = Intermediate(shape.width, shape.hidden, operations)
        self.output = Residual(shape.hidden, shape.width, operations)

    def forward(self, x: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
        x = self.attention(x, x)
        x = self.crossattention(x, picture)
        return self.output(self.intermediate(x), x)


class Encoder(nn.Module):
    def __init__(self, shape: TextShape, operations: Any) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(shape, operations) for _ in range(shape.layers))

    def forward(self, x: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
        for layer in self.layer:
            x = layer(x, picture)
        return x


class TextTower(nn.Module):
    """Token ids (B, L), none of them padding, and picture features (B, P, picture width) to (B, L, width) features.

    The released code pads to 35 tokens and masks the padding by -10000, which a softmax in float32 turns to exactly 0;
    without padding there is nothing to mask.
    operations: the module that provides the layers, torch.nn or a host's equivalent.
    """

    def __init__(self, shape: TextShape, operations: Any = nn) -> None:
        super().__init__()
        self.embeddings = Embeddings(shape, operations)
        self.encoder = Encoder(shape, operations)

    def forward(self, ids: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
        return self.encoder(self.embeddings(ids, picture.dtype), picture)
