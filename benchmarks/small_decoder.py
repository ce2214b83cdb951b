"""Scoring lookahead samples through a small decoder instead of the full one: python -m benchmarks.small_decoder

Real autoencoders have small decoders that approximate the full one, and so has the embedded world. This command
compares the two on pools of lookahead samples: time, pictures, the reward's ranking, and the accuracy of the chosen
samples and of the guided pictures. Every choice is judged in the full decoder's picture, since that is what would be
delivered.
"""

import argparse
import platform
import time
from dataclasses import dataclass
from statistics import fmean

import torch
from tqdm import tqdm

from lidar_core.guidance.guide import GuidanceSettings
from lidar_core.pools.pool import Pool
from lidar_core.pools.seeds import sample_seeds
from lidar_core.world.model import World
from lidar_core.world.run import Runner
from lidar_core.world.verifier import verify

from .intervals import interval
from .prompts import Case, cases
from .records import processor

SAMPLES, LOOKAHEAD_STEPS, TOP = 16, 8, 4


def kendall(first: torch.Tensor, second: torch.Tensor) -> float:
    """Kendall's tau of two rankings: the share of pairs in the same order minus the share in the opposite order."""
    pairs = torch.combinations(torch.arange(len(first)))
    one, other = (values[pairs[:, 0]] - values[pairs[:, 1]] for values in (first, second))
    return (one.sign() * other.sign()).mean().item()


def best(rewards: torch.Tensor, count: int) -> list[int]:
    """The indices of the `count` largest."""
    return rewards.argsort(descending=True, stable=True)[:count].tolist()


@dataclass(frozen=True)
class Comparison:
    """One prompt's pool seen through two decoders; each pair is (full, small)."""

    prompt: str
    difference: float
    tau: float
    same_best: float
    shared_top: float
    seconds: tuple[float, float]
    best_right: tuple[float, float]
    top_right: tuple[float, float]
    guided_right: tuple[float, float]


def compare(world: World, case: Case, images: int) -> Comparison:
    """Scores SAMPLES lookahead samples of the case through each decoder, and guides `images` pictures by each pool."""
    prompt, seeds = str(case.prompt), sample_seeds(case.seeds(1)[0], SAMPLES)
    latents = Runner(world).latents(prompt, seeds, LOOKAHEAD_STEPS, "dpmpp_2m")
    pictures, seconds = zip(*(_timed_decode(world, latents, small) for small in (False, True)), strict=True)
    rewards = [world.reward.score(seen, prompt).values for seen in pictures]
    right = verify(case.prompt, pictures[0].movedim(-1, 1)).float()
    chosen = [best(values, TOP) for values in rewards]
    guided = []
    for values in rewards:
        runner = Runner(world, schedule_name="simple")
        pool = Pool.scored(latents, values, seeds, prompt, {world.reward.name: values}, recipe=world.reward.recipe)
        guide = runner.guide(pool, GuidanceSettings(), 20, case.seeds(images))
        drawn = world.decode(runner.latents(prompt, case.seeds(images), 20, "euler_ancestral", guide))
        guided.append(verify(case.prompt, drawn.movedim(-1, 1)).float().mean().item())
    return Comparison(
        prompt,
        255 * (pictures[0] - pictures[1]).abs().mean().item(),
        kendall(*rewards),
        float(chosen[0][0] == chosen[1][0]),
        len(set(chosen[0]) & set(chosen[1])) / TOP,
        (seconds[0], seconds[1]),
        (right[chosen[0][0]].item(), right[chosen[1][0]].item()),
        (right[chosen[0]].mean().item(), right[chosen[1]].mean().item()),
        (guided[0], guided[1]),
    )


def _timed_decode(world: World, latents: torch.Tensor, small: bool) -> tuple[torch.Tensor, float]:
    start = time.process_time()
    pictures = world.decode(latents, small)
    return pictures, (time.process_time() - start) / len(latents)


def table(found: list[Comparison], images: int) -> str:
    """Markdown tables with 95 % intervals over prompts; those of differences are paired."""
    prompts = [row.prompt for row in found]

    def stated(values: list[float], digits: int = 2) -> str:
        low, high = interval(values, prompts)
        return f"{fmean(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    milliseconds = [1000 * fmean(row.seconds[which] for row in found) for which in (0, 1)]
    lines = [
        "| | full | small | small - full |",
        "|---|---|---|---|",
        f"| one decode, ms | {milliseconds[0]:.1f} | {milliseconds[1]:.1f} "
        f"| {milliseconds[0] / milliseconds[1]:.1f} times faster |",
    ]
    for title, name in (
        ("best sample right, %", "best_right"),
        (f"best {TOP} samples right, %", "top_right"),
        (f"{images} guided pictures right, %", "guided_right"),
    ):
        full, small = ([100 * getattr(row, name)[which] for row in found] for which in (0, 1))
        low, high = interval([after - before for before, after in zip(full, small, strict=True)], prompts)
        lines.append(f"| {title} | {fmean(full):.0f} | {fmean(small):.0f} | {low:+.0f} to {high:+.0f} |")
    lines += [
        "",
        "| the two rankings of a pool | mean (95 %) |",
        "|---|---|",
        f"| Kendall's tau | {stated([row.tau for row in found])} |",
        f"| same best sample | {stated([row.same_best for row in found])} |",
        f"| share of the best {TOP} in common | {stated([row.shared_top for row in found])} |",
        f"| mean difference of pictures, 1/255 | {stated([row.difference for row in found], 1)} |",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.small_decoder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--prompts", type=int, default=8, help="reported prompts of each family (default: 8)")
    parser.add_argument("--images", type=int, default=4, help="guided pictures of each prompt (default: 4)")
    options = parser.parse_args()
    world = World()
    sizes = [sum(p.numel() for p in each.parameters()) for each in (world.small_decoder, world.autoencoder.decoder)]
    found = [compare(world, case, options.images) for case in tqdm(cases("reported", options.prompts), mininterval=10)]
    print(f"torch {torch.__version__}, Python {platform.python_version()}, {processor()}, ", end="")
    print(f"{torch.get_num_threads()} thread(s).")
    print(f"{sizes[0]:,} parameters instead of {sizes[1]:,}. {len(found)} prompts, pools of {SAMPLES}.\n")
    print(table(found, options.images))


if __name__ == "__main__":
    main()
