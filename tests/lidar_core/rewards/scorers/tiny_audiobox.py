"""Audiobox-Aesthetics on a small scale: seeded weights by the file's own names. Needs torch alone."""

import torch

REAL = {"channels": 512, "width": 768, "hidden": 3072, "heads": 12, "layers": 12, "depth": 5, "normed": True}
TINY = {"channels": 24, "width": 64, "hidden": 96, "heads": 4, "layers": 3, "depth": 3, "normed": False}
TINY_NORMED = {**TINY, "depth": 4, "normed": True}
KERNELS = (10, 3, 3, 3, 3, 2, 2)


def file_shapes(
    channels: int, width: int, hidden: int, heads: int, layers: int, depth: int, normed: bool
) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor. depth: linear layers of each axis' head; normed: with a LayerNorm after them."""
    shapes: dict[str, tuple[int, ...]] = {}

    def pair(name: str, *shape: int) -> None:
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = shape[:1]

    tower = "wavlm_model"
    shapes[f"{tower}.mask_emb"] = (width,)
    for index, kernel in enumerate(KERNELS):
        shapes[f"{tower}.feature_extractor.conv_layers.{index}.0.weight"] = (channels, channels if index else 1, kernel)
    pair(f"{tower}.feature_extractor.conv_layers.0.2", channels)
    pair(f"{tower}.post_extract_proj", width, channels)
    pair(f"{tower}.layer_norm", channels)
    shapes[f"{tower}.encoder.pos_conv.0.bias"] = (width,)
    shapes[f"{tower}.encoder.pos_conv.0.weight_g"] = (1, 1, 128)
    shapes[f"{tower}.encoder.pos_conv.0.weight_v"] = (width, width // 16, 128)
    pair(f"{tower}.encoder.layer_norm", width)
    for index in range(layers):
        layer = f"{tower}.encoder.layers.{index}"
        if not index:
            shapes[f"{layer}.self_attn.relative_attention_bias.weight"] = (320, heads)
        shapes[f"{layer}.self_attn.grep_a"] = (1, heads, 1, 1)
        pair(f"{layer}.self_attn.grep_linear", 8, width // heads)
        for name in ("k", "v", "q", "out"):
            pair(f"{layer}.self_attn.{name}_proj", width, width)
        pair(f"{layer}.self_attn_layer_norm", width)
        pair(f"{layer}.fc1", hidden, width)
        pair(f"{layer}.fc2", width, hidden)
        pair(f"{layer}.final_layer_norm", width)
    for axis in ("CE", "CU", "PC", "PQ"):
        shapes[f"layer_weights.{axis}"] = (layers + 1,)
        place = 0
        for index in range(depth):
            last = index == depth - 1
            pair(f"proj_layer.{axis}.{place}", 1 if last else width, width)
            if normed and not last:
                pair(f"proj_layer.{axis}.{place + 1}", width)
            # After them comes the activation.
            place += 3 if normed else 2
    return shapes


def weights(sizes: dict[str, int] = TINY, seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in file_shapes(**sizes).items():
        values = 2 * torch.rand(shape, generator=generator) - 1
        if len(shape) == 1 and name.endswith("weight"):
            found[name] = 1 + 0.2 * values
        elif name.endswith(("weight_g", "grep_a")):
            found[name] = 1 + 0.5 * values
        elif name.endswith("bias") or name.endswith("mask_emb"):
            found[name] = 0.1 * values
        elif "layer_weights" in name or "relative_attention_bias" in name:
            found[name] = values
        elif name.startswith("proj_layer"):
            found[name] = 8 * values / shape[-1] ** 0.5
        else:
            found[name] = 1.7 * values / torch.tensor(shape[1:]).prod() ** 0.5
    return found
