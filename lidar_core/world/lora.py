"""Low-rank changes of the denoiser's weights: LoRA (Hu et al. 2021), in the layout that Kohya's trainer writes.

A file holds, for each changed layer, `lora_unet_<layer>.lora_down.weight` and `lora_unet_<layer>.lora_up.weight`, the
layer's name in diffusers with "_" for ".". ComfyUI's Load LoRA and diffusers' load_lora_weights both read it. There is
no alpha, which both take as a scale of 1.
"""

from collections.abc import Mapping

import torch

Weights = Mapping[str, torch.Tensor]


def lora_keys(weight: str) -> tuple[str, str]:
    """The names of the factors down and up of the layer that has the parameter `weight`, as "conv_in.weight"."""
    layer = "lora_unet_" + weight.removesuffix(".weight").replace(".", "_")
    return f"{layer}.lora_down.weight", f"{layer}.lora_up.weight"


def merge(weights: Weights, lora: Weights) -> dict[str, torch.Tensor]:
    """`weights` with W + up down for every W that `lora` changes; float32.

    down (r, in) and up (out, r) of a linear layer, down (r, in, k, k) and up (out, r, 1, 1) of a convolution.
    """
    merged = {}
    for name, weight in weights.items():
        down, up = lora_keys(name)
        merged[name] = weight.float()
        if name.endswith(".weight") and down in lora:
            change = lora[up].float().flatten(1) @ lora[down].float().flatten(1)
            merged[name] = merged[name] + change.view_as(weight)
    return merged
