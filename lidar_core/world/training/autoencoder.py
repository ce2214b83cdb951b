"""Trains the autoencoder on renders, with latents held at zero mean and unit variance per channel."""

import random
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from torch.nn import functional
from tqdm import tqdm

from ..grammar import sample_prompt
from ..scenes import IMAGE_SIZE, lay_out, render
from .record import Stopwatch, save_weights

CROP = 64


def train_autoencoder(path: Path, seed: int, steps: int, batch: int = 16, learning_rate: float = 1e-3) -> None:
    """Fit AutoencoderTiny to random crops of scenes and write it to `path`."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = AutoencoderTiny().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=0.05)
    watch, error = Stopwatch(), 0.0
    for step in (progress := tqdm(range(steps), desc="autoencoder", mininterval=10)):
        pictures = crops(rng, batch).to(memory_format=torch.channels_last) * 2 - 1
        with torch.autocast("cpu", dtype=torch.bfloat16):
            latents = model.encoder(pictures)
            noisy = latents + 0.05 * torch.randn_like(latents)
            decoded = model.decoder(noisy)
        difference = decoded.float() - pictures
        spread = latents.float().std((0, 2, 3)) - 1
        centre = latents.float().mean((0, 2, 3))
        loss = difference.abs().mean() + difference.square().mean() + 0.01 * (spread.square() + centre.square()).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        error = 0.98 * error + 0.02 * functional.mse_loss(decoded.float(), pictures).item()
        if step % 50 == 0:
            progress.set_postfix(mse=f"{error:.4f}", std=f"{latents.float().std():.2f}")
    record = {"seed": seed, "steps": steps, "batch": batch, "seconds": watch.seconds(), "mse": error}
    save_weights(path, model.state_dict(), record)


def crops(rng: random.Random, count: int) -> torch.Tensor:
    """Crops that show at least part of an object, because most of a scene is background."""
    scenes = [lay_out(sample_prompt(rng), rng) for _ in range(count)]
    pictures = render(scenes)
    cut = []
    for scene, picture in zip(scenes, pictures, strict=True):
        thing = rng.choice(scene.things)
        left = round(min(max(thing.x - rng.uniform(0, CROP), 0), IMAGE_SIZE - CROP))
        top = round(min(max(thing.y - rng.uniform(0, CROP), 0), IMAGE_SIZE - CROP))
        cut.append(picture[:, top : top + CROP, left : left + CROP])
    return torch.stack(cut)
