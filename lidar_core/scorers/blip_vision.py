"""BLIP's picture tower: a ViT whose tensors have the names that BLIP's files give them."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .checkpoint import Checkpoint, layer_count

PREFIX = "blip.visual_encoder."
HEAD_WIDTH = 64
NORM_EPS = 1e-6


class Attention(nn.Module):
    def __init__(self, width: int, operations: Any) -> None:
        super().__init__()
        self.qkv = operations.Linear(width, 3 * width)
        self.proj = operations.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, -1, HEAD_WIDTH)).transpose(1, 3).unbind(2)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, width: int, hidden: int, operations: Any) -> None:
        super().__init__()
        self.fc1 = operations.Linear(width, hidden)
        self.fc2 = operations.Linear(hidden, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, width: int, hidden: int, operations: Any) -> None:
        super().__init__()
        self.norm1 = operations.LayerNorm(width, eps=NORM_EPS)
        self.attn = Attention(width, operations)
        self.norm2 = operations.LayerNorm(width, eps=NORM_EPS)
        self.mlp = FeedForward(width, hidden, operations)

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
    """Normalised pixels (B, 3, S, S) to (B, 1 + patches, width) features, the class token's first.

    file: its tensors' shapes say how large the tower is; attention heads leave no trace in them and have 64 channels.
    operations: the module that provides the layers, torch.nn or a host's counterpart of it.
    """

    def __init__(self, file: Checkpoint, operations: Any = nn) -> None:
        super().__init__()
        width, _, patch, _ = file.shape(f"{PREFIX}patch_embed.proj.weight", 4)
        hidden, _ = file.shape(f"{PREFIX}blocks.0.mlp.fc1.weight", 2)
        _, positions, _ = file.shape(f"{PREFIX}pos_embed", 3)
        depth = layer_count(file.tensors, f"{PREFIX}blocks.")
        self.picture_size = patch * round((positions - 1) ** 0.5)
        # The widest layer's activations in float32.
        self.picture_bytes = 4 * positions * (2 * hidden + 6 * width)
        self.patch_embed = PatchEmbedding(width, patch, operations)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, positions, width))
        self.blocks = nn.ModuleList(Block(width, hidden, operations) for _ in range(depth))
        self.norm = operations.LayerNorm(width, eps=NORM_EPS)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.patch_embed(pixels)
        x = torch.cat([self.cls_token.to(x).expand(len(x), -1, -1), x], 1) + self.pos_embed.to(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)
