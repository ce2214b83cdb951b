"""Translates the names of tensors in LAION's own CLAP files to those of transformers."""

import re
from dataclasses import replace

from ..errors import LidarError
from ..quoting import quoted
from .checkpoint import CHOOSE_ANOTHER, Checkpoint

# In this order, so that later ones see the results of earlier ones.
_REPLACED = (
    (r"^text_branch\.", "text_model."),
    (r"^audio_branch\.", "audio_model.audio_encoder."),
    (r"^(audio|text)_projection\.0\.", r"\1_projection.linear1."),
    (r"^(audio|text)_projection\.2\.", r"\1_projection.linear2."),
    (r"\.bn0\.", ".batch_norm."),
    (r"(\.blocks\.\d+)\.attn\.proj\.", r"\1.attention.output.dense."),
    (r"(\.blocks\.\d+)\.attn\.", r"\1.attention.self."),
    (r"(\.blocks\.\d+)\.mlp\.fc1\.", r"\1.intermediate.dense."),
    (r"(\.blocks\.\d+)\.mlp\.fc2\.", r"\1.output.dense."),
    (r"(\.blocks\.\d+)\.norm1\.", r"\1.layernorm_before."),
    (r"(\.blocks\.\d+)\.norm2\.", r"\1.layernorm_after."),
)
_FUSED = re.compile(r"(.*\.attention\.self)\.qkv\.(weight|bias)")
# The spectrogram, the heads of its training, and masks that the network makes itself.
_UNUSED = re.compile(
    r"audio_branch\.((spectrogram|logmel)_extractor|tscam_conv|head)\..*|.*\.attn_mask|(audio|text)_transform\..*"
)


def is_laion(file: Checkpoint) -> bool:
    return any(name.startswith("audio_branch.") for name in file.tensors)


def hugging_face_names(file: Checkpoint) -> Checkpoint:
    """`file` with the names of transformers' ClapModel."""
    if not is_laion(file):
        return file
    tensors, sources = {}, {}
    for name, tensor in file.tensors.items():
        if _UNUSED.fullmatch(name):
            continue
        new = name
        for pattern, replacement in _REPLACED:
            new = re.sub(pattern, replacement, new)
        fused = _FUSED.fullmatch(new)
        if fused is None:
            renamed = {new: tensor}
        else:
            if tensor.ndim == 0 or len(tensor) % 3:
                raise LidarError(
                    f"In the file {quoted(file.name)} the tensor {quoted(file.source(name))} has the shape "
                    f"{tuple(tensor.shape)}, whose rows are not three parts of one size: {CHOOSE_ANOTHER}"
                )
            parts = zip(("query", "key", "value"), tensor.chunk(3), strict=True)
            renamed = {f"{fused[1]}.{which}.{fused[2]}": part for which, part in parts}
        tensors.update(renamed)
        sources.update(dict.fromkeys(renamed, file.source(name)))
    return replace(file, tensors=tensors, sources=sources)
