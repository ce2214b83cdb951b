"""The learned scorer of the embedded world, which judges whether a picture shows what a text says."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .grammar import CONTEXT_LENGTH, VOCABULARY

PICTURE_SIZE = 64
WIDTH = 96
LAYERS = 3
HEADS = 4
CELLS = (PICTURE_SIZE // 8) ** 2


class Block(nn.Module):
    """One pre-norm transformer layer over words and picture cells together."""

    def __init__(self, operations: Any) -> None:
        super().__init__()
        self.norm1 = operations.LayerNorm(WIDTH)
        self.qkv = operations.Linear(WIDTH, 3 * WIDTH)
        self.out = operations.Linear(WIDTH, WIDTH)
        self.norm2 = operations.LayerNorm(WIDTH)
        self.fc1 = operations.Linear(WIDTH, 4 * WIDTH)
        self.fc2 = operations.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(self.norm1(x)).unflatten(-1, (3, HEADS, -1)).transpose(1, 3).unbind(2)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))


class Scorer(nn.Module):
    """Pictures (B, 3, H, W) in [0, 1] and token ids (B, CONTEXT_LENGTH) to (B,) log odds that they agree.

    operations: the module that provides the layers, torch.nn or a host's equivalent.
    """

    def __init__(self, operations: Any = nn) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            operations.Conv2d(3, 32, 3, stride=2, padding=1),
            nn.GELU(),
            operations.Conv2d(32, 64, 3, stride=2, padding=1),
            operations.GroupNorm(8, 64),
            nn.GELU(),
            operations.Conv2d(64, WIDTH, 3, stride=2, padding=1),
            operations.GroupNorm(8, WIDTH),
            nn.GELU(),
            operations.Conv2d(WIDTH, WIDTH, 1),
        )
        self.words = operations.Embedding(len(VOCABULARY), WIDTH)
        self.positions = nn.Parameter(0.02 * torch.randn(CONTEXT_LENGTH + CELLS, WIDTH))
        self.blocks = nn.ModuleList(Block(operations) for _ in range(LAYERS))
        self.norm = operations.LayerNorm(WIDTH)
        self.head = operations.Linear(WIDTH, 1)

    def tokens(self, pictures: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """(B, CONTEXT_LENGTH + CELLS, WIDTH) features of the words, then of the picture's cells in rows."""
        pictures = functional.interpolate(pictures, (PICTURE_SIZE, PICTURE_SIZE), mode="area")
        cells = self.stem(pictures * 2 - 1).flatten(2).transpose(1, 2)
        x = torch.cat([self.words(ids), cells], 1) + self.positions.to(cells)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def log_odds(self, tokens: torch.Tensor) -> torch.Tensor:
        """(B,) log odds from the features at the start token."""
        return self.head(tokens[:, 0])[:, 0]

    def forward(self, pictures: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return self.log_odds(self.tokens(pictures, ids))
