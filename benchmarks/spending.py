"""Whether drafts can be spent better than a fixed number of them: python -m benchmarks.spending

Draws 32 drafts of the distilled student for each tuning prompt, and prints a Markdown table of what the best four of
those that a rule would have drawn are worth: how many drafts it draws and keeps, how many of the four are right, with
the paired interval against 16 drafts, and their variety.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

import torch
from tqdm import tqdm

from lidar_core.world.model import World
from lidar_core.world.run import Runner
from lidar_core.world.verifier import verify

from .intervals import interval
from .prompts import cases
from .runs import diversity

DRAWN, STEPS, DELIVERED, ROUND = 32, 4, 4, 4


@dataclass(frozen=True)
class Drafts:
    """Drafts of one prompt in the order in which they are drawn: latents (n, ...), pictures, rewards and truth (n,)."""

    prompt: str
    latents: torch.Tensor
    pictures: torch.Tensor
    rewards: torch.Tensor
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
    lines = [
        "| rule | drawn or kept | best 4 right | against the first | diversity of the 4 |",
        "|---|---|---|---|---|",
    ]
    prompts = [drafts.prompt for drafts in found]
    reference: list[float] = []
    for name, rule in rules.items():
        kept = [rule(drafts) for drafts in found]
        four = [best(drafts, indices) for drafts, indices in zip(found, kept, strict=True)]
        right = [100 * drafts.right[chosen].mean().item() for drafts, chosen in zip(found, four, strict=True)]
        variety = fmean(diversity(drafts.pictures[chosen]) for drafts, chosen in zip(found, four, strict=True))
        difference = ""
        if reference:
            low, high = interval([one - other for one, other in zip(right, reference, strict=True)], prompts)
            difference = f"{low:+.0f} to {high:+.0f}"
        else:
            reference = right
        lines.append(f"| {name} | {fmean(map(len, kept)):.1f} | {fmean(right):.0f} % | {difference} | {variety:.0f} |")
    return "\n".join(lines)


def draw(world: World, runner: Runner, per_family: int) -> list[Drafts]:
    found = []
    for case in tqdm(cases("tuning", per_family), desc="prompts"):
        prompt = str(case.prompt)
        latents = runner.latents(prompt, case.seeds(DRAWN), STEPS, "lcm")
        pictures = world.decode(latents)
        right = verify(case.prompt, pictures.movedim(-1, 1)).float()
        found.append(Drafts(prompt, latents, pictures, world.reward.score(pictures, prompt).values, right))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.spending", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prompts", type=int, default=12, help="prompts of each family (default: 12)")
    options = parser.parse_args()
    world = World()
    print(table(draw(world, Runner(world.student(), 1.0, "simple"), options.prompts), RULES))


if __name__ == "__main__":
    main()
