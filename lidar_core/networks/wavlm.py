"""WavLM, a network that hears speech and other sound (Chen et al., 2022, arXiv 2110.13900): transformers' WavLMModel.

Files of Audiobox-Aesthetics have the tensors under the names of WavLM's authors.
"""

import re
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from .checkpoint import Checkpoint, check_heads, filled, layer_count
from .hugging_face import transformers

_REPLACED = (
    (r"^post_extract_proj\.", "feature_projection.projection."),
    (r"^layer_norm\.", "feature_projection.layer_norm."),
    (r"^mask_emb$", "masked_spec_embed"),
    (r"^(feature_extractor\.conv_layers\.\d+)\.0\.", r"\1.conv."),
    (r"^(feature_extractor\.conv_layers\.0)\.2\.", r"\1.layer_norm."),
    (r"^encoder\.pos_conv\.0\.weight_g$", "encoder.pos_conv_embed.conv.parametrizations.weight.original0"),
    (r"^encoder\.pos_conv\.0\.weight_v$", "encoder.pos_conv_embed.conv.parametrizations.weight.original1"),
    (r"^encoder\.pos_conv\.0\.", "encoder.pos_conv_embed.conv."),
    (r"\.self_attn\.grep_linear\.", ".attention.gru_rel_pos_linear."),
    (r"\.self_attn\.grep_a$", ".attention.gru_rel_pos_const"),
    (r"\.self_attn\.relative_attention_bias\.weight$", ".attention.rel_attn_embed.weight"),
    (r"\.self_attn\.", ".attention."),
    (r"\.self_attn_layer_norm\.", ".layer_norm."),
    (r"(\.layers\.\d+)\.fc1\.", r"\1.feed_forward.intermediate_dense."),
    (r"(\.layers\.\d+)\.fc2\.", r"\1.feed_forward.output_dense."),
)
# Strides of the seven convolutions, which shapes do not show: one frame every 320 samples.
_STRIDES = (5, 2, 2, 2, 2, 2, 2)


def wavlm(file: Checkpoint) -> Any:
    """A WavLMModel with the file's tensors, in float32. file: of the tower alone, under the authors' names."""
    file = _renamed(file)
    hub = transformers()
    config = hub.WavLMConfig(**_sizes(file))
    model = filled(lambda _: hub.WavLMModel(config), nn, file)
    # The norm of its weight never changes any more, and one plain weight is moved like any other.
    nn.utils.parametrize.remove_parametrizations(model.encoder.pos_conv_embed.conv, "weight")
    return model.requires_grad_(False)


def states(model: Any, waves: torch.Tensor, heard: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The states of all layers (layers + 1, B, frames, D) for waves (B, L) of 16,000 samples a second, and which
    frames (B, frames) count. heard: (B, L) bool, which samples are the sound and not padding.

    The loop over the layers is here because the frames that count are found as WavLM's authors do it: a frame is
    padding if its whole share of the samples is.
    """
    features = model.feature_extractor(waves).mT
    frames = features.shape[1]
    share = heard.shape[1] // frames
    counted = heard[:, : frames * share].unflatten(1, (frames, share)).any(2)
    encoder = model.encoder
    x = model.feature_projection(features)[0] * counted[..., None]
    x = encoder.layer_norm(x + encoder.pos_conv_embed(x))
    found, bias = [x], None
    for index, layer in enumerate(encoder.layers):
        x, bias = layer(x, attention_mask=counted, position_bias=bias, index=index)[:2]
        found.append(x)
    return torch.stack(found), counted


def _renamed(file: Checkpoint) -> Checkpoint:
    tensors, sources = {}, {}
    for name, tensor in file.tensors.items():
        new = name
        for pattern, replacement in _REPLACED:
            new = re.sub(pattern, replacement, new)
        tensors[new], sources[new] = tensor, file.source(name)
    return replace(file, tensors=tensors, sources=sources)


def _sizes(file: Checkpoint) -> dict[str, Any]:
    kernels = [file.shape(f"feature_extractor.conv_layers.{i}.conv.weight", 3) for i in range(len(_STRIDES))]
    width = file.shape("feature_projection.projection.weight", 2)[0]
    buckets, heads = file.shape("encoder.layers.0.attention.rel_attn_embed.weight", 2)
    _, group, positions = file.shape("encoder.pos_conv_embed.conv.parametrizations.weight.original1", 3)
    check_heads(file, width, heads)
    return {
        "hidden_size": width,
        "num_hidden_layers": layer_count(file.tensors, "encoder.layers."),
        "num_attention_heads": heads,
        "intermediate_size": file.shape("encoder.layers.0.feed_forward.intermediate_dense.weight", 2)[0],
        "conv_dim": [kernel[0] for kernel in kernels],
        "conv_kernel": [kernel[2] for kernel in kernels],
        "conv_stride": list(_STRIDES),
        "num_feat_extract_layers": len(_STRIDES),
        "num_conv_pos_embeddings": positions,
        "num_conv_pos_embedding_groups": width // group,
        "num_buckets": buckets,
    }
