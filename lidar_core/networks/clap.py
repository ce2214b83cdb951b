"""CLAP, which compares sounds with text (Wu et al., 2023, arXiv 2211.06687): transformers' ClapModel.

Its sound tower is HTSAT, a Swin transformer over log-mel spectrograms; its text tower is RoBERTa.
"""

from dataclasses import replace
from math import isqrt
from typing import Any

import torch
from torch import nn

from ..errors import LidarError
from ..quoting import quoted
from . import clap_keys
from .checkpoint import CHOOSE_ANOTHER, Checkpoint, check_heads, filled, layer_count
from .hugging_face import transformers

_SOUND, _TEXT = "audio_model.audio_encoder", "text_model"
# Shapes do not show the number of RoBERTa's attention heads; each has 64 channels.
_HEAD_WIDTH = 64
# RoBERTa's. The default of transformers' ClapTextConfig, 1e-12, is BERT's.
_EPS = 1e-5


class Clap(nn.Module):
    """model: a ClapModel. It is wrapped because it has properties that a host's memory management sets on a module."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def sound_features(self, spectrograms: torch.Tensor) -> torch.Tensor:
        """(B, D), not yet of unit length, from log-mel spectrograms (B, 1, time, mels) in dB."""
        return self.model.audio_projection(self.model.audio_model(input_features=spectrograms).pooler_output)

    def text_features(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, D), not yet of unit length, from token ids (B, T) without padding."""
        outputs = self.model.text_model(input_ids=ids, attention_mask=torch.ones_like(ids))
        return self.model.text_projection(outputs.pooler_output)

    @property
    def words(self) -> int:
        return len(self.model.text_model.embeddings.word_embeddings.weight)

    @property
    def bands(self) -> int:
        return self.model.config.audio_config.num_mel_bins


def clap(file: Checkpoint) -> Clap:
    """From a file in transformers' layout or LAION's, in float32."""
    if any("fusion" in name for name in file.tensors):
        raise LidarError(
            f"The file {quoted(file.name)} is a fused CLAP, which picks random parts of a long sound: use an unfused "
            "one, such as larger_clap_music."
        )
    file = clap_keys.hugging_face_names(file)
    hub = transformers()
    config = hub.ClapConfig(text_config=_text_sizes(file), audio_config=_sound_sizes(file), projection_dim=_width(file))
    # Versions before 5 cannot be built on torch's meta device.
    with torch.device("cpu"):
        model = hub.ClapModel(config)
    made = {f"{_TEXT}.{name}": tensor for name, tensor in model.text_model.named_buffers()}
    return Clap(filled(lambda _: model, nn, replace(file, tensors={**file.tensors, **made}), ignored=made))


def _width(file: Checkpoint) -> int:
    return file.shape("audio_projection.linear2.weight", 2)[0]


def _sound_sizes(file: Checkpoint) -> dict[str, Any]:
    width, channels, patch, _ = file.shape(f"{_SOUND}.patch_embed.proj.weight", 4)
    stages = layer_count(file.tensors, f"{_SOUND}.layers.")
    depths = [layer_count(file.tensors, f"{_SOUND}.layers.{stage}.blocks.") for stage in range(stages)]
    heads = []
    rows = 1
    for stage in range(stages):
        table = f"{_SOUND}.layers.{stage}.blocks.0.attention.self.relative_position_bias_table"
        rows, count = file.shape(table, 2)
        check_heads(file, width << stage, count)
        heads.append(count)
    if channels != 1 or not stages or isqrt(rows) ** 2 != rows:
        raise LidarError(f"The sound tower in the file {quoted(file.name)} has no known form: {CHOOSE_ANOTHER}")
    return {
        "window_size": (isqrt(rows) + 1) // 2,
        "num_mel_bins": file.shape(f"{_SOUND}.batch_norm.weight", 1)[0],
        "patch_size": patch,
        "hidden_size": width << stages - 1,
        "projection_dim": _width(file),
        "depths": depths,
        "num_attention_heads": heads,
        "num_hidden_layers": stages,
        "patch_embeds_hidden_size": width,
        "mlp_ratio": file.shape(f"{_SOUND}.layers.0.blocks.0.intermediate.dense.weight", 2)[0] / width,
    }


def _text_sizes(file: Checkpoint) -> dict[str, Any]:
    vocabulary, width = file.shape(f"{_TEXT}.embeddings.word_embeddings.weight", 2)
    heads = max(1, width // _HEAD_WIDTH)
    check_heads(file, width, heads)
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "num_hidden_layers": layer_count(file.tensors, f"{_TEXT}.encoder.layer."),
        "num_attention_heads": heads,
        "intermediate_size": file.shape(f"{_TEXT}.encoder.layer.0.intermediate.dense.weight", 2)[0],
        "max_position_embeddings": file.shape(f"{_TEXT}.embeddings.position_embeddings.weight", 2)[0],
        "projection_dim": _width(file),
        "layer_norm_eps": _EPS,
    }
