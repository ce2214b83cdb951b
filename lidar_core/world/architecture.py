"""Shapes and constants of the embedded world's networks: one source for the diffusers and the ComfyUI side."""

from typing import Any

from .grammar import CONTEXT_LENGTH, END, START, TOKEN_IDS, VOCABULARY

LATENT_CHANNELS = 4
LATENT_SIZE = 16
LATENT_SCALE = 0.13025
"""SDXL's factor between the autoencoder's latent space and the denoiser's."""

TEXT_WIDTH = 64
TEXT_CONFIG: dict[str, Any] = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": TEXT_WIDTH,
    "intermediate_size": 4 * TEXT_WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT_LENGTH,
    "hidden_act": "quick_gelu",
    "bos_token_id": TOKEN_IDS[START],
    "eos_token_id": TOKEN_IDS[END],
}
"""Keys of a CLIP text configuration."""

BLOCK_CHANNELS = (32, 64, 96)
TRANSFORMER_DEPTH = (0, 1, 1)
HEAD_CHANNELS = 32
TIME_IDS = (128.0, 128.0, 0.0, 0.0, 128.0, 128.0)
"""SDXL's size conditioning, height and width first, of a full picture. The shipped denoiser ignores it."""

UNET_CONFIG: dict[str, Any] = {
    "sample_size": LATENT_SIZE,
    "in_channels": LATENT_CHANNELS,
    "out_channels": LATENT_CHANNELS,
    "layers_per_block": 1,
    "block_out_channels": BLOCK_CHANNELS,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": TEXT_WIDTH,
    "attention_head_dim": tuple(channels // HEAD_CHANNELS for channels in BLOCK_CHANNELS),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": TEXT_WIDTH + 6 * 256,
}
"""A UNet2DConditionModel with SDXL's layout: attention below the top level, pooled text and sizes added to the time."""

BETA_START, BETA_END, TRAIN_STEPS = 0.00085, 0.012, 1000
"""The scaled-linear schedule of Stable Diffusion; epsilon-prediction."""
DEFAULT_CFG = 1.5
DEFAULT_STEPS = 30
