"""Whether drafts can be spent better than a fixed number of them: python -m benchmarks.spending

Draws 32 drafts of the distilled student for each tuning prompt, and prints two Markdown tables. What the best four of
those that a rule would have drawn are worth: how many drafts it draws and keeps, how many of the four are right, with
the paired interval against 16 drafts, and their variety. And what four of eight pictures are worth that 16 of the
drafts guided, by how the four are chosen.
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
class Drafts:
    """Drafts of one prompt in the order in which they are drawn: latents (n, ...), pictures, rewards and truth (n,)."""

    prompt: str
    latents: torch.Tensor
    pictures: torch.Tensor
    rewards: torch.Tensor
    right: torch.Tensor


@dataclass(frozen=True)
class Guided:
    """Guided pictures of one prompt, their rewards, those of the drafts that each followed to the end, and truth."""

    prompt: str
    pictures: torch.Tensor
    rewards: torch.Tensor
    followed_rewards: torch.Tensor
    right: torch.Tensor


Rule = Callable[[Drafts], list[int]]
"""Indices of the drafts that are drawn and kept, in the order in which they are drawn."""


def fixed(count: int) -> Rule:
    return lambda drafts: list(range(count))


def best(drafts: Drafts, kept: list[int]) -> list[int]:
    """The DELIVERED best of the drafts `kept`, best first."""
    return sorted(kept, key=lambda index: -float(drafts.rewards[index]))[:DELIVERED]


def until_enough_above(threshold: float, most: int) -> Rule:
    """Rounds of ROUND drafts until DELIVERED of them have a reward of `threshold`, or `most` are drawn."""

    def drawn(drafts: Drafts) -> list[int]:
        count = ROUND
        while count < most and (drafts.rewards[:count] >= threshold).sum() < DELIVERED:
            count += ROUND
        return list(range(count))

    return drawn


def until_unchanged(rounds: int, most: int) -> Rule:
    """Rounds of ROUND drafts until the best one has stayed for `rounds` rounds, or `most` are drawn."""

    def drawn(drafts: Drafts) -> list[int]:
        count = ROUND
        while count < most and int(drafts.rewards[:count].argmax()) >= count - rounds * ROUND:
            count += ROUND
        return list(range(count))

    return drawn


def without_near_ones(share: float, count: int) -> Rule:
    """Of `count` drafts those that no earlier kept one is nearer to than `share` of the median distance between two.

    It reads latents alone: what is dropped need not be decoded.
    """

    def kept(drafts: Drafts) -> list[int]:
        flat = drafts.latents[:count].flatten(1)
        distances = torch.cdist(flat, flat)
        limit = share * distances[torch.triu_indices(count, count, 1).unbind()].median()
        chosen: list[int] = []
        for index in range(count):
            if not chosen or distances[index, chosen].min() >= limit:
                chosen.append(index)
        return chosen

    return kept


RULES: dict[str, Rule] = {
    **{f"{count} drafts": fixed(count) for count in (16, 4, 8, 32)},
    **{
        f"rounds of 4 until 4 rewards are {threshold:+g}, at most {most}": until_enough_above(threshold, most)
        for threshold in (0.0, 2.0)
        for most in (16, 32)
    },
    **{
        f"rounds of 4 until the best stays for {rounds}, at most {most}": until_unchanged(rounds, most)
        for rounds in (1, 2)
        for most in (16, 32)
    },
    **{
        f"16 drafts but those within {share:g} of the median distance": without_near_ones(share, 16)
        for share in (0.5, 0.7, 0.85)
    },
}
"""The first is what the others are compared with."""


def table(found: list[Drafts], rules: dict[str, Rule]) -> str:
    """What the best DELIVERED of the drafts of each rule are worth; the first rule is what others are compared with."""
    kept = {name: [rule(drafts) for drafts in found] for name, rule in rules.items()}
    chosen = {
        name: [best(drafts, indices) for drafts, indices in zip(found, rows, strict=True)]
        for name, rows in kept.items()
    }
    counts = {name: fmean(map(len, rows)) for name, rows in kept.items()}
    return _table(found, chosen, counts)


def choices(found: list[Guided]) -> str:
    """What DELIVERED of the guided pictures are worth, by how they are chosen."""

    def by(values: Callable[[Guided], torch.Tensor]) -> list[list[int]]:
        return [values(guided).argsort(descending=True, stable=True)[:DELIVERED].tolist() for guided in found]

    chosen = {
        "the first 4": [list(range(DELIVERED)) for _ in found],
        "by the reward of the draft that each followed": by(lambda guided: guided.followed_rewards),
        "by their own reward": by(lambda guided: guided.rewards),
    }
    return _table(found, chosen, dict.fromkeys(chosen, float(GUIDED)))


def _table(found: Sequence[Drafts | Guided], chosen: dict[str, list[list[int]]], counts: dict[str, float]) -> str:
    lines = [
        "| rule | drawn or kept | chosen 4 right | against the first | diversity of the 4 |",
        "|---|---|---|---|---|",
    ]
    prompts = [drafts.prompt for drafts in found]
    reference: list[float] = []
    for name, fours in chosen.items():
        right = [100 * drafts.right[four].mean().item() for drafts, four in zip(found, fours, strict=True)]
        variety = fmean(diversity(drafts.pictures[four]) for drafts, four in zip(found, fours, strict=True))
        difference = ""
        if reference:
            low, high = interval([one - other for one, other in zip(right, reference, strict=True)], prompts)
            difference = f"{low:+.0f} to {high:+.0f}"
        else:
            reference = right
        lines.append(f"| {name} | {counts[name]:.1f} | {fmean(right):.0f} % | {difference} | {variety:.0f} |")
    return "\n".join(lines)


def draw(world: World, runner: Runner, case: Case) -> Drafts:
    prompt = str(case.prompt)
    latents = runner.latents(prompt, case.seeds(DRAWN), STEPS, "lcm")
    pictures = world.decode(latents)
    right = verify(case.prompt, pictures.movedim(-1, 1)).float()
    return Drafts(prompt, latents, pictures, world.reward.score(pictures, prompt).values, right)


def guide(world: World, runner: Runner, case: Case) -> Guided:
    """GUIDED pictures that GUIDING new drafts lead: Euler ancestral, the schedule simple."""
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
    drawn = cases("tuning", options.prompts)
    print(table([draw(world, runner, case) for case in tqdm(drawn, desc="drafts")], RULES))
    print()
    print(choices([guide(world, runner, case) for case in tqdm(drawn, desc="guided")]))


if __name__ == "__main__":
    main()
