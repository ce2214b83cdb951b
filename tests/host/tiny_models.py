"""Tiny random models of the host's own classes, for tests of wiring and arithmetic."""

import torch

CONTEXT_WIDTH, POOLED_WIDTH = 32, 64


def tiny_sdxl(family: str = "SDXL", **sampling_settings):
    """A ModelPatcher of a `family` in comfy.supported_models with a small random UNet."""
    import comfy.model_patcher
    import comfy.supported_models

    pooled = family == "SDXL"
    config = getattr(comfy.supported_models, family)(
        {
            "image_size": 32,
            "in_channels": 4,
            "out_channels": 4,
            "model_channels": 64,
            "channel_mult": [1, 2],
            "num_res_blocks": [1, 1],
            "transformer_depth": [0, 1],
            "transformer_depth_middle": 1,
            "transformer_depth_output": [0, 0, 1, 1],
            "context_dim": CONTEXT_WIDTH,
            "use_spatial_transformer": True,
            "use_linear_in_transformer": True,
            "use_temporal_attention": False,
            "legacy": False,
            "dtype": torch.float32,
            **({"num_classes": "sequential", "adm_in_channels": POOLED_WIDTH + 6 * 256} if pooled else {}),
        }
    )
    config.unet_config["num_heads"], config.unet_config["num_head_channels"] = -1, 64
    config.sampling_settings.update(sampling_settings)
    with torch.random.fork_rng(), torch.inference_mode(False):
        torch.manual_seed(0)
        model = config.get_model({}, device="cpu")
        for parameter in model.diffusion_model.parameters():
            torch.nn.init.normal_(parameter, std=0.05)
    return comfy.model_patcher.CoreModelPatcher(
        model, load_device=torch.device("cpu"), offload_device=torch.device("cpu")
    )


def conditioning(seed: int):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(1, 8, CONTEXT_WIDTH, generator=generator)
    return [[features, {"pooled_output": torch.randn(1, POOLED_WIDTH, generator=generator)}]]


class MeanDecoder:
    """Stands where a VAE stands: nearest upscaling of the first three latent channels, which costs nothing."""

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(latents[:, :3]).repeat_interleave(8, 2).repeat_interleave(8, 3).movedim(1, -1)
