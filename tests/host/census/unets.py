"""Models of pictures on a UNet."""

import torch

from ..tiny_models import UNET as PLAIN
from .case import F32, NO_NOISING, Case, concat, seeded

SD = (4, 8, 8)
UNET = {**PLAIN, "adm_in_channels": None, "num_heads": -1, "num_head_channels": 64}


def adm(width):
    return {"num_classes": "sequential", "adm_in_channels": width}


SDXL = {**UNET, **adm(64 + 6 * 256)}
SVD = {
    **UNET,
    **adm(768),
    "in_channels": 8,
    "use_temporal_attention": True,
    "use_temporal_resblock": True,
    "video_kernel_size": [3, 1, 1],
    "extra_ff_mix_layer": True,
    "use_spatial_context": True,
    "merge_strategy": "learned_with_images",
    "merge_factor": 0.0,
}
ONE_VIDEO = "makes one video of the whole batch"
UNETS = {
    "SD 1.5": Case("SD15", UNET, SD),
    "SD 1.5 inpainting": Case("SD15", {**UNET, "in_channels": 9}, SD, extra=concat(4)),
    "SD 1.5 InstructPix2Pix": Case("SD15_instructpix2pix", {**UNET, "in_channels": 8}, SD, extra=concat(4)),
    "SD 2": Case("SD20", UNET, SD),
    "SD 2 (v)": Case(
        "SD20",
        UNET,
        SD,
        state=lambda: {"output_blocks.11.1.transformer_blocks.0.norm1.bias": torch.tensor([-1.0, 1.0])},
    ),
    "SD 2.1 unCLIP L": Case("SD21UnclipL", {**UNET, **adm(1536)}, SD),
    "SD 2.1 unCLIP H": Case("SD21UnclipH", {**UNET, **adm(2048)}, SD),
    "SD x4 upscaler": Case(
        "SD_X4Upscaler",
        {
            **UNET,
            "in_channels": 7,
            "num_classes": 1000,
            "disable_self_attentions": [True, False],
            "num_heads": 8,
            "num_head_channels": -1,
        },
        SD,
        extra=lambda shape: {"concat_image": seeded(5, 1, 3, 8, 8), "noise_augmentation": 0.1},
    ),
    "SDXL": Case("SDXL", SDXL, SD, pooled=64),
    "SDXL (v)": Case("SDXL", SDXL, SD, pooled=64, state=lambda: {"v_pred": torch.ones(1)}),
    "SDXL (v, zero terminal SNR)": Case(
        "SDXL", SDXL, SD, pooled=64, state=lambda: {"v_pred": torch.ones(1), "ztsnr": torch.ones(1)}
    ),
    "SDXL (EDM, Playground)": Case(
        "SDXL",
        SDXL,
        SD,
        pooled=64,
        state=lambda: {"edm_mean": torch.zeros(1, 4, 1, 1), "edm_std": torch.ones(1, 4, 1, 1)},
    ),
    "SDXL (EDM v, CosXL)": Case(
        "SDXL",
        SDXL,
        SD,
        pooled=64,
        state=lambda: {"edm_vpred.sigma_max": torch.tensor(120.0), "edm_vpred.sigma_min": torch.tensor(0.002)},
    ),
    "SDXL refiner": Case("SDXLRefiner", {**UNET, **adm(1280 + 5 * 256)}, SD, pooled=1280),
    "SDXL InstructPix2Pix": Case("SDXL_instructpix2pix", {**SDXL, "in_channels": 8}, SD, pooled=64, extra=concat(4)),
    "SSD-1B": Case("SSD1B", SDXL, SD, pooled=64),
    "Segmind Vega": Case("Segmind_Vega", SDXL, SD, pooled=64),
    "KOALA 700M": Case("KOALA_700M", SDXL, SD, pooled=64),
    "KOALA 1B": Case("KOALA_1B", SDXL, SD, pooled=64),
    "Stable Zero123": Case(
        "Stable_Zero123",
        {**UNET, "in_channels": 8, "context_dim": 768},
        SD,
        text=772,
        tokens=1,
        state=lambda: {"cc_projection.weight": seeded(6, 768, 772) * 0.02, "cc_projection.bias": torch.zeros(768)},
        extra=concat(4),
    ),
    "Lotus": Case("LotusD", {**UNET, **adm(4)}, SD, refused=NO_NOISING),
    "Stable Video Diffusion": Case("SVD_img2vid", SVD, SD, tokens=1, refused=ONE_VIDEO),
    "SV3D u": Case("SV3D_u", {**SVD, **adm(256)}, SD, tokens=1, refused=ONE_VIDEO),
    "SV3D p": Case("SV3D_p", {**SVD, **adm(1280)}, SD, tokens=1, refused=ONE_VIDEO),
    "Stable Cascade C": Case(
        "Stable_Cascade_C",
        {
            "stable_cascade_stage": "c",
            "c_cond": 64,
            "c_hidden": [64, 64],
            "nhead": [2, 2],
            "blocks": [[1, 1], [1, 1]],
            "c_clip_text": 32,
            "c_clip_text_pooled": 32,
            "c_clip_img": 768,
            **F32,
        },
        (16, 8, 8),
        pooled=32,
    ),
    "Stable Cascade B": Case(
        "Stable_Cascade_B",
        {
            "stable_cascade_stage": "b",
            "c_cond": 64,
            "c_hidden": [32, 32, 32, 32],
            "nhead": [-1, -1, 2, 2],
            "blocks": [[1, 1, 1, 1], [1, 1, 1, 1]],
            "block_repeat": [[1, 1, 1, 1], [1, 1, 1, 1]],
            "c_clip": 32,
            **F32,
        },
        (4, 32, 32),
        pooled=32,
        extra=lambda shape: {"stable_cascade_prior": seeded(5, 1, 16, 3, 3)},
    ),
}
