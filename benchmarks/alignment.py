"""Compares ways to follow the prompt on the embedded world: python -m benchmarks.alignment

Reports verifier accuracy, mean reward, diversity and model evaluations per method, with a paired 95 % interval over
prompts of the accuracy against plain sampling. Prompts and seeds from --seed on: tune on one seed, report another.
"""

import argparse
import json
import platform
import random
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

from lidar_core.guide import GuidanceSettings
from lidar_core.world.architecture import DEFAULT_STEPS
from lidar_core.world.grammar import FAMILIES, sample_prompt
from lidar_core.world.model import World
from lidar_core.world.run import Runner
from lidar_core.world.samplers import SAMPLERS
from lidar_core.world.verifier import verify

from .methods import Method, Task, best_noise, best_of, best_of_pool, lidar, plain, plain_longer

SHIPPED = GuidanceSettings()
METHODS: dict[str, Method] = {
    "plain": plain,
    "plain, twice the steps": plain_longer(2),
    "best of the pool": best_of_pool,
    "best noise": best_noise,
    "Best-of-2": best_of(2),
    "Best-of-4": best_of(4),
    "LiDAR, paper's rule": lidar(GuidanceSettings.paper(12.5)),
    "LiDAR": lidar(SHIPPED),
    "LiDAR + best noise": lidar(SHIPPED, from_best_noise=True),
    "LiDAR + keep 1 of 2": lidar(SHIPPED, keep_of=2),
}

MEASURED = ("accuracy", "reward", "diversity", "evaluations", "seconds")


def diversity(pictures: torch.Tensor) -> float:
    """Mean root-mean-square difference between pictures (B, H, W, 3) of one prompt, in 1/255."""
    flat = pictures.flatten(1) * 255
    pairs = torch.combinations(torch.arange(len(flat)))
    return (flat[pairs[:, 0]] - flat[pairs[:, 1]]).square().mean(1).sqrt().mean().item()


def interval(differences: torch.Tensor) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of paired differences, one for each prompt."""
    draws = torch.randint(len(differences), (10_000, len(differences)), generator=torch.Generator().manual_seed(0))
    low, high = differences[draws].mean(1).quantile(torch.tensor([0.025, 0.975])).tolist()
    return low, high


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alignment", description=__doc__)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), metavar="METHOD")
    parser.add_argument("--prompts", type=int, default=16, help="prompts of each family (default: 16)")
    parser.add_argument("--images", type=int, default=4, help="pictures of each prompt (default: 4)")
    parser.add_argument("--steps", type=int, default=DEFAULT_STEPS)
    parser.add_argument("--sampler", choices=SAMPLERS, default="euler_ancestral")
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--quick", action="store_true", help="2 prompts of each family")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    options = parser.parse_args()
    if options.quick:
        options.prompts = 2

    world = World()
    rng = random.Random(options.seed)
    prompts = [sample_prompt(rng, family) for family in FAMILIES for _ in range(options.prompts)]
    results: dict[str, dict[str, list[float]]] = {}
    for name in options.methods:
        rows: dict[str, list[float]] = {
            key: [] for key in ("accuracy", "reward", "diversity", "evaluations", "seconds")
        }
        for index, prompt in enumerate(tqdm(prompts, desc=name, leave=False)):
            runner = Runner(world)
            seeds = [options.seed + options.images * index + image for image in range(options.images)]
            start = time.monotonic()
            latents = METHODS[name](runner, Task(str(prompt), seeds, options.steps, options.sampler))
            rows["seconds"].append(time.monotonic() - start)
            pictures = world.decode(latents)
            rows["accuracy"].append(verify(prompt, pictures.movedim(-1, 1)).float().mean().item())
            rows["reward"].append(world.reward.score(pictures, str(prompt)).mean().item())
            rows["diversity"].append(diversity(pictures))
            rows["evaluations"].append(runner.evaluations / options.images)
        results[name] = rows

    print(f"{len(prompts)} prompts, {options.images} pictures each, {options.sampler}, {options.steps} steps, ", end="")
    print(f"seed {options.seed}; evaluations and seconds per picture.\n")
    print("| method | verified | against plain (95 %) | reward | diversity | evaluations | seconds |")
    print("|---|---|---|---|---|---|---|")
    for name, rows in results.items():
        values = {key: torch.tensor(numbers) for key, numbers in rows.items()}
        gain = ""
        if "plain" in results and name != "plain":
            low, high = interval(values["accuracy"] - torch.tensor(results["plain"]["accuracy"]))
            gain = f"{100 * low:+.0f} to {100 * high:+.0f}"
        print(
            f"| {name} | {100 * values['accuracy'].mean():.0f} % | {gain} | {values['reward'].mean():.2f} "
            f"| {values['diversity'].mean():.0f} | {values['evaluations'].mean():.0f} "
            f"| {values['seconds'].mean() / options.images:.2f} |"
        )
    if options.json:
        machine = {"torch": torch.__version__, "processor": platform.machine(), "threads": torch.get_num_threads()}
        record = {"command": sys.argv[1:], "machine": machine, "prompts": [str(prompt) for prompt in prompts]}
        options.json.write_text(json.dumps(record | {"results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
