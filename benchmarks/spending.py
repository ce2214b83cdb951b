"""How many lookahead samples to draw, and which pictures to keep: python -m benchmarks.spending

Draws 32 lookahead samples of the distilled student for each tuning prompt, and prints two Markdown tables. The first
compares rules that draw or keep only some of them: the number kept, how many of the best four are right, the paired
interval of the difference from 16 samples, and the diversity of the four. The second compares ways to choose four of
eight pictures that 16 samples guided.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from tqdm import tqdm

from lidar_core.guidance.guide import GuidanceSettings
from lidar_core.guidance.trace import Trace
from lidar_core.pools.drawing import draw as draw_pool
from lidar_core.world.model import World
from lidar_core.world.run import Runner, WorldEngine
from lidar_core.world.verifier import verify

from .intervals import interval
from .prompts import Case, cases
from .runs import diversity

DRAWN, STEPS, DELIVERED, ROUND = 32, 4, 4, 4
GUIDING, GUIDED, GUIDED_STEPS = 16, 8, 20


@dataclass(frozen=True)
class Drawn:
    """One prompt's lookahead samples in the order of drawing: latents (n, ...), pictures, rewards (n,), and right (n,),
    1 where the verifier agrees and 0 elsewhere."""

    prompt: str
    latents: torch.Tensor
    pictures: torch.Tensor
    rewards: torch.Tensor
    right: torch.Tensor


@dataclass(frozen=True)
class Guided:
    """Guided pictures of one prompt. followed_rewards: of the sample that each picture followed to the end."""

    prompt: str
    pictures: torch.Tensor
    rewards: torch.Tensor
    followed_rewards: torch.Tensor
    right: torch.Tensor


Rule = Callable[[Drawn], list[int]]
"""Indices of the samples that a rule draws and keeps, in the order of drawing."""


def fixed(count: int) -> Rule:
    return lambda samples: list(range(count))


def best(samples: Drawn, kept: list[int]) -> list[int]:
    """The DELIVERED best of the samples `kept`, best first."""
    return sorted(kept, key=lambda index: -float(samples.rewards[index]))[:DELIVERED]


def until_enough_above(threshold: float, most: int) -> Rule:
    """Draws rounds of ROUND samples until DELIVERED of them reach `threshold`, or `most` are drawn."""

    def kept(samples: Drawn) -> list[int]:
        count = ROUND
        while count < most and (samples.rewards[:count] >= threshold).sum() < DELIVERED:
            count += ROUND
        return list(range(count))

    return kept


def until_unchanged(rounds: int, most: int) -> Rule:
    """Draws rounds of ROUND samples until the best one has stayed best for `rounds` rounds, or `most` are drawn."""

    def kept(samples: Drawn) -> list[int]:
        count = ROUND
        while count < most and int(samples.rewards[:count].argmax()) >= count - rounds * ROUND:
            count += ROUND
        return list(range(count))

    return kept


def without_near_ones(share: float, count: int) -> Rule:
    """Drops each of `count` samples that is too near an earlier one: nearer than `share` of the median distance.

    It reads latents alone, so a dropped sample need not be decoded.
    """

    def kept(samples: Drawn) -> list[int]:
        flat = samples.latents[:count].flatten(1)
        distances = torch.cdist(flat, flat)
        limit = share * distances[torch.triu_indices(count, count, 1).unbind()].median()
        chosen: list[int] = []
        for index in range(count):
            if not chosen or distances[index, chosen].min() >= limit:
                chosen.append(index)
        return chosen

    return kept


RULES: dict[str, Rule] = {
    **{f"{count} samples": fixed(count) for count in (16, 4, 8, 32)},
    **{
        f"rounds of 4 until 4 rewards are above {threshold:g}, at most {most}": until_enough_above(threshold, most)
        for threshold in (0.0, 2.0)
        for most in (16, 32)
    },
    **{
        f"rounds of 4 until the best stays best for {rounds}, at most {most}": until_unchanged(count, most)
        for rounds, count in (("1 round", 1), ("2 rounds", 2))
        for most in (16, 32)
    },
    **{
        f"16 samples, without those within {share:g} of the median distance": without_near_ones(share, 16)
        for share in (0.5, 0.7, 0.85)
    },
}
"""The first is what the others are compared with."""


def table(found: list[Drawn], rules: dict[str, Rule]) -> str:
    """Compares the best DELIVERED samples of each rule with those of the first."""
    kept = {name: [rule(samples) for samples in found] for name, rule in rules.items()}
    chosen = {
        name: [best(samples, indices) for samples, indices in zip(found, rows, strict=True)]
        for name, rows in kept.items()
    }
    counts = {name: fmean(map(len, rows)) for name, rows in kept.items()}
    return _table(found, chosen, counts)


def choices(found: list[Guided]) -> str:
    """Compares ways to choose DELIVERED of the guided pictures."""

    def by(values: Callable[[Guided], torch.Tensor]) -> list[list[int]]:
        return [values(guided).argsort(descending=True, stable=True)[:DELIVERED].tolist() for guided in found]

    chosen = {
        "the first 4": [list(range(DELIVERED)) for _ in found],
        "by the reward of the sample that each followed": by(lambda guided: guided.followed_rewards),
        "by their own reward": by(lambda guided: guided.rewards),
    }
    return _table(found, chosen, dict.fromkeys(chosen, float(GUIDED)))


def _table(found: Sequence[Drawn | Guided], chosen: dict[str, list[list[int]]], counts: dict[str, float]) -> str:
    lines = [
        "| rule | drawn or kept | chosen 4 right | against the first | diversity of the 4 |",
        "|---|---|---|---|---|",
    ]
    prompts = [samples.prompt for samples in found]
    reference: list[float] = []
    for name, fours in chosen.items():
        right = [100 * samples.right[four].mean().item() for samples, four in zip(found, fours, strict=True)]
        variety = fmean(diversity(samples.pictures[four]) for samples, four in zip(found, fours, strict=True))
        difference = ""
        if reference:
            low, high = interval([one - other for one, other in zip(right, reference, strict=True)], prompts)
            difference = f"{low:+.0f} to {high:+.0f}"
        else:
            reference = right
        lines.append(f"| {name} | {counts[name]:.1f} | {fmean(right):.0f} % | {difference} | {variety:.0f} |")
    return "\n".join(lines)


def draw(world: World, runner: Runner, case: Case) -> Drawn:
    prompt = str(case.prompt)
    latents = runner.latents(prompt, case.seeds(DRAWN), STEPS, "lcm")
    pictures = world.decode(latents)
    right = verify(case.prompt, pictures.movedim(-1, 1)).float()
    return Drawn(prompt, latents, pictures, world.reward.score(pictures, prompt).values, right)


def guide(world: World, runner: Runner, case: Case) -> Guided:
    """GUIDED pictures guided by GUIDING new samples: Euler ancestral, the schedule simple."""
    prompt, guiding = str(case.prompt), Runner(world, schedule_name="simple")
    engine = WorldEngine(runner, prompt, STEPS, "lcm")
    pool, _ = draw_pool(engine, world.reward, prompt, case.seeds(GUIDING, 4), engine.origin)
    trace, seeds = Trace(), case.seeds(GUIDED)
    leading = guiding.guide(pool, GuidanceSettings(), GUIDED_STEPS, seeds, trace)
    latents = guiding.latents(prompt, seeds, GUIDED_STEPS, "euler_ancestral", leading)
    pictures = world.decode(latents)
    followed = trace.points[-1].leading if trace.points else torch.zeros(GUIDED, dtype=torch.long)
    right = verify(case.prompt, pictures.movedim(-1, 1)).float()
    rewards = world.reward.score(pictures, prompt).values
    return Guided(prompt, pictures, rewards, pool.rewards[followed], right)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.spending", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prompts", type=int, default=12, help="prompts of each family (default: 12)")
    options = parser.parse_args()
    world = World()
    runner = Runner(world.student(), 1.0, "simple")
    prompts = cases("tuning", options.prompts)
    print(table([draw(world, runner, case) for case in tqdm(prompts, desc="lookahead")], RULES))
    print()
    print(choices([guide(world, runner, case) for case in tqdm(prompts, desc="guided")]))


if __name__ == "__main__":
    main()
