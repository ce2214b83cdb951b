"""Trains the denoiser and its text encoder on encoded scenes: epsilon-prediction, min-SNR weights, averaged weights."""

import copy
import random
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import load_file
from torch import nn
from tqdm import tqdm

from ..architecture import LATENT_CHANNELS, LATENT_SIZE, TEXT_WIDTH, TIME_IDS, TRAIN_STEPS, UNET_CONFIG
from ..grammar import FAMILIES, sample_prompt, token_ids
from ..scenes import lay_out, render
from ..schedule import alphas_cumprod
from ..text_encoder import TextEncoder
from .record import Stopwatch, save_weights

CAPTION_DROPOUT = 0.1
SNR_CAP = 5.0
"""gamma of Hang et al., Efficient Diffusion Training via Min-SNR Weighting Strategy (2023)."""


class Denoiser(nn.Module):
    """The denoiser with its text encoder: noisy latents, timesteps and token ids to predicted noise."""

    def __init__(self) -> None:
        super().__init__()
        self.unet = UNet2DConditionModel(**UNET_CONFIG)
        self.text_encoder = TextEncoder()
        self.time_ids: torch.Tensor
        self.register_buffer("time_ids", torch.tensor([TIME_IDS]), persistent=False)

    def forward(self, latents: torch.Tensor, steps: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        features, pooled = self.text_encoder(ids)
        sizes = self.time_ids.expand(len(ids), -1)
        conditions = {"text_embeds": pooled, "time_ids": sizes}
        return self.unet(latents, steps, features, added_cond_kwargs=conditions).sample


@dataclass(frozen=True)
class Phase:
    """A part of the training. families: how often each family of prompts is drawn, in the order of FAMILIES.

    offset_noise: standard deviation of an offset that is added to all noise of a channel. Without it the denoiser
    trusts the mean of nearly pure noise, which reveals the background brightness in training but not in sampling.
    resumes: start from the weights in the folder.
    """

    steps: int
    scenes: int
    learning_rate: float = 1e-3
    families: tuple[int, ...] = (1,) * len(FAMILIES)
    offset_noise: float = 0.0
    resumes: bool = False


PHASES = (
    Phase(steps=4500, scenes=16000),
    Phase(steps=2200, scenes=10000, learning_rate=7e-4, families=(1, 1, 2, 1, 4, 2), offset_noise=0.15, resumes=True),
)


def encode_scenes(
    model: AutoencoderTiny, seed: int, count: int, families: tuple[int, ...], batch: int = 32
) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` random scenes as latents (count, 4, 16, 16) and token ids (count, 16)."""
    rng = random.Random(seed)
    latents = torch.empty(count, LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE)
    ids = []
    for start in tqdm(range(0, count, batch), desc="encoding scenes", mininterval=10):
        drawn = rng.choices(FAMILIES, families, k=min(batch, count - start))
        prompts = [sample_prompt(rng, family) for family in drawn]
        pictures = render([lay_out(prompt, rng) for prompt in prompts]).to(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            latents[start : start + len(prompts)] = model.encoder(pictures * 2 - 1).float()
        ids += [token_ids(str(prompt)) for prompt in prompts]
    return latents, torch.tensor(ids)


def without_sizes(unet: UNet2DConditionModel) -> dict[str, torch.Tensor]:
    """The weights of `unet`, with the effect of the size conditioning moved into a bias.

    All training pictures have one size, so the size conditioning is a meaningless constant. ComfyUI sends the size of
    the latent that is sampled, and other sizes must not disturb the denoiser.
    """
    state = {name: tensor.clone() for name, tensor in unet.state_dict().items()}
    sizes = unet.add_time_proj(torch.tensor(TIME_IDS)).flatten()
    weight = state["add_embedding.linear_1.weight"]
    state["add_embedding.linear_1.bias"] += weight[:, TEXT_WIDTH:] @ sizes
    weight[:, TEXT_WIDTH:] = 0
    return state


def train_denoiser(folder: Path, seed: int, phase: Phase, batch: int = 64, save_every: int = 500) -> None:
    """Fit the denoiser with the autoencoder in `folder`; writes unet and text_encoder there, also while it runs."""
    torch.manual_seed(seed)
    autoencoder = AutoencoderTiny()
    autoencoder.load_state_dict(load_file(folder / "autoencoder.safetensors"))
    autoencoder.to(memory_format=torch.channels_last)
    latents, ids = encode_scenes(autoencoder, seed, phase.scenes, phase.families)
    empty = torch.tensor(token_ids(""))
    model = Denoiser().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if phase.resumes:
        model.unet.load_state_dict(load_file(folder / "unet.safetensors"))
        model.text_encoder.load_state_dict(load_file(folder / "text_encoder.safetensors"))
    average = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.AdamW(model.parameters(), lr=phase.learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, phase.learning_rate, total_steps=phase.steps, pct_start=0.05
    )
    signal = alphas_cumprod().float()
    watch, smoothed = Stopwatch(), 1.0
    for step in (progress := tqdm(range(1, phase.steps + 1), desc="denoiser", mininterval=10)):
        chosen = torch.randint(phase.scenes, (batch,))
        times = torch.randint(TRAIN_STEPS, (batch,))
        captions = torch.where(torch.rand(batch, 1) < CAPTION_DROPOUT, empty, ids[chosen])
        clean, noise = latents[chosen], torch.randn(batch, LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE)
        noise = noise + phase.offset_noise * torch.randn(batch, LATENT_CHANNELS, 1, 1)
        share = signal[times][:, None, None, None]
        noisy = (share.sqrt() * clean + (1 - share).sqrt() * noise).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            predicted = model(noisy, times, captions)
        snr = signal[times] / (1 - signal[times])
        errors = (predicted.float() - noise).square().mean((1, 2, 3))
        loss = (errors * snr.clamp(max=SNR_CAP) / snr).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            weight = min(0.999, step / (step + 20))
            for old, new in zip(average.parameters(), model.parameters(), strict=True):
                old.lerp_(new, 1 - weight)
        smoothed = 0.99 * smoothed + 0.01 * errors.mean().item()
        if step % 50 == 0:
            progress.set_postfix(error=f"{smoothed:.4f}")
        if step % save_every == 0 or step == phase.steps:
            record = {"seed": seed, "step": step, "batch": batch, "seconds": watch.seconds(), "error": smoothed}
            record |= {"phase": asdict(phase)}
            save_weights(folder / "unet.safetensors", without_sizes(average.unet), record)
            save_weights(folder / "text_encoder.safetensors", average.text_encoder.state_dict(), record)
