"""SigLIP's picture tower with its attention-pooling head, under Hugging Face's tensor names."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .checkpoint import Checkpoint, check_heads, check_patches
from .transformer import PATCHES, Encoder, Mlp, PatchEmbeddings, TowerShape, tanh_gelu, tower_sizes

_EPS = 1e-6
# The number of attention heads does not show in the shapes: heads have 64 channels, except in so400m.
_HEADS = {1152: 16}


class SiglipShape(TowerShape):
    @classmethod
    def of(cls, file: Checkpoint) -> "SiglipShape":
        shape = cls(**tower_sizes(file))
        check_patches(file, PATCHES, shape.positions)
        check_heads(file, shape.width, shape.heads)
        return shape

    @property
    def heads(self) -> int:
        return _HEADS.get(self.width, max(1, self.width // 64))

    @property
    def size(self) -> int:
        """Side of the picture in pixels. 27 patches of 14 pixels belong to a picture of 384, which is resized to 384
        although no patch covers its last 6 pixels."""
        side = round(self.positions**0.5) * self.patch
        return 384 if side == 378 else side


class _FusedAttention(nn.Module):
    """Attention from one probe to all patches, with the tensors of torch.nn.MultiheadAttention."""

    def __init__(self, width: int, heads: int, operations: Any) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = operations.Linear(width, width)

    def forward(self, probe: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        parts = zip((probe, x, x), self.in_proj_weight.to(x).chunk(3), self.in_proj_bias.to(x).chunk(3), strict=True)
        q, k, v = (
            functional.linear(value, weight, bias).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for value, weight, bias in parts
        )
        return self.out_proj(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class _PoolingHead(nn.Module):
    """(B, T, width) patches to (B, width): attention of one learned probe to all patches."""

    def __init__(self, shape: SiglipShape, operations: Any) -> None:
        super().__init__()
        self.probe = nn.Parameter(torch.empty(1, 1, shape.width))
        self.attention = _FusedAttention(shape.width, shape.heads, operations)
        self.layernorm = operations.LayerNorm(shape.width, eps=_EPS)
        self.mlp = Mlp(shape.width, shape.hidden, tanh_gelu, operations)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.attention(self.probe.to(x).expand(len(x), -1, -1), x)
        return (x + self.mlp(self.layernorm(x)))[:, 0]


class _VisionModel(nn.Module):
    def __init__(self, shape: SiglipShape, operations: Any) -> None:
        super().__init__()
        self.embeddings = PatchEmbeddings(shape.width, shape.patch, shape.positions, False, operations)
        self.encoder = Encoder(shape.layers, shape.width, shape.heads, shape.hidden, tanh_gelu, operations, eps=_EPS)
        self.post_layernorm = operations.LayerNorm(shape.width, eps=_EPS)
        self.head = _PoolingHead(shape, operations)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.head(self.post_layernorm(self.encoder(self.embeddings(pixels))))


class SiglipVision(nn.Module):
    def __init__(self, shape: SiglipShape, operations: Any = nn) -> None:
        super().__init__()
        self.vision_model = _VisionModel(shape, operations)

    def picture_features(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, width), not yet of unit length, from normalised pixels (B, 3, S, S)."""
        return self.vision_model(pixels)
