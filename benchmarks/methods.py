"""The methods that are compared. Each takes a workplace and makes (images, 4, 16, 16) latents of one prompt."""

import dataclasses
import math
from dataclasses import dataclass, field
from functools import partial

import torch

from lidar_core.guidance.guide import GuidanceSettings
from lidar_core.guidance.rules import KernelRule
from lidar_core.pools.pool import Pool
from lidar_core.world.samplers import SAMPLERS

from .workplace import Lookahead, Workplace


@dataclass(frozen=True)
class Plain:
    """Plain sampling, with `longer` times the steps."""

    longer: float = 1

    def __call__(self, work: Workplace) -> torch.Tensor:
        if self.longer == 1:
            return work.plain()
        steps = round(self.longer * work.sampling.steps)
        return work.runner.latents(work.prompt, work.seeds(), steps, work.sampling.sampler)


@dataclass(frozen=True)
class BestOf:
    """Best-of-N: the best of `n` times as many full runs, chosen over all of them together."""

    n: float = 4

    def __call__(self, work: Workplace) -> torch.Tensor:
        total = round(self.n * work.images)
        counts = [min(work.images, total - first) for first in range(0, total, work.images)]
        runs = [work.plain(turn, count) for turn, count in enumerate(counts)]
        rewards = [
            work.once(("plain rewards", turn, len(latents)), partial(work.rewards, latents))
            for turn, latents in enumerate(runs)
        ]
        return work.best(torch.cat(runs), torch.cat(rewards))


def best_samples(pool: Pool, first: int, count: int) -> list[int]:
    """Indices of `count` samples of the pool, best first, starting at the rank `first` (0 is the best)."""
    if first + count > len(pool):
        raise ValueError(f"The method needs {first + count} lookahead samples and has {len(pool)}: raise samples.")
    return pool.order()[first : first + count].tolist()


@dataclass(frozen=True)
class BestOfPool(Lookahead):
    """The best lookahead samples themselves."""

    def __call__(self, work: Workplace) -> torch.Tensor:
        pool = work.pool(self.lookahead)
        return pool.latents[best_samples(pool, 0, work.images)]


@dataclass(frozen=True)
class BestNoise(Lookahead):
    """Full runs from the starting noise of the best lookahead samples."""

    def __call__(self, work: Workplace) -> torch.Tensor:
        pool = work.pool(self.lookahead)
        seeds = [pool.seeds[index] for index in best_samples(pool, 0, work.images)]
        return work.runner.latents(work.prompt, seeds, work.sampling.steps, work.sampling.sampler)


@dataclass(frozen=True)
class Renoise(Lookahead):
    """Image-to-image from the best lookahead samples (SDEdit: Meng et al. 2022).

    As in the host, noise is added up to the point where the share `denoise` of the schedule remains, and that part gets
    the full number of steps. sources: how many of the best samples the pictures start from, in turn; 0: one for each.
    """

    denoise: float = 0.6
    sources: int = 0

    def __call__(self, work: Workplace) -> torch.Tensor:
        pool = work.pool(self.lookahead)
        steps = work.sampling.steps
        best = best_samples(pool, 0, self.sources or work.images)
        chosen = [best[image % len(best)] for image in range(work.images)]
        sigmas = work.runner.schedule(int(steps / self.denoise))[-(steps + 1) :]
        noise = work.runner.noise(work.seeds())
        start = pool.latents[chosen].to(work.world.device) + noise() * sigmas[0]
        return SAMPLERS[work.sampling.sampler](work.runner.denoiser(work.prompt), start, sigmas, noise)


@dataclass(frozen=True)
class Lidar(Lookahead):
    """LiDAR; optionally from the best lookahead noise, optionally keeping the best of `keep_of` times as many.

    with_pool: choose among the lookahead samples too, whose rewards are known.
    """

    keep_of: int = 1
    best_noise: bool = False
    with_pool: bool = False
    settings: GuidanceSettings = field(default_factory=GuidanceSettings)

    def __call__(self, work: Workplace) -> torch.Tensor:
        measures = isinstance(self.settings.rule, KernelRule) and self.settings.rule.handover is None
        draw = work.measured_pool if measures else work.pool
        pool = draw(self.lookahead)
        single = dataclasses.replace(self, keep_of=1, with_pool=False)
        guided = torch.cat(
            [work.once((single, turn), partial(self._turn, work, pool, turn)) for turn in range(self.keep_of)]
        )
        if self.with_pool:
            rewards = torch.cat([work.rewards(guided, self.small), pool.rewards])
            return work.best(torch.cat([guided.cpu(), pool.latents]), rewards)
        return work.best(guided, work.rewards(guided, self.small)) if self.keep_of > 1 else guided

    def _turn(self, work: Workplace, pool: Pool, turn: int) -> torch.Tensor:
        if pool.origin.handover == math.inf and not self.best_noise:
            return work.plain(turn)  # no sample leads: the guided run is the plain one, bit for bit
        seeds = work.seeds(turn)
        if self.best_noise:
            seeds = tuple(pool.seeds[index] for index in best_samples(pool, work.images * turn, work.images))
        guide = work.runner.guide(pool, self.settings, work.sampling.steps, seeds)
        return work.runner.latents(work.prompt, seeds, work.sampling.steps, work.sampling.sampler, guide)
