"""The transformer that CLIP and SigLIP towers share, under Hugging Face's tensor names, and its sizes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .checkpoint import Checkpoint, layer_count

PATCHES = "vision_model.embeddings.patch_embedding.weight"
Activation = Callable[[torch.Tensor], torch.Tensor]


def quick_gelu(x: torch.Tensor) -> torch.Tensor:
    """OpenAI's approximation of gelu."""
    return x * torch.sigmoid(1.702 * x)


def tanh_gelu(x: torch.Tensor) -> torch.Tensor:
    return functional.gelu(x, approximate="tanh")


@dataclass(frozen=True)
class TowerShape:
    """The sizes of a picture tower: width and hidden in channels, patch in pixels."""

    layers: int
    width: int
    hidden: int
    patch: int
    positions: int

    @property
    def picture_bytes(self) -> int:
        """An upper bound on the working memory of one picture: the widest layer's activations in float32."""
        return 4 * self.positions * (2 * self.hidden + 6 * self.width)


def tower_sizes(file: Checkpoint) -> dict[str, int]:
    """The fields of a TowerShape, read from the shapes of Hugging Face's vision_model."""
    width, _, patch, _ = file.shape(PATCHES, 4)
    return {
        "layers": layer_count(file.tensors, "vision_model.encoder.layers."),
        "width": width,
        "hidden": file.shape("vision_model.encoder.layers.0.mlp.fc1.weight", 2)[0],
        "patch": patch,
        "positions": file.shape("vision_model.embeddings.position_embedding.weight", 2)[0],
    }


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, causal: bool, operations: Any) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.q_proj = operations.Linear(width, width)
        self.k_proj = operations.Linear(width, width)
        self.v_proj = operations.Linear(width, width)
        self.out_proj = operations.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            project(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width: int, hidden: int, activation: Activation, operations: Any) -> None:
        super().__init__()
        self.activation = activation
        self.fc1 = operations.Linear(width, hidden)
        self.fc2 = operations.Linear(hidden, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(self.activation(self.fc1(x)))


class Layer(nn.Module):
    """One pre-norm layer over (B, T, width)."""

    def __init__(
        self, width: int, heads: int, hidden: int, activation: Activation, eps: float, causal: bool, operations: Any
    ) -> None:
        super().__init__()
        self.layer_norm1 = operations.LayerNorm(width, eps=eps)
        self.self_attn = Attention(width, heads, causal, operations)
        self.layer_norm2 = operations.LayerNorm(width, eps=eps)
        self.mlp = Mlp(width, hidden, activation, operations)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(
        self,
        layers: int,
        width: int,
        heads: int,
        hidden: int,
        activation: Activation,
        operations: Any,
        eps: float = 1e-5,
        causal: bool = False,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            Layer(width, heads, hidden, activation, eps, causal, operations) for _ in range(layers)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class PatchEmbeddings(nn.Module):
    """(B, patches, width) embeddings of a picture's patches, under the names of Hugging Face's vision embeddings."""

    def __init__(self, width: int, patch: int, positions: int, class_token: bool, operations: Any) -> None:
        super().__init__()
        self.class_embedding = nn.Parameter(torch.empty(width)) if class_token else None
        self.patch_embedding = operations.Conv2d(3, width, patch, stride=patch, bias=not class_token)
        self.position_embedding = operations.Embedding(positions, width)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        if self.class_embedding is not None:
            x = torch.cat([self.class_embedding.to(x).expand(len(x), 1, -1), x], 1)
        return x + self.position_embedding(torch.arange(x.shape[1], device=x.device)).to(x)
