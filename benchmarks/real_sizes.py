"""Models and decoders of the host's own classes in real sizes, with random weights, and small ones of the same kind.

The cost of an evaluation does not depend on the values of the weights, so none are downloaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Size:
    """What is sampled, and how it is sampled plainly.

    config_class: of comfy.supported_models. layers: the entries of config that may be halved if memory is short. words,
    width, pooled: of the conditioning. pools: the samples, steps and cfg of each lookahead.
    """

    config_class: str
    config: Config
    layers: tuple[str, ...]
    latent: tuple[int, ...]
    words: int
    width: int
    pooled: int
    pictures: int = 4
    steps: int = 25
    cfg: float = 1.0
    sampler: str = "euler"
    scheduler: str = "simple"
    pools: tuple[tuple[int, int, float], ...] = ((16, 1, 1.0), (16, 4, 1.0))
    toy: Config = field(default_factory=dict)

    @property
    def video(self) -> bool:
        return len(self.latent) == 4

    def halved(self) -> "Size":
        """Half as many layers."""
        return replace(self, config={**self.config, **{name: max(1, self.config[name] // 2) for name in self.layers}})

    def as_toy(self) -> "Size":
        """The same kind of model in a size for tests."""
        small = (self.latent[0], 2, 8, 8) if self.video else (self.latent[0], 8, 8)
        pools = tuple((2, calls, cfg) for _, calls, cfg in self.pools)
        return replace(
            self,
            config={**self.config, **self.toy},
            latent=small,
            words=4,
            width=32,
            pooled=64,
            pictures=2,
            steps=2,
            pools=pools,
        )


_SDXL = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 320,
    "num_res_blocks": [2, 2, 2],
    "channel_mult": [1, 2, 4],
    "transformer_depth": [0, 0, 2, 2, 10, 10],
    "transformer_depth_middle": 10,
    "transformer_depth_output": [0, 0, 0, 2, 2, 2, 10, 10, 10],
    "context_dim": 2048,
    "num_classes": "sequential",
    "adm_in_channels": 2816,
    "use_spatial_transformer": True,
    "use_linear_in_transformer": True,
    "use_temporal_attention": False,
    "legacy": False,
}
_SDXL_TOY = {
    "model_channels": 64,
    "num_res_blocks": [1, 1],
    "channel_mult": [1, 2],
    "transformer_depth": [0, 1],
    "transformer_depth_middle": 1,
    "transformer_depth_output": [0, 0, 1, 1],
    "context_dim": 32,
    "adm_in_channels": 64 + 6 * 256,
}
_FLUX = {
    "image_model": "flux",
    "in_channels": 16,
    "out_channels": 16,
    "patch_size": 2,
    "vec_in_dim": 768,
    "context_in_dim": 4096,
    "hidden_size": 3072,
    "mlp_ratio": 4.0,
    "num_heads": 24,
    "depth": 19,
    "depth_single_blocks": 38,
    "axes_dim": [16, 56, 56],
    "theta": 10000,
    "qkv_bias": True,
    "guidance_embed": True,
    "txt_ids_dims": [],
}
_FLUX_TOY = {
    "vec_in_dim": 64,
    "context_in_dim": 32,
    "hidden_size": 48,
    "num_heads": 2,
    "depth": 2,
    "depth_single_blocks": 2,
    "axes_dim": [8, 8, 8],
}
_WAN = {
    "image_model": "wan2.1",
    "model_type": "t2v",
    "dim": 5120,
    "ffn_dim": 13824,
    "num_heads": 40,
    "num_layers": 40,
    "text_dim": 4096,
    "text_len": 512,
}
_WAN_TOY = {"dim": 48, "ffn_dim": 64, "num_heads": 2, "num_layers": 2, "text_dim": 32, "text_len": 16}

SIZES = {
    "SDXL, 1024 x 1024": Size(
        "SDXL",
        _SDXL,
        (),
        (4, 128, 128),
        words=77,
        width=2048,
        pooled=1280,
        cfg=7.0,
        sampler="dpmpp_2m",
        scheduler="karras",
        pools=((16, 1, 1.0), (16, 4, 1.0), (50, 8, 7.0)),
        toy=_SDXL_TOY,
    ),
    "Flux, 1024 x 1024": Size(
        "Flux",
        _FLUX,
        ("depth", "depth_single_blocks"),
        (16, 128, 128),
        words=256,
        width=4096,
        pooled=768,
        toy=_FLUX_TOY,
    ),
    "Wan, 49 frames of 832 x 480": Size(
        "WAN21_T2V",
        _WAN,
        ("num_layers",),
        (16, 13, 60, 104),
        words=512,
        width=4096,
        pooled=64,
        pictures=1,
        cfg=5.0,
        toy=_WAN_TOY,
    ),
}


def made(size: Size, device: torch.device, dtype: torch.dtype) -> Any:
    """The host's ModelPatcher of `size` with small random weights on `device`."""
    import comfy.model_patcher
    import comfy.supported_models

    config = getattr(comfy.supported_models, size.config_class)({**size.config, "dtype": dtype})
    if size.config_class == "SDXL":
        config.unet_config |= {"num_heads": -1, "num_head_channels": 64}
    model = config.get_model({}, device=device)
    _fill(model.diffusion_model)
    model.diffusion_model.to(device).requires_grad_(False).eval()
    return comfy.model_patcher.CoreModelPatcher(model, load_device=device, offload_device=device)


def made_vae(size: Size, device: torch.device, dtype: torch.dtype, toy: bool) -> Any:
    """The host's VAE of Stable Diffusion's and Flux' layout, or of Wan's for clips, with small random weights."""
    import comfy.ldm.models.autoencoder
    import comfy.ldm.wan.vae
    import comfy.sd

    if size.video:
        network: Any = comfy.ldm.wan.vae.WanVAE(
            dim=16 if toy else 96,
            z_dim=16,
            dim_mult=[1, 2, 4, 4],
            num_res_blocks=2,
            attn_scales=[],
            temperal_downsample=[False, True, True],
        )
    else:
        layout: dict[str, Any] = {
            "double_z": True,
            "z_channels": size.latent[0],
            "resolution": 256,
            "in_channels": 3,
            "out_ch": 3,
        }
        layout |= {"ch": 128, "ch_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_resolutions": [], "dropout": 0.0}
        network = comfy.ldm.models.autoencoder.AutoencoderKL(ddconfig=layout, embed_dim=size.latent[0])
    _fill(network)
    return comfy.sd.VAE(sd=network.state_dict(), device=device, dtype=dtype)


def conditioning(size: Size, seed: int) -> list[Any]:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(1, size.words, size.width, generator=generator)
    return [[features, {"pooled_output": torch.randn(1, size.pooled, generator=generator)}]]


class PictureTower(torch.nn.Module):
    """Stands for a reward model: a picture tower of ViT-H's size (width 1280, 32 layers, patches of 14 at 224)."""

    def __init__(self, device: torch.device, dtype: torch.dtype, width: int = 1280, layers: int = 32) -> None:
        super().__init__()
        self.patches = torch.nn.Conv2d(3, width, 14, 14)
        layer = torch.nn.TransformerEncoderLayer(width, width // 80, 4 * width, 0.0, "gelu", batch_first=True)
        self.layers = torch.nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = torch.nn.Linear(width, 1)
        self.to(device, dtype).requires_grad_(False).eval()

    def rewards(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n,) for pictures (n, H, W, 3); may be differentiated."""
        weight = self.head.weight
        small = torch.nn.functional.interpolate(pictures.movedim(-1, 1).to(weight), (224, 224), mode="bilinear")
        return self.head(self.layers(self.patches(small).flatten(2).mT).mean(1))[:, 0]


def as_reward(tower: PictureTower) -> Any:
    """A reward of the pack whose values are the tower's."""
    from lidar_pack.lidar_core.rewards.reward import SingleReward

    class TowerReward(SingleReward):
        name, spread, reads_prompt = "picture tower", 0.0, True

        @torch.inference_mode()
        def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
            return tower.rewards(images).float().cpu()

    return TowerReward()


def _fill(network: torch.nn.Module) -> None:
    """Fill new weights, which the host leaves uninitialised, from a fixed seed on the device."""
    for parameter in network.parameters():
        generator = torch.Generator(parameter.device).manual_seed(parameter.numel())
        parameter.data.normal_(std=0.02, generator=generator)
