"""Runs of the teacher for its student: noisy latents and the end that the teacher's sampling reaches from them."""

import random
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from ..architecture import DEFAULT_CFG, LATENT_CHANNELS, LATENT_SIZE
from ..grammar import FAMILIES, sample_prompt, token_ids
from ..model import Text, World
from ..samplers import dpmpp_2m, karras

STEPS = (8, 9, 10)
"""From eight steps on DPM++ 2M is as right as thirty here; three schedules put the levels in more than eight places."""
FAMILY_WEIGHTS = (1, 1, 2, 1, 4, 2)
"""How often each family of prompts is drawn, in the order of FAMILIES: those that the teacher learnt last."""


class Trajectories(NamedTuple):
    """P points on the teacher's paths: x (P, 4, 16, 16), sigma (P,), the end of each path, its token ids (P, 16)."""

    x: torch.Tensor
    sigma: torch.Tensor
    end: torch.Tensor
    ids: torch.Tensor


@torch.no_grad()
def follow(world: World, rng: random.Random, generator: torch.Generator, batch: int) -> Trajectories:
    """Paths of `batch` random prompts along the probability flow of the guided teacher, each from its own noise."""
    ids = torch.tensor(
        [token_ids(str(sample_prompt(rng, family))) for family in rng.choices(FAMILIES, FAMILY_WEIGHTS, k=batch)]
    )
    text = Text(*world.text_encoder(ids))
    sigmas = karras(rng.choice(STEPS), float(world.sigmas[0]), float(world.sigmas[-1]))
    states: list[torch.Tensor] = []

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        states.append(x)
        return world.denoise(x, sigma, text, DEFAULT_CFG)

    noise = torch.randn(batch, LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE, generator=generator)
    end = dpmpp_2m(denoise, noise * sigmas[0], sigmas, lambda: noise)
    return Trajectories(
        torch.cat(states),
        sigmas[:-1].repeat_interleave(batch),
        end.repeat(len(states), 1, 1, 1),
        ids.repeat(len(states), 1),
    )


def draw_trajectories(
    folder: Path, world: World, seed: int, files: int, batch: int = 64, batches_of_a_file: int = 16
) -> None:
    """Write `files` files of trajectories to `folder`, and keep existing ones."""
    folder.mkdir(parents=True, exist_ok=True)
    world.unet.to(memory_format=torch.channels_last)
    for index in tqdm(range(files), desc="trajectories", mininterval=10):
        path = file_of(folder, seed, index)
        if path.exists():
            continue
        rng = random.Random(f"{seed} {index}")
        generator = torch.Generator().manual_seed(seed * 1_000_003 + index)
        batches = [follow(world, rng, generator, batch) for _ in range(batches_of_a_file)]
        columns = Trajectories(*(torch.cat(column) for column in zip(*batches, strict=True)))
        stored = columns._replace(x=columns.x.half(), end=columns.end.half())
        unfinished = path.with_suffix(".part")
        save_file({name: tensor.contiguous() for name, tensor in stored._asdict().items()}, unfinished)
        unfinished.rename(path)


def load_trajectories(folder: Path, seed: int, files: int) -> Trajectories:
    """All points of the first `files` files."""
    loaded = [load_file(file_of(folder, seed, index)) for index in range(files)]
    return Trajectories(*(torch.cat([file[name] for file in loaded]) for name in Trajectories._fields))


def file_of(folder: Path, seed: int, index: int) -> Path:
    return folder / f"{seed}_{index:04d}.safetensors"
