"""BLIP's picture tower: a ViT whose tensors have the names that BLIP's files give them."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .checkpoint import Checkpoint, check_heads, check_patches, layer_count
from .transformer import Mlp, TowerShape

PREFIX = "blip.visual_encoder."
# The number of attention heads does not show in the shapes; both published sizes have heads of 64 channels.
HEAD_WIDTH = 64
NORM_EPS = 1e-6


class PictureShape(TowerShape):
    @classmethod
    def of(cls, file: Checkpoint) -> "PictureShape":
        kernel = f"{PREFIX}patch_embed.proj.weight"
        width, _, patch, _ = file.shape(kernel, 4)
        positions = file.shape(f"{PREFIX}pos_embed", 3)[1]
        check_patches(file, kernel, positions - 1)
        check_heads(file, width, -(-width // HEAD_WIDTH))
        return cls(
            layers=layer_count(file.tensors, f"{PREFIX}blocks."),
            width=width,
            hidden=file.shape(f"{PREFIX}blocks.0.mlp.fc1.weight", 2)[0],
            patch=patch,
            positions=positions,
        )

    @property
    def size(self) -> int:
        return self.patch * round((self.positions - 1) ** 0.5)


class Attention(nn.Module):
    def __init__(self, width: int, operations: Any) -> None:
        super().__init__()
        self.qkv = operations.Linear(width, 3 * width)
        self.proj = operations.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, -1, HEAD_WIDTH)).transpose(1, 3).unbind(2)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, width: int, hidden: int, operations: Any) -> None:
        super().__init__()
        self.norm1 = operations.LayerNorm(width, eps=NORM_EPS)
        self.attn = Attention(width, operations)
        self.norm2 = operations.LayerNorm(width, eps=NORM_EPS)
        self.mlp = Mlp(width, hidden, functional.gelu, operations)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbedding(nn.Module):
    def __init__(self, width: int, patch: int, operations: Any) -> None:
        super().__init__()
        self.proj = operations.Conv2d(3, width, patch, stride=patch)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.proj(pixels).flatten(2).transpose(1, 2)


class PictureTower(nn.Module):
    """Normalised pixels (B, 3, S, S) to (B, positions, width) features, the class token's first.

    operations: the module that provides the layers, torch.nn or a host's equivalent.
    """

    def __init__(self, shape: PictureShape, operations: Any = nn) -> None:
        super().__init__()
        self.patch_embed = PatchEmbedding(shape.width, shape.patch, operations)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, shape.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, shape.positions, shape.width))
        self.blocks = nn.ModuleList(Block(shape.width, shape.hidden, operations) for _ in range(shape.layers))
        self.norm = operations.LayerNorm(shape.width, eps=NORM_EPS)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.patch_embed(pixels)
        x = torch.cat([self.cls_token.to(x).expand(len(x), -1, -1), x], 1) + self.pos_embed.to(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)
