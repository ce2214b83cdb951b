"""Qwen2.5-VL's output layer, which the host leaves out: read from the file that the CLIP was loaded from."""

import os
from typing import Any

import torch
from safetensors import safe_open

from ...lidar_core.errors import LidarError
from . import memory

_NAME = "lm_head.weight"
_WHAT_TO_LOAD = (
    "Load a complete Qwen2.5-VL 7B file, such as qwen_2.5_vl_7b.safetensors or qwen_2.5_vl_7b_fp8_scaled.safetensors, "
    "with the Load CLIP node (type qwen_image), or use Qwen3-VL."
)


class OutputLayer(torch.nn.Module):
    """Features (n, D) to logits (n, V), one for each word of the vocabulary."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        words, width = weight.shape
        self.lm_head = memory.manual_cast().Linear(width, words, bias=False, device="meta", dtype=weight.dtype)
        self.load_state_dict({_NAME: weight}, assign=True)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.lm_head(features)
        return logits


def of_clip(clip: Any) -> Any:
    """A patcher around the layer, for the host's memory management."""
    weights = [weight for weight in map(_weight, _paths(clip)) if weight is not None]
    if not weights:
        raise LidarError(
            f"The Qwen2.5-VL wired to clip cannot answer: ComfyUI leaves its output layer ({_NAME}) out, and the file "
            f"that the CLIP came from does not have it. {_WHAT_TO_LOAD}"
        )
    return memory.managed(OutputLayer(weights[0]))


def _paths(clip: Any) -> list[str]:
    """The files that the host has noted for loading the CLIP again."""
    again = getattr(clip.patcher, "cached_patcher_init", None)
    named = again[1][0] if again else []
    paths = [named] if isinstance(named, str) else list(named)
    return [path for path in paths if path.endswith((".safetensors", ".sft")) and os.path.exists(path)]


def _weight(path: str) -> torch.Tensor | None:
    """The layer's weight in the file, or None; a quantised weight is not used, since it would need scales."""
    with safe_open(path, "pt") as file:
        names = [name for name in list(file.keys()) if name == _NAME or name.endswith(f".{_NAME}")]
        weight = file.get_tensor(names[0]) if names else None
    return weight if weight is not None and weight.dtype in (torch.float32, torch.float16, torch.bfloat16) else None
