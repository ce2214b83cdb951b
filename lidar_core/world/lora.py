"""Low-rank changes of the denoiser's weights: LoRA (Hu et al. 2021), in the layout that Kohya's trainer writes.

A file holds, for each changed layer, `lora_unet_<layer>.lora_down.weight` and `lora_unet_<layer>.lora_up.weight`, the
layer's name in diffusers with "_" for ".". ComfyUI's Load LoRA and diffusers' load_lora_weights both read it. There is
no alpha, which both take as a scale of 1; diffusers does so only where all layers have one rank.
"""

from collections.abc import Mapping

import torch

Weights = Mapping[str, torch.Tensor]


def lora_keys(weight: str) -> tuple[str, str]:
    """The names of the factors down and up of the layer that has the parameter `weight`, as "conv_in.weight"."""
    layer = "lora_unet_" + weight.removesuffix(".weight").replace(".", "_")
    return f"{layer}.lora_down.weight", f"{layer}.lora_up.weight"


def merge(weights: Weights, lora: Weights) -> dict[str, torch.Tensor]:
    """`weights` with W + up down in place of every W that `lora` changes; float32.

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


def cut(lora: Weights, rank: int) -> dict[str, torch.Tensor]:
    """`lora` with factors of at most `rank` whose products are as near to the former ones as possible; float32.

    It leaves out the smallest singular values (Eckart and Young 1936). With down = (q r)^T, up down = m q^T for
    m = up r^T, and the rows of q^T are orthonormal: the right singular vectors of the small m, times q^T, are those of
    the product. A product of lower rank, such as that of a layer with few outputs, is padded with zeros.
    """
    smaller = {}
    for name, down in lora.items():
        if not name.endswith("lora_down.weight"):
            continue
        other = name.replace("lora_down", "lora_up")
        up = lora[other]
        q, r = torch.linalg.qr(down.double().flatten(1).T)
        m = up.double().flatten(1) @ r.T
        kept = torch.linalg.svd(m, full_matrices=True).Vh[:rank]
        smaller[name] = (kept @ q.T).view(rank, *down.shape[1:]).float()
        smaller[other] = (m @ kept.T).view(len(up), rank, *up.shape[2:]).float()
    return smaller
