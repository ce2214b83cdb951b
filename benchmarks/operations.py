"""Floating-point operations of real models, of their decoders and of the guidance term: computed, nothing is run."""

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

LATENTS: dict[str, tuple[int, ...]] = {
    "SD 1.5, 512 x 512": (4, 64, 64),
    "SDXL, 1024 x 1024": (4, 128, 128),
    "Flux, 1024 x 1024": (16, 128, 128),
    "video, 49 frames of 832 x 480": (16, 13, 60, 104),
}

MODELS = dict(zip(LATENTS, ("SD 1.5 UNet", "SDXL UNet", "FLUX.1-dev", "Wan 2.1 14B"), strict=True))


def model_operations() -> dict[str, float]:
    """Floating-point operations of one evaluation of each model on one latent, counted on tensors without data.

    The architectures are diffusers' with the published configurations; no weights are loaded and nothing is run.
    """
    from diffusers import FluxTransformer2DModel, UNet2DConditionModel, WanTransformer3DModel

    with torch.device("meta"):
        time_ids, step = torch.zeros(1, 6), torch.tensor(500.0)
        sd15 = UNet2DConditionModel(cross_attention_dim=768, attention_head_dim=8)
        sdxl = UNet2DConditionModel(
            block_out_channels=(320, 640, 1280),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            attention_head_dim=(5, 10, 20),
            transformer_layers_per_block=(1, 2, 10),
            cross_attention_dim=2048,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816,
        )
        flux, wan = FluxTransformer2DModel(guidance_embeds=True), WanTransformer3DModel()
        calls: dict[str, Callable[[], object]] = {
            "SD 1.5, 512 x 512": lambda: sd15(torch.zeros(1, 4, 64, 64), step, torch.zeros(1, 77, 768)),
            "SDXL, 1024 x 1024": lambda: sdxl(
                torch.zeros(1, 4, 128, 128),
                step,
                torch.zeros(1, 77, 2048),
                added_cond_kwargs={"text_embeds": torch.zeros(1, 1280), "time_ids": time_ids},
            ),
            "Flux, 1024 x 1024": lambda: flux(
                torch.zeros(1, 4096, 64),
                torch.zeros(1, 512, 4096),
                torch.zeros(1, 768),
                step[None],
                torch.zeros(4096, 3),
                torch.zeros(512, 3),
                guidance=step[None],
            ),
            "video, 49 frames of 832 x 480": lambda: wan(
                torch.zeros(1, 16, 13, 60, 104), step[None], torch.zeros(1, 512, 4096)
            ),
        }
        operations = {}
        for name, call in calls.items():
            with FlopCounterMode(display=False) as counter:
                call()
            operations[name] = float(counter.get_total_flops())
    return operations


def operations_table(operations: dict[str, float], samples: int = 50) -> str:
    lines = [
        f"| latent | model | one evaluation, TFLOP | the term at n = {samples}, GFLOP | the term is one part in |",
        "|---|---|---|---|---|",
    ]
    for name, total in operations.items():
        term = 4 * samples * torch.Size(LATENTS[name]).numel()
        lines.append(f"| {name} | {MODELS[name]} | {total / 1e12:.2f} | {term / 1e9:.3f} | {total / term:,.0f} |")
    return "\n".join(lines)


def decoder_operations() -> dict[str, tuple[float, float]]:
    """The same for decoding one latent with the full decoder, and with a tiny one of TAESD's shape."""
    from diffusers import AutoencoderKL, AutoencoderTiny

    operations = {}
    for name, channels in (("SD 1.5, 512 x 512", 4), ("SDXL, 1024 x 1024", 4), ("Flux, 1024 x 1024", 16)):
        with torch.device("meta"):
            full = AutoencoderKL(
                latent_channels=channels,
                block_out_channels=(128, 256, 512, 512),
                layers_per_block=2,
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
            )
            tiny, latent = AutoencoderTiny(latent_channels=channels), torch.zeros(1, *LATENTS[name])
            counts = []
            for call in (full.decode, tiny.decode):
                with FlopCounterMode(display=False) as counter:
                    call(latent)
                counts.append(float(counter.get_total_flops()))
        operations[name] = (counts[0], counts[1])
    return operations


def decoder_table(decoders: dict[str, tuple[float, float]], models: dict[str, float]) -> str:
    lines = [
        "| latent | full decoder, TFLOP | in NFE | tiny decoder, TFLOP | in NFE |",
        "|---|---|---|---|---|",
    ]
    for name, (full, tiny) in decoders.items():
        one = models[name]
        lines.append(f"| {name} | {full / 1e12:.2f} | {full / one:.2f} | {tiny / 1e12:.2f} | {tiny / one:.2f} |")
    return "\n".join(lines)
