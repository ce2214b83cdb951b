"""Tiny random models of the host's own classes, for tests of wiring and arithmetic."""

import sys
from dataclasses import dataclass, field
from types import SimpleNamespace

import torch

UNET = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 64,
    "channel_mult": [1, 2],
    "num_res_blocks": [1, 1],
    "transformer_depth": [0, 1],
    "transformer_depth_middle": 1,
    "transformer_depth_output": [0, 0, 1, 1],
    "context_dim": 32,
    "use_spatial_transformer": True,
    "use_linear_in_transformer": True,
    "use_temporal_attention": False,
    "legacy": False,
    "dtype": torch.float32,
}
_SDXL = {**UNET, "num_classes": "sequential", "adm_in_channels": 64 + 6 * 256}
FLUX = {
    "image_model": "flux",
    "in_channels": 16,
    "out_channels": 16,
    "vec_in_dim": 64,
    "context_in_dim": 32,
    "hidden_size": 48,
    "mlp_ratio": 2.0,
    "num_heads": 2,
    "depth": 1,
    "depth_single_blocks": 1,
    "axes_dim": [8, 8, 8],
    "theta": 10000,
    "patch_size": 2,
    "qkv_bias": True,
    "guidance_embed": False,
    "txt_ids_dims": [],
    "dtype": torch.float32,
}
SD3 = {
    "in_channels": 16,
    "out_channels": 16,
    "input_size": None,
    "patch_size": 2,
    "depth": 2,
    "adm_in_channels": 64,
    "pos_embed_max_size": 32,
    "num_patches": 32 * 32,
    "pos_embed_scaling_factor": None,
    "context_embedder_config": {
        "target": "torch.nn.Linear",
        "params": {"in_features": 32, "out_features": 128},
    },
    "dtype": torch.float32,
}
WAN = {
    "image_model": "wan2.1",
    "model_type": "t2v",
    "dim": 48,
    "ffn_dim": 64,
    "num_heads": 2,
    "num_layers": 1,
    "text_dim": 32,
    "text_len": 16,
    "dtype": torch.float32,
}
COSMOS = {
    "image_model": "cosmos_predict2",
    "in_channels": 16,
    "out_channels": 16,
    "max_img_h": 32,
    "max_img_w": 32,
    "max_frames": 4,
    "patch_spatial": 2,
    "patch_temporal": 1,
    "model_channels": 48,
    "num_blocks": 1,
    "num_heads": 2,
    "crossattn_emb_channels": 32,
    "pos_emb_cls": "rope3d",
    "rope_enable_fps_modulation": False,
    "dtype": torch.float32,
}


@dataclass(frozen=True)
class Family:
    """How to build one model family: its class in comfy.supported_models, a small config, and the keys it looks for.

    newer: keys of the config that only newer hosts know.
    """

    config_class: str
    config: dict
    latent_shape: tuple
    state: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)
    newer: tuple = ()


def known(config: dict, newer: tuple) -> dict:
    """`config` without the keys `newer` on a host before 0.33, which does not know them."""
    return config if host_version() >= (0, 33) else {key: value for key, value in config.items() if key not in newer}


def host_version() -> tuple:
    import comfyui_version

    return tuple(int(part) for part in comfyui_version.__version__.split(".")[:2])


FAMILIES = {
    "SD 1.5 (epsilon)": Family("SD15", UNET, (4, 16, 16)),
    "SDXL (epsilon)": Family("SDXL", _SDXL, (4, 16, 16)),
    "SDXL (v-prediction)": Family("SDXL", _SDXL, (4, 16, 16), {"v_pred": torch.ones(1)}),
    "SDXL (v-prediction, zero terminal SNR)": Family(
        "SDXL", _SDXL, (4, 16, 16), {"v_pred": torch.ones(1), "ztsnr": torch.ones(1)}
    ),
    "SDXL (EDM, Playground)": Family(
        "SDXL", _SDXL, (4, 16, 16), {"edm_mean": torch.zeros(1, 4, 1, 1), "edm_std": torch.ones(1, 4, 1, 1)}
    ),
    "SD 3 (flow)": Family("SD3", SD3, (16, 16, 16)),
    "Flux (flow)": Family("Flux", FLUX, (16, 16, 16)),
    "SD 3 (flow, noise scale 1.5)": Family("SD3", SD3, (16, 16, 16), settings={"noise_scale": 1.5}),
    "Wan (flow, video)": Family("WAN21_T2V", WAN, (16, 2, 16, 16)),
    "Cosmos Predict2": Family("CosmosT2IPredict2", COSMOS, (16, 1, 16, 16)),
}

ACE_STEP = {
    "audio_model": "ace1.5",
    "hidden_size": 64,
    "text_hidden_dim": 32,
    "timbre_hidden_dim": 64,
    "num_dit_layers": 1,
    "num_lyric_layers": 1,
    "num_timbre_layers": 1,
    "num_tokenizer_layers": 1,
    "num_heads": 2,
    "num_kv_heads": 2,
    "head_dim": 32,
    "intermediate_size": 64,
    "encoder_hidden_size": 64,
    "encoder_intermediate_size": 64,
    "encoder_num_heads": 2,
    "fsq_dim": 64,
    "dtype": torch.float32,
}
_ACE_ENCODER = ("encoder_hidden_size", "encoder_intermediate_size", "encoder_num_heads")
MUSIC = {"ACE-Step 1.5": Family("ACEStep15", ACE_STEP, (64, 40), newer=_ACE_ENCODER)}


def tiny_model(family: str):
    """A ModelPatcher of FAMILIES[family] or MUSIC[family] with small random weights, always the same."""
    import comfy.model_patcher
    import comfy.supported_models

    chosen = (FAMILIES | MUSIC)[family]
    config = getattr(comfy.supported_models, chosen.config_class)(known(chosen.config, chosen.newer))
    if "model_channels" in config.unet_config and "channel_mult" in config.unet_config:
        config.unet_config |= {"num_heads": -1, "num_head_channels": 64}
    config.sampling_settings.update(chosen.settings)
    with torch.random.fork_rng(), torch.inference_mode(False):
        torch.manual_seed(0)
        model = config.get_model(dict(chosen.state), device=torch.device("cpu"))
        for parameter in model.diffusion_model.parameters():
            torch.nn.init.normal_(parameter, std=0.05)
    cpu = torch.device("cpu")
    return comfy.model_patcher.CoreModelPatcher(model, load_device=cpu, offload_device=cpu)


def conditioning(seed: int, batch: int = 1):
    """A conditioning that every tiny model reads."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(batch, 8, 32, generator=generator)
    return [[features, {"pooled_output": torch.randn(batch, 64, generator=generator)}]]


class MeanDecoder:
    """Takes the place of a VAE: nearest upscaling of three latent channels, which costs nothing."""

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        pictures = torch.sigmoid(latents[:, :3].movedim(1, -1))
        return pictures.repeat_interleave(8, -3).repeat_interleave(8, -2)


class ToneDecoder:
    """Takes the place of a VAE of sound: the first two latent channels as the envelopes of a tone, 8,000 samples a
    second and a tenth of a second for each latent."""

    output_channels, latent_dim, audio_sample_rate = 2, 1, 8000

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        envelopes = torch.sigmoid(latents[:, :2].float()).repeat_interleave(800, -1)
        tone = torch.sin(torch.arange(envelopes.shape[-1]) * 0.3)
        return (envelopes * tone).movedim(1, -1)


class TinyReward:
    """Takes the place of a reward; subclasses define the values."""

    name, spread, reads_prompt = "tiny", 0.0, True
    takes = frozenset({"pictures", "videos"})

    def values(self, images, prompt):
        raise NotImplementedError

    def score(self, images, prompt):
        values = self.values(images, prompt)
        return SimpleNamespace(values=values, parts={self.name: values})

    @property
    def recipe(self):
        return sys.modules["lidar_pack.lidar_core.rewards.recipe"].Single(self.name, self.spread)
