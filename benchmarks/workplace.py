"""What the methods work with on one prompt: sampling, decoding and scoring, with their cost; shared parts run once."""

import itertools
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import torch

from lidar_core.pools.drawing import draw
from lidar_core.pools.merge import merge_pools
from lidar_core.pools.pool import Pool
from lidar_core.pools.seeds import sample_seeds
from lidar_core.world.architecture import DEFAULT_CFG
from lidar_core.world.model import World
from lidar_core.world.run import Runner, WorldEngine
from lidar_core.world.samplers import SAMPLERS

from .cost import Cost, PeakMemory
from .prompts import Case

Result = TypeVar("Result")
Kept = dict[Hashable, tuple[Any, Cost]]
"""Results that were computed once, with their cost."""

SCHEDULES = ("karras", "simple", "flow")
_ETAS = {"euler": 0.0, "euler_ancestral": 1.0, "ddim": 1.0}
_POOL_CUTS = (3, 9, 16, 32, 50, 100)


@dataclass(frozen=True)
class Sampling:
    """How the delivered pictures are sampled; written sampler/schedule/steps."""

    sampler: str
    schedule: str
    steps: int

    def __str__(self) -> str:
        return f"{self.sampler}/{self.schedule}/{self.steps}"

    @classmethod
    def parse(cls, text: str) -> "Sampling":
        parts = text.split("/")
        if len(parts) != 3 or parts[0] not in SAMPLERS or parts[1] not in SCHEDULES or not parts[2].isdecimal():
            raise ValueError(
                f'"{text}" is no sampling: write sampler/schedule/steps, with a sampler of {", ".join(SAMPLERS)} '
                f"and a schedule of {', '.join(SCHEDULES)}."
            )
        return cls(parts[0], parts[1], int(parts[2]))

    @property
    def walkable(self) -> bool:
        """Whether methods can take the steps themselves, one DDIM step at a time."""
        return self.sampler in _ETAS

    @property
    def eta(self) -> float:
        """The share of fresh noise in a DDIM step."""
        if not self.walkable:
            raise ValueError(f"{self.sampler} takes no DDIM steps: use one of {', '.join(_ETAS)}.")
        return _ETAS[self.sampler]


@dataclass(frozen=True)
class Lookahead:
    """How a method looks ahead.

    student: with the distilled model, whose cfg is 1. small: the samples are decoded by the small decoder.
    """

    samples: int = 16
    lookahead_steps: int = 8
    lookahead_cfg: float = DEFAULT_CFG
    student: bool = False
    small: bool = False

    @property
    def lookahead(self) -> "Lookahead":
        """The lookahead of a method, without its other options."""
        return Lookahead(self.samples, self.lookahead_steps, self.lookahead_cfg, self.student, self.small)


class Workplace:
    """One case with one sampling. Nothing in it uses the verifier.

    shared: what does not depend on the sampling, kept for the case's other samplings: lookahead samples and hand-overs.
    """

    def __init__(
        self, world: World, student: World, case: Case, sampling: Sampling, images: int, shared: Kept | None = None
    ) -> None:
        self.world, self.student = world, student
        self.prompt = str(case.prompt)
        self.case, self.sampling, self.images = case, sampling, images
        self.runner = Runner(world, schedule_name=sampling.schedule, on_nfe=self._counted)
        self.spent = Cost()
        self._kept: Kept = {}
        self._shared: Kept = {} if shared is None else shared
        self._memory = PeakMemory()
        self._mark = 0.0

    def run(self, method: Callable[["Workplace"], torch.Tensor]) -> tuple[torch.Tensor, Cost]:
        """The method's latents and its full cost, even if shared parts were computed before."""
        self._memory.start()
        self._mark = time.process_time()
        return self._measured(lambda: method(self))

    def once(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The result of compute(), kept under `key`; its cost is charged each time."""
        return self._once(self._kept, key, compute)

    def _once(self, kept: Kept, key: Hashable, compute: Callable[[], Result]) -> Result:
        if key not in kept:
            kept[key] = self._measured(compute)
        result, cost = kept[key]
        self.spent.add(cost)
        return result

    def _measured(self, compute: Callable[[], Result]) -> tuple[Result, Cost]:
        self._charge()
        outer, self.spent = self.spent, Cost()
        result = compute()
        self._charge()
        inner, self.spent = self.spent, outer
        return result, inner

    def _charge(self) -> None:
        """Add the time and memory since the last charge to the cost that is being counted now."""
        now = time.process_time()
        self.spent.seconds += now - self._mark
        self.spent.memory = max(self.spent.memory, self._memory.take())
        self._mark = time.process_time()

    def _scored(self, count: int) -> None:
        self.spent.decodes += count
        self.spent.scores += count

    def _counted(self, count: int) -> None:
        self.spent.nfe += count

    def seeds(self, turn: int = 0) -> tuple[int, ...]:
        return self.case.seeds(self.images, turn)

    def plain(self, turn: int = 0, count: int | None = None) -> torch.Tensor:
        """(images, 4, 16, 16) the `turn`-th set of full runs, or its first `count`."""
        seeds, steps, sampler = self.seeds(turn)[:count], self.sampling.steps, self.sampling.sampler
        return self.once(("plain", seeds), lambda: self.runner.latents(self.prompt, seeds, steps, sampler))

    def pool(self, lookahead: Lookahead) -> Pool:
        """A lookahead pool, the same for every picture of the case; larger pools contain smaller ones."""
        seeds = sample_seeds(self.seeds()[0], lookahead.samples)
        bounds = [0, *(cut for cut in _POOL_CUTS if cut < lookahead.samples), lookahead.samples]
        kind = replace(lookahead, samples=0)
        pieces = [
            self._once(self._shared, (kind, low, high), partial(self._look, seeds[low:high], lookahead))
            for low, high in itertools.pairwise(bounds)
        ]
        return merge_pools(pieces)

    def measured_pool(self, lookahead: Lookahead) -> Pool:
        """The lookahead pool with its hand-over; methods that use it pay for the measurement."""
        pool = self.pool(lookahead)
        return self._once(self._shared, ("hand-over", lookahead), lambda: self.runner.measured(pool))

    def _look(self, seeds: tuple[int, ...], lookahead: Lookahead) -> Pool:
        if lookahead.student:
            runner = Runner(self.student, 1.0, "simple", on_nfe=self._counted)
        else:
            runner = Runner(self.world, lookahead.lookahead_cfg, on_nfe=self._counted)
        sampler = "lcm" if lookahead.student else "dpmpp_2m"
        engine = WorldEngine(runner, self.prompt, lookahead.lookahead_steps, sampler, lookahead.small)
        pool, _ = draw(engine, self.world.reward, self.prompt, seeds, engine.origin)
        self._scored(len(seeds))
        return pool

    def rewards(self, latents: torch.Tensor, small: bool = False) -> torch.Tensor:
        """(B,) rewards of decoded latents; small: by the small decoder."""
        self._scored(len(latents))
        return self.world.reward.score(self.world.decode(latents, small), self.prompt).values.cpu()

    def best(self, latents: torch.Tensor, rewards: torch.Tensor | None = None) -> torch.Tensor:
        """The latents with the best rewards, one for each picture of the case."""
        if rewards is None:
            rewards = self.rewards(latents)
        return latents[rewards.argsort(descending=True, stable=True)[: self.images]]
