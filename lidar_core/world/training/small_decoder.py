"""Trains a small decoder for the embedded world: python -m lidar_core.world.training.small_decoder

It is to the world's autoencoder what TAESD is to Stable Diffusion's: good enough for a reward, not for delivery. It has
the same layout with fewer channels and is fitted to renders, from the full autoencoder's latents of them.
"""

import argparse
import random
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from tqdm import tqdm

from ..model import SMALL_CHANNELS, SMALL_DECODER, WEIGHTS, World
from .autoencoder import crops
from .record import Stopwatch, save_weights


def train_small_decoder(
    folder: Path, out: Path, seed: int, steps: int, examples: int = 2048, batch: int = 16, learning_rate: float = 2e-3
) -> None:
    """Fit the decoder to `examples` crops of renders with the autoencoder in `folder`, and write it to `out`."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    encoder = World(folder).autoencoder.encoder
    decoder = AutoencoderTiny(decoder_block_out_channels=(SMALL_CHANNELS,) * 4).decoder
    decoder = decoder.to(memory_format=torch.channels_last)
    pictures = torch.cat([crops(rng, batch) for _ in range(examples // batch)]) * 2 - 1
    with torch.no_grad():
        latents = torch.cat([encoder(part) for part in pictures.split(batch)])
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=0.05)
    watch, error = Stopwatch(), 0.0
    for step in (progress := tqdm(range(steps), desc="small decoder", mininterval=10)):
        drawn = torch.randint(len(pictures), (batch,))
        noisy = latents[drawn] + 0.05 * torch.randn_like(latents[drawn])
        difference = decoder(noisy) - pictures[drawn]
        loss = difference.abs().mean() + difference.square().mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        error += (difference.square().mean().item() - error) * max(0.02, 1 / (step + 1))
        progress.set_postfix(mse=f"{error:.4f}", refresh=False)
    record = {"seed": seed, "steps": steps, "batch": batch, "examples": examples, "seconds": watch.seconds()}
    save_weights(out / f"{SMALL_DECODER}.safetensors", decoder.state_dict(), record | {"mse": error})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lidar_core.world.training.small_decoder", description=__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the file (default: the shipped weights)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything (default: 0)")
    parser.add_argument("--steps", type=int, default=3000)
    options = parser.parse_args()
    train_small_decoder(WEIGHTS, options.out, options.seed, options.steps)


if __name__ == "__main__":
    main()
