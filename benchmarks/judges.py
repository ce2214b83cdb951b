"""How far rewards can be trusted in the embedded world: python -m benchmarks.judges

For each reward: how often it ranks a verified lookahead sample above a failed one of the same prompt, how good the best
of n samples is, and what LiDAR makes of it at several strengths, both by the reward itself and by the verifier; and how
well a hidden taste is learned from 40 comparisons. Each prompt's results are appended to --out as soon as they are
ready, so a run may be stopped and resumed; Markdown tables with 95 % intervals over the prompts follow.
"""

import argparse
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
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
from lidar_core.rewards.recipe import Recipe
from lidar_core.rewards.reward import Reward, SingleReward
from lidar_core.rewards.taste import Taste, learned
from lidar_core.world.model import World
from lidar_core.world.reward import DemoReward
from lidar_core.world.run import Runner, WorldEngine
from lidar_core.world.verifier import verify

from . import records
from .embedded_world import area_under_curve
from .judges_tables import tables
from .prompts import Case, cases
from .records import Row

LOOKAHEAD_STEPS, STEPS, SAMPLER, SCHEDULE = 8, 20, "euler_ancestral", "simple"
NUMBERS = (1, 4, 16, 64)
PAIRS = 40


class Push(NamedTuple):
    """How hard LiDAR follows a reward."""

    samples: int
    strength: float

    def __str__(self) -> str:
        return f"n = {self.samples}, strength {self.strength:g}"


MODERATE = Push(16, 1.0)
PUSHES = (Push(4, 1.0), Push(16, 0.5), MODERATE, Push(16, 4.0), Push(64, 4.0))
PUSHED = (
    "scorer",
    "scorer blind to places",
    "more sharpness",
    "more sharpness, not shrunk",
    "scorer + sharpness",
    "scorer gates sharpness",
)
TASTES = ("taste", "scorer + taste", "scorer gates taste")


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


class NotShrunk(SingleReward):
    """A reward whose spread is unknown, so that differences between nearly equal pictures count in full."""

    spread = 0.0

    def __init__(self, reward: SingleReward) -> None:
        self.reward = reward
        self.name = f"{reward.name}, not shrunk"
        self.reads_prompt = reward.reads_prompt

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        return self.reward.values(images, prompt)


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


def drawn(world: World, case: Case, count: int) -> Drawn:
    seeds = sample_seeds(case.seeds(1)[0], count)
    engine = WorldEngine(Runner(world), str(case.prompt), LOOKAHEAD_STEPS)
    pool, pictures = draw(engine, world.reward, str(case.prompt), seeds, engine.origin)
    assert isinstance(pictures, torch.Tensor)
    return Drawn(case, pool, pictures, verify(case.prompt, pictures.movedim(-1, 1)))


def rewards_of(world: World, taste: Taste) -> dict[str, Reward]:
    """A reward that reads the prompt, the same with a blind spot, rewards for looks alone, and mixes of them."""
    scorer, detail, colour, learnt = (
        world.reward,
        MetricReward("sharpness"),
        MetricReward("colourfulness"),
        TasteReward(taste),
    )

    def mix(other: Reward, mode: str, weight: float = 1.0) -> RewardMix:
        return RewardMix([scorer, other], [1.0, weight], mode)

    return {
        "scorer": scorer,
        "scorer blind to places": PlaceBlind(scorer),
        "more sharpness": detail,
        "more sharpness, not shrunk": NotShrunk(detail),
        "more colourfulness": colour,
        "scorer + sharpness": mix(detail, "weighted sum"),
        "scorer + half sharpness": mix(detail, "weighted sum", 0.5),
        "min of both": mix(detail, "min"),
        "scorer gates sharpness": mix(detail, "gate"),
        "taste": learnt,
        "scorer + taste": mix(learnt, "weighted sum"),
        "scorer gates taste": mix(learnt, "gate"),
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


Parts = Mapping[str, torch.Tensor]
"""The scores of a case's samples by each single reward of a recipe."""


def best_of(one: Drawn, recipe: Recipe, parts: Parts, n: int) -> Point:
    """The mean over the best of each n samples."""
    points = []
    whole = recipe.combined(parts)
    for first in range(0, len(whole) - n + 1, n):
        best = first + int(recipe.combined(cut(parts, slice(first, first + n))).argmax())
        points.append(Point(standing(whole[best], whole), one.right[best].item()))
    return Point(*torch.tensor(points, dtype=torch.float64).mean(0).tolist())


def cut(parts: Parts, some: slice) -> Parts:
    return {name: scores[some] for name, scores in parts.items()}


def guided(world: World, one: Drawn, recipe: Recipe, parts: Parts, push: Push, images: int) -> torch.Tensor:
    """(images, H, W, 3) that LiDAR makes of the case's first samples."""
    first = slice(push.samples)
    pool = Pool.scored(
        one.pool.latents[first],
        recipe.combined(cut(parts, first)),
        one.pool.seeds[first],
        one.prompt,
        cut(parts, first),
        one.pool.origin,
        recipe,
    )
    runner = Runner(world, schedule_name=SCHEDULE)
    starts = one.case.seeds(images, 1)
    guide = runner.guide(pool, GuidanceSettings(KernelRule(push.strength)), STEPS, starts)
    return world.decode(runner.latents(one.prompt, starts, STEPS, SAMPLER, guide))


def plain(world: World, one: Drawn, images: int) -> torch.Tensor:
    """(images, H, W, 3) from the same noise as the guided pictures."""
    runner = Runner(world, schedule_name=SCHEDULE)
    return world.decode(runner.latents(one.prompt, one.case.seeds(images, 1), STEPS, SAMPLER))


def judged(one: Drawn, reward: Reward, parts: Parts, pictures: torch.Tensor) -> Point:
    """For pictures of the same prompt, compared with the samples, as a mix compares pictures."""
    count = len(one.pictures)
    own = reward.score(pictures, one.prompt).parts
    scores = reward.recipe.combined({name: torch.cat([parts[name], own[name]]) for name in reward.recipe.names})
    return Point(
        standing(scores[count:], scores[:count]),
        verify(one.case.prompt, pictures.movedim(-1, 1)).float().mean().item(),
        standing(hidden_taste(pictures), hidden_taste(one.pictures)),
    )


def taste_of_pairs(world: World, pairs: int) -> Taste:
    """The taste learned from comparisons of two of 24 lookahead samples of 6 tuning prompts."""
    pictures = torch.cat([drawn(world, case, 4).pictures for case in cases("tuning", 1)])
    felt, rng = hidden_taste(pictures), random.Random(0)
    chosen = [rng.sample(range(len(pictures)), 2) for _ in range(pairs)]
    ordered = [(one, other) if felt[one] > felt[other] else (other, one) for one, other in chosen]
    return learned(features(pictures), ordered)


def measured(world: World, case: Case, rewards: Mapping[str, Reward], taste: Taste, samples: int, images: int) -> Row:
    """All results of one prompt, as JSON."""
    one = drawn(world, case, samples)
    unguided = plain(world, one, images)
    row: Row = {
        "case": case.index,
        "prompt": one.prompt,
        "family": case.prompt.family,
        "right": one.right.float().mean().item(),
        "agreement": taste.agreement,
        "correlation": torch.corrcoef(
            torch.stack([rewards["taste"].score(one.pictures, "").values, hidden_taste(one.pictures)])
        )[0, 1].item(),
        "auc": {},
        "best": {},
        "plain": {},
        "pushed": {},
    }
    for name, reward in rewards.items():
        recipe, scores = reward.recipe, reward.score(one.pictures, one.prompt)
        area = area_under_curve(scores.values, one.right)
        row["auc"][name] = None if math.isnan(area) else area
        row["best"][name] = {str(n): best_of(one, recipe, scores.parts, n) for n in NUMBERS if n <= samples}
        row["plain"][name] = judged(one, reward, scores.parts, unguided)
        pushes = PUSHES if name in PUSHED else (MODERATE,) if name in TASTES else ()
        row["pushed"][name] = {
            str(push): judged(one, reward, scores.parts, guided(world, one, recipe, scores.parts, push, images))
            for push in pushes
            if push.samples <= samples
        }
    return row


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.judges", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prompts", type=int, default=10, help="prompts of each of the 6 families (default: 10)")
    parser.add_argument("--samples", type=int, default=64, help="lookahead samples of each prompt (default: 64)")
    parser.add_argument("--images", type=int, default=2, help="guided pictures of each prompt (default: 2)")
    parser.add_argument("--out", type=Path, default=Path("benchmark_results/judges.jsonl"))
    options = parser.parse_args()
    asked = cases("reported", options.prompts)
    done = {row["case"] for row in records.read(options.out)[1]}
    missing = [case for case in asked if case.index not in done]
    if missing:
        world = World()
        taste = taste_of_pairs(world, PAIRS)
        rewards = rewards_of(world, taste)
        for case in tqdm(missing, mininterval=10):
            records.append(options.out, measured(world, case, rewards, taste, options.samples, options.images))
    print(tables([row for row in records.read(options.out)[1] if row["case"] < len(asked)]))


if __name__ == "__main__":
    main()
