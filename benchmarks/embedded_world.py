"""How good the embedded world's plain sampling and learned scorer are: python -m benchmarks.embedded_world

Prints a Markdown table by prompt family: the share of plain samples that the verifier finds right, and the reward's
AUC.
"""

import argparse
import random

import torch
from tqdm import tqdm

from lidar_core.world.architecture import DEFAULT_CFG, DEFAULT_STEPS
from lidar_core.world.grammar import FAMILIES, sample_prompt
from lidar_core.world.model import World
from lidar_core.world.run import Runner
from lidar_core.world.samplers import SAMPLERS
from lidar_core.world.verifier import verify


def area_under_curve(scores: torch.Tensor, positive: torch.Tensor) -> float:
    """Probability that a positive scores above a negative, ties half (Mann-Whitney); NaN if one kind is missing."""
    above = scores[positive][:, None] - scores[~positive][None]
    return ((above > 0).float() + 0.5 * (above == 0).float()).mean().item()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedded_world", description=__doc__)
    parser.add_argument("--prompts", type=int, default=24, help="prompts of each family (default: 24)")
    parser.add_argument("--images", type=int, default=4, help="pictures of each prompt (default: 4)")
    parser.add_argument("--steps", type=int, default=DEFAULT_STEPS)
    parser.add_argument("--cfg", type=float, default=DEFAULT_CFG)
    parser.add_argument("--sampler", choices=SAMPLERS, default="euler")
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args()

    runner = Runner(World(), options.cfg)
    rng = random.Random(options.seed)
    scores: dict[str, list[torch.Tensor]] = {family: [] for family in FAMILIES}
    passed: dict[str, list[torch.Tensor]] = {family: [] for family in FAMILIES}
    for family in FAMILIES:
        for index in tqdm(range(options.prompts), desc=family, leave=False):
            prompt = sample_prompt(rng, family)
            seeds = [options.seed + options.images * index + image for image in range(options.images)]
            pictures = runner.world.decode(runner.latents(str(prompt), seeds, options.steps, options.sampler))
            scores[family].append(runner.world.reward.score(pictures, str(prompt)).values)
            passed[family].append(verify(prompt, pictures.movedim(-1, 1)))

    print(f"Plain sampling, {options.sampler}, {options.steps} steps, cfg {options.cfg:g}; ", end="")
    print(f"{options.prompts} prompts per family, {options.images} pictures per prompt, seed {options.seed}.\n")
    print("| family | verified | reward's AUC |\n|---|---|---|")
    for family in FAMILIES:
        right, score = torch.cat(passed[family]), torch.cat(scores[family])
        print(f"| {family} | {100 * right.float().mean():.0f} % | {area_under_curve(score, right):.2f} |")
    right = torch.cat([torch.cat(passed[family]) for family in FAMILIES])
    score = torch.cat([torch.cat(scores[family]) for family in FAMILIES])
    print(f"| all | {100 * right.float().mean():.0f} % | {area_under_curve(score, right):.2f} |")


if __name__ == "__main__":
    main()
