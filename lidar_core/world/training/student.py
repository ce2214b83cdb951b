"""Distils the denoiser into a student of one to four steps without cfg: python -m lidar_core.world.training.student

Consistency models (Song et al. 2023) map every point on a path of the probability flow to the path's end. Here the ends
are computed, not bootstrapped: the teacher runs to the end with its cfg, and the student is fitted to the result. Only
a LoRA is trained, on all weights of the denoiser except those of the pooled text.
"""

import argparse
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch.func import functional_call
from tqdm import tqdm

from ..architecture import TIME_IDS
from ..lora import cut, lora_keys, merge
from ..model import STUDENT_LORA, WEIGHTS, World
from .record import Stopwatch, save_weights
from .trajectories import Trajectories, draw_trajectories, load_trajectories

RANK = 11
"""Of the LoRA in training."""
KEPT_RANK = 10
"""Of the LoRA in the file: the largest that stays below 1 MB."""
HUBER = 0.05
"""Errors far above it count by their size, those far below by their square (pseudo-Huber)."""
AVERAGE = 0.995


def new_lora(unet: UNet2DConditionModel, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """A LoRA that changes nothing yet: up is zero, down is drawn with variance 1 / inputs."""
    lora = {}
    for name, weight in unet.named_parameters():
        if weight.dim() == 1 or name.startswith("add_embedding"):
            continue
        down, up = lora_keys(name)
        inputs, ones = weight[0].numel(), (1,) * (weight.dim() - 2)
        lora[down] = torch.randn(RANK, *weight.shape[1:], generator=generator) / inputs**0.5
        lora[up] = torch.zeros(len(weight), RANK, *ones)
    return lora


def chances(sigmas: torch.Tensor) -> torch.Tensor:
    """The probability of drawing each point: higher at high levels, where a step has more to guess."""
    return sigmas.clamp(0.2, 5.0).sqrt()


def student_loss(world: World, weights: dict[str, torch.Tensor], points: Trajectories) -> torch.Tensor:
    """Mean pseudo-Huber distance between the student's denoised prediction at `points` and the ends of their paths."""
    step_of = (points.sigma.log()[:, None] - world.sigmas.log()).abs().argmin(1)
    with torch.no_grad():
        features, pooled = world.text_encoder(points.ids)
    sizes = torch.tensor([TIME_IDS]).expand(len(points.ids), -1)
    sigma = points.sigma[:, None, None, None]
    x = points.x.float()
    arguments = ((x / (sigma**2 + 1).sqrt()).to(memory_format=torch.channels_last), step_of, features)
    conditions = {"added_cond_kwargs": {"text_embeds": pooled, "time_ids": sizes}}
    noise = functional_call(world.unet, weights, arguments, conditions).sample
    error = x - sigma * noise - points.end.float()
    return ((error.square() + HUBER**2).sqrt() - HUBER).mean()


def train_student(
    folder: Path,
    trajectories: Path,
    seed: int,
    rounds: int,
    steps_of_a_round: int,
    batch: int = 32,
    learning_rate: float = 2e-3,
    save_every: int = 100,
) -> None:
    """Fit a LoRA of the denoiser in `folder` and write it there, also while it runs.

    Each round draws one more file of trajectories, if the folder `trajectories` lacks it, and trains on all of them.
    """
    generator = torch.Generator().manual_seed(seed)
    world = World(folder)
    world.unet.to(memory_format=torch.channels_last)
    lora = {name: tensor.requires_grad_() for name, tensor in new_lora(world.unet, generator).items()}
    average = {name: tensor.detach().clone() for name, tensor in lora.items()}
    optimiser = torch.optim.Adam(lora.values(), lr=learning_rate, betas=(0.9, 0.99))
    total = rounds * steps_of_a_round
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=total, pct_start=0.05)
    watch, smoothed, step = Stopwatch(), 0.0, 0
    for number in range(1, rounds + 1):
        draw_trajectories(trajectories, world, seed, number)
        points = load_trajectories(trajectories, seed, number)
        odds = chances(points.sigma)
        for _ in (progress := tqdm(range(steps_of_a_round), desc=f"student, round {number}", mininterval=10)):
            chosen = torch.multinomial(odds, batch, generator=generator)
            drawn = Trajectories(*(column[chosen] for column in points))
            loss = student_loss(world, merge(world.unet.state_dict(), lora), drawn)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(lora.values(), 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            with torch.no_grad():
                weight = min(AVERAGE, step / (step + 10))
                for name, tensor in lora.items():
                    average[name].lerp_(tensor, 1 - weight)
            smoothed += (loss.item() - smoothed) * max(0.02, 1 / step)
            progress.set_postfix(loss=f"{smoothed:.4f}")
            if step % save_every == 0 or step == total:
                record = {"seed": seed, "step": step, "steps": total, "batch": batch, "seconds": watch.seconds()}
                record |= {"learning_rate": learning_rate, "loss": smoothed, "trajectories": len(points.x)}
                record |= {"rank": RANK, "kept_rank": KEPT_RANK}
                save_weights(folder / f"{STUDENT_LORA}.safetensors", cut(average, KEPT_RANK), record)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lidar_core.world.training.student", description=__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the weights (default: the shipped ones)")
    parser.add_argument("--trajectories", type=Path, required=True, help="folder that keeps the teacher's runs")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything (default: 0)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=450, help="training steps of each round (default: 450)")
    options = parser.parse_args()
    train_student(options.out, options.trajectories, options.seed, options.rounds, options.steps)


if __name__ == "__main__":
    main()
