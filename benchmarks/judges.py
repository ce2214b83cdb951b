"""How far rewards can be trusted in the embedded world: python -m benchmarks.judges

Prints Markdown tables: how often each reward ranks a verified lookahead sample above a failed one of the same prompt;
how good the best of n samples is by each reward, and what LiDAR makes of each reward at several strengths, both by the
reward itself and by the verifier; and how well a hidden taste is learned from 40 comparisons.
"""

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from kornia.geometry.transform import resize
from tqdm import tqdm

from lidar_core.guidance.guide import GuidanceSettings
from lidar_core.guidance.rules import KernelRule
from lidar_core.pools.drawing import draw
from lidar_core.pools.pool import Pool
from lidar_core.pools.seeds import sample_seeds
from lidar_core.rewards.metrics import MetricReward
from lidar_core.rewards.mix import RewardMix
from lidar_core.rewards.recipe import Single
from lidar_core.rewards.reward import Reward, SingleReward
from lidar_core.rewards.taste import Taste, learned
from lidar_core.world.grammar import FAMILIES
from lidar_core.world.model import World
from lidar_core.world.reward import DemoReward
from lidar_core.world.run import Runner, WorldEngine
from lidar_core.world.verifier import verify

from .embedded_world import area_under_curve
from .prompts import Case, cases

LOOKAHEAD_STEPS, STEPS, SAMPLER = 8, 30, "euler"
NUMBERS = (1, 4, 16, 64)
POOL = 16
STRENGTHS = (0.5, 1.0, 4.0)
PAIRS = 40
TABLES = ("agreement", "strengths", "taste")
PUSHED = ("scorer", "more sharpness", "scorer + sharpness", "scorer gates sharpness")


class PlaceBlind(SingleReward):
    """The learned scorer with a blind spot: of a place in the prompt it reads only that both things are there."""

    name = "scorer blind to places"
    reads_prompt = True

    def __init__(self, scorer: DemoReward) -> None:
        self.scorer = scorer
        self.spread = scorer.spread

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        for relation in ("left of", "right of", "above", "below"):
            prompt = prompt.replace(relation, "and")
        return self.scorer.values(images, prompt)


class TasteReward(SingleReward):
    """A learned taste on features of the picture alone."""

    name = "learned taste"
    spread = 1.0
    reads_prompt = False

    def __init__(self, taste: Taste) -> None:
        self.taste = taste

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        return self.taste.scores(features(images))


def features(images: torch.Tensor) -> torch.Tensor:
    """(n, 256) of pictures (n, H, W, 3): how much each of 16 x 16 cells differs from the background."""
    pictures = images.movedim(-1, 1)
    paper = pictures.flatten(2).median(2).values[:, :, None, None]
    return resize((pictures - paper).norm(dim=1, keepdim=True), (16, 16), antialias=True).flatten(1)


def hidden_taste(images: torch.Tensor) -> torch.Tensor:
    """(n,) the taste to learn: large things (share of the picture) on the left (centre, 0 left to 1 right)."""
    pictures = images.movedim(-1, 1)
    paper = pictures.flatten(2).median(2).values[:, :, None, None]
    covered = ((pictures - paper).norm(dim=1) > 0.25).float()
    across = (torch.arange(covered.shape[2]) + 0.5) / covered.shape[2]
    size = covered.mean((1, 2))
    left = 1 - (covered * across).sum((1, 2)) / covered.sum((1, 2)).clamp(min=1)
    return size / 0.05 + left / 0.2


@dataclass(frozen=True)
class Drawn:
    """A case's lookahead samples, their pictures, and which of them the verifier finds right."""

    case: Case
    pool: Pool
    pictures: torch.Tensor
    right: torch.Tensor

    @property
    def prompt(self) -> str:
        return str(self.case.prompt)


def drawn(runner: Runner, case: Case, count: int) -> Drawn:
    seeds = sample_seeds(case.seeds(1)[0], count)
    engine = WorldEngine(runner, str(case.prompt), LOOKAHEAD_STEPS)
    pool, pictures = draw(engine, runner.world.reward, str(case.prompt), seeds, engine.origin)
    assert isinstance(pictures, torch.Tensor)
    return Drawn(case, pool, pictures, verify(case.prompt, pictures.movedim(-1, 1)))


def rewards_of(world: World) -> dict[str, Reward]:
    """A reward that reads the prompt, the same with a blind spot, rewards for looks alone, and mixes of them."""
    scorer, detail, colour = world.reward, MetricReward("sharpness"), MetricReward("colourfulness")
    return {
        "scorer": scorer,
        "scorer blind to places": PlaceBlind(scorer),
        "more sharpness": detail,
        "more colourfulness": colour,
        "scorer + sharpness": RewardMix([scorer, detail], [1.0, 1.0], "weighted sum"),
        "scorer + half sharpness": RewardMix([scorer, detail], [1.0, 0.5], "weighted sum"),
        "min of both": RewardMix([scorer, detail], [1.0, 1.0], "min"),
        "scorer gates sharpness": RewardMix([scorer, detail], [1.0, 1.0], "gate"),
    }


class Point(NamedTuple):
    """The mean z-scores of pictures among their prompt's lookahead samples, by the reward and by the hidden taste, and
    the share that is verified."""

    reward: float
    right: float
    taste: float = 0.0


def standing(values: torch.Tensor, among: torch.Tensor) -> float:
    """Mean z-score of values among others; 0 if the others are all equal."""
    return ((values - among.mean()) / among.std().clamp(min=1e-9)).mean().item()


def mean(points: Sequence[Point]) -> Point:
    return Point(*torch.tensor(points, dtype=torch.float64).mean(0).tolist())


def best_of(worked: Sequence[Drawn], reward: Reward, parts: Sequence[Mapping[str, torch.Tensor]], n: int) -> Point:
    """For the best of each n samples by the reward; parts: the scores of each case's samples."""
    points = []
    for one, scores in zip(worked, parts, strict=True):
        whole = reward.recipe.combined(scores)
        for first in range(0, len(whole) - n + 1, n):
            some = {name: scores[name][first : first + n] for name in reward.recipe.names}
            best = first + int(reward.recipe.combined(some).argmax())
            points.append(Point(standing(whole[best], whole), one.right[best].item()))
    return mean(points)


def guided(runner: Runner, one: Drawn, reward: Reward, strength: float, images: int) -> torch.Tensor:
    """(images, H, W, 3) that LiDAR makes of the case's first POOL samples by the reward; strength 0 is plain."""
    seeds = one.case.seeds(images, 1)
    guide = None
    if strength:
        kept = one.pool.latents[:POOL], reward.score(one.pictures[:POOL], one.prompt).values, one.pool.seeds[:POOL]
        name = Single(reward.name, reward.spread)
        pool = Pool(*kept, one.prompt, {reward.name: kept[1]}, replace(one.pool.origin), name)
        guide = runner.guide(pool, GuidanceSettings(KernelRule(strength)), STEPS, seeds)
    return runner.world.decode(runner.latents(one.prompt, seeds, STEPS, SAMPLER, guide))


def pushed(runner: Runner, worked: Sequence[Drawn], reward: Reward, strength: float, images: int) -> Point:
    """For the guided pictures. They are scored together with the samples, because a mix compares pictures."""
    points = []
    for one in worked:
        pictures = guided(runner, one, reward, strength, images)
        scores = reward.score(torch.cat([one.pictures, pictures]), one.prompt).values
        points.append(
            Point(
                standing(scores[len(one.pictures) :], scores[: len(one.pictures)]),
                verify(one.case.prompt, pictures.movedim(-1, 1)).float().mean().item(),
                standing(hidden_taste(pictures), hidden_taste(one.pictures)),
            )
        )
    return mean(points)


def taste_of_pairs(runner: Runner, pairs: int) -> tuple[Taste, int]:
    """The taste learned from comparisons of tuning prompts' lookahead samples, and the number of those prompts."""
    worked = [drawn(runner, case, 4) for case in cases("tuning", 4)]
    pictures = torch.cat([one.pictures for one in worked])
    felt, rng = hidden_taste(pictures), random.Random(0)
    chosen = [rng.sample(range(len(pictures)), 2) for _ in range(pairs)]
    ordered = [(one, other) if felt[one] > felt[other] else (other, one) for one, other in chosen]
    return learned(features(pictures), ordered), len(worked)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def cell(point: Point) -> str:
    return f"{point.reward:+.2f}, {100 * point.right:.0f} %"


def agreement(worked: Sequence[Drawn], rewards: Mapping[str, Reward]) -> None:
    """Prints the agreement with the verifier, and the best of n samples."""
    right = torch.cat([one.right for one in worked])
    print(f"{len(worked)} prompts, {len(right)} lookahead samples of {LOOKAHEAD_STEPS} steps, of which ", end="")
    print(f"{100 * right.float().mean():.0f} % are verified.\n\nAgreement with the verifier within a prompt, by AUC:\n")
    parts = {
        name: [reward.score(one.pictures, one.prompt).parts for one in worked]
        for name, reward in tqdm(rewards.items(), desc="scores", leave=False)
    }
    rows = []
    for name, reward in rewards.items():
        areas = [
            area_under_curve(reward.recipe.combined(scores), one.right)
            for scores, one in zip(parts[name], worked, strict=True)
        ]
        of = [
            [area for area, one in zip(areas, worked, strict=True) if one.case.prompt.family == family]
            for family in FAMILIES
        ]
        rows.append([name, *(f"{torch.tensor(some).nanmean():.2f}" for some in (*of, areas))])
    table(["reward", *FAMILIES, "all"], rows)

    print("The best of n samples by each reward: z-score of the reward, share verified.\n")
    numbers = [n for n in NUMBERS if n <= len(worked[0].right)]
    rows = [
        [name, *(cell(best_of(worked, reward, parts[name], n)) for n in numbers)] for name, reward in rewards.items()
    ]
    table(["reward", *(f"n = {n}" for n in numbers)], rows)


def strengths(runner: Runner, worked: Sequence[Drawn], rewards: Mapping[str, Reward], images: int) -> None:
    """Prints what LiDAR makes of rewards at several strengths."""
    print(
        f"{len(worked)} prompts, LiDAR with {POOL} samples, {SAMPLER}, {STEPS} steps, {images} pictures a prompt: ",
        end="",
    )
    print("z-score of the reward, share verified.\n")
    rows = []
    for name in tqdm(PUSHED, desc="strengths", leave=False):
        points = [pushed(runner, worked, rewards[name], strength, images) for strength in STRENGTHS]
        rows.append([name, *map(cell, points)])
    table(["reward", *(f"strength {strength:g}" for strength in STRENGTHS)], rows)


def tastes(runner: Runner, worked: Sequence[Drawn], images: int) -> None:
    """Prints how well a hidden taste is learned, and what LiDAR makes of it."""
    taste, prompts = taste_of_pairs(runner, PAIRS)
    reward = TasteReward(taste)
    told = [
        torch.corrcoef(torch.stack([reward.values(one.pictures, ""), hidden_taste(one.pictures)]))[0, 1]
        for one in worked
    ]
    print(
        f"A hidden taste (large, to the left) learned from {PAIRS} comparisons of {prompts} other prompts' samples: "
        f"agreement with comparisons left out {taste.agreement:.2f}, correlation within {len(worked)} new prompts "
        f"{torch.stack(told).mean():.2f}. The hidden taste of LiDAR's pictures ({images} a prompt), in standard "
        "deviations of a prompt's samples, and the share verified:\n"
    )
    mixes: dict[str, tuple[Reward, float]] = {
        "plain": (reward, 0.0),
        "taste": (reward, 1.0),
        "scorer": (runner.world.reward, 1.0),
        "scorer + taste": (RewardMix([runner.world.reward, reward], [1.0, 1.0], "weighted sum"), 1.0),
    }
    rows = []
    for name, (mixed, strength) in mixes.items():
        point = pushed(runner, worked, mixed, strength, images)
        rows.append([name, f"{point.taste:+.2f}", f"{100 * point.right:.0f} %"])
    table(["reward", "hidden taste", "verified"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judges", description=__doc__)
    parser.add_argument("--prompts", type=int, default=4, help="prompts of each family (default: 4)")
    parser.add_argument("--samples", type=int, default=64, help="lookahead samples of each prompt (default: 64)")
    parser.add_argument("--images", type=int, default=2, help="guided pictures of each prompt (default: 2)")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES, help="what to measure (default: all)")
    options = parser.parse_args()
    runner = Runner(World())
    rewards = rewards_of(runner.world)
    asked = cases("reported", options.prompts)
    worked = [drawn(runner, case, options.samples) for case in tqdm(asked, desc="lookahead samples", leave=False)]
    if "agreement" in options.tables:
        agreement(worked, rewards)
    if "strengths" in options.tables:
        strengths(runner, worked, rewards, options.images)
    if "taste" in options.tables:
        tastes(runner, worked, options.images)


if __name__ == "__main__":
    main()
