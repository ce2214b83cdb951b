"""Translates open_clip's names of CLIP's tensors to Hugging Face's."""

import re
from dataclasses import replace

from ..errors import LidarError
from ..quoting import quoted
from .checkpoint import CHOOSE_ANOTHER, Checkpoint

_NAMES = {
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "text_projection": "text_projection.weight",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
    "visual.proj": "visual_projection.weight",
}
# open_clip stores these transposed, compared with the weight of a Linear layer.
_TRANSPOSED = ("text_projection", "visual.proj")
_PARTS = {
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
_LAYER = re.compile(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.+?)[._](weight|bias)")

# Position indices that older versions of transformers saved.
IGNORED = ("text_model.embeddings.position_ids", "vision_model.embeddings.position_ids")


def is_open_clip(file: Checkpoint) -> bool:
    return "visual.conv1.weight" in file.tensors


def hugging_face_names(file: Checkpoint) -> Checkpoint:
    """`file` with Hugging Face's names. Names that neither library uses stay as they are."""
    if not is_open_clip(file):
        return file
    tensors, sources = {}, {}
    for name, tensor in file.tensors.items():
        layer = _LAYER.fullmatch(name)
        if layer is None:
            renamed = {_NAMES.get(name, name): tensor.T if name in _TRANSPOSED else tensor}
        else:
            visual, number, part, kind = layer.groups()
            prefix = f"{'vision' if visual else 'text'}_model.encoder.layers.{number}"
            if part == "attn.in_proj":
                if tensor.ndim == 0 or len(tensor) % 3:
                    raise LidarError(
                        f"In the file {quoted(file.name)} the tensor {quoted(file.source(name))} has the shape "
                        f"{tuple(tensor.shape)}, whose rows are not three parts of one size: {CHOOSE_ANOTHER}"
                    )
                thirds = tensor.chunk(3)
                renamed = {
                    f"{prefix}.self_attn.{which}_proj.{kind}": third for which, third in zip("qkv", thirds, strict=True)
                }
            else:
                renamed = {f"{prefix}.{_PARTS.get(part, part)}.{kind}": tensor}
        tensors.update(renamed)
        sources.update(dict.fromkeys(renamed, file.source(name)))
    return replace(file, tensors=tensors, sources=sources)
