"""The text encoder: CLIP's text tower (Radford et al. 2021) at toy size, with the tensor names of published files."""

import torch
from torch import nn
from torch.nn import functional

from .architecture import TEXT_CONFIG


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x))


class Layer(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(width)
        self.self_attn = Attention(width, heads)
        self.layer_norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, hidden)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Embeddings(nn.Module):
    def __init__(self, vocabulary: int, width: int, positions: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.position_embedding = nn.Embedding(positions, width)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.token_embedding(ids) + self.position_embedding.weight


class Encoder(nn.Module):
    def __init__(self, layers: int, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(width, heads, hidden) for _ in range(layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class TextModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        width = TEXT_CONFIG["hidden_size"]
        self.embeddings = Embeddings(TEXT_CONFIG["vocab_size"], width, TEXT_CONFIG["max_position_embeddings"])
        self.encoder = Encoder(
            TEXT_CONFIG["num_hidden_layers"],
            width,
            TEXT_CONFIG["num_attention_heads"],
            TEXT_CONFIG["intermediate_size"],
        )
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.final_layer_norm(self.encoder(self.embeddings(ids)))


class TextEncoder(nn.Module):
    """Token ids (B, CONTEXT_LENGTH) to token features (B, CONTEXT_LENGTH, width) and a pooled feature (B, width)."""

    def __init__(self) -> None:
        super().__init__()
        self.text_model = TextModel()
        self.text_projection = nn.Linear(TEXT_CONFIG["hidden_size"], TEXT_CONFIG["hidden_size"], bias=False)

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.text_model(ids)
        end = (ids == TEXT_CONFIG["eos_token_id"]).int().argmax(1)
        return features, self.text_projection(features[torch.arange(len(ids), device=ids.device), end])
