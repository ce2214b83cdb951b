"""The text encoder: CLIP's text tower (Radford et al. 2021) at toy size, with the tensor names of published files."""

from typing import Any

import torch
from torch import nn

from ..networks.transformer import Encoder, quick_gelu
from .architecture import TEXT_CONFIG, TEXT_WIDTH


class Embeddings(nn.Module):
    def __init__(self, operations: Any) -> None:
        super().__init__()
        self.token_embedding = operations.Embedding(TEXT_CONFIG["vocab_size"], TEXT_WIDTH)
        self.position_embedding = operations.Embedding(TEXT_CONFIG["max_position_embeddings"], TEXT_WIDTH)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.token_embedding(ids) + self.position_embedding.weight


class TextModel(nn.Module):
    def __init__(self, operations: Any) -> None:
        super().__init__()
        self.embeddings = Embeddings(operations)
        self.encoder = Encoder(
            TEXT_CONFIG["num_hidden_layers"],
            TEXT_WIDTH,
            TEXT_CONFIG["num_attention_heads"],
            TEXT_CONFIG["intermediate_size"],
            quick_gelu,
            operations,
            causal=True,
        )
        self.final_layer_norm = operations.LayerNorm(TEXT_WIDTH)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.final_layer_norm(self.encoder(self.embeddings(ids)))


class TextEncoder(nn.Module):
    """Token ids (B, CONTEXT_LENGTH) to token features (B, CONTEXT_LENGTH, width) and a pooled feature (B, width).

    operations: the module that provides the layers, torch.nn or a host's equivalent.
    """

    def __init__(self, operations: Any = nn) -> None:
        super().__init__()
        self.text_model = TextModel(operations)
        self.text_projection = operations.Linear(TEXT_WIDTH, TEXT_WIDTH, bias=False)

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.text_model(ids)
        end = (ids == TEXT_CONFIG["eos_token_id"]).int().argmax(1)
        return features, self.text_projection(features[torch.arange(len(ids), device=ids.device), end])
