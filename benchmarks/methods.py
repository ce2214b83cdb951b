"""Ways to spend model evaluations on one prompt of the embedded world. None of them sees the verifier."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from lidar_core.guide import GuidanceSettings
from lidar_core.pool import Pool
from lidar_core.seeds import sample_seeds
from lidar_core.world.run import Runner


@dataclass(frozen=True)
class Task:
    """One prompt, the seeds of its pictures, and how they are sampled."""

    prompt: str
    seeds: Sequence[int]
    steps: int
    sampler: str
    samples: int = 16
    lookahead_steps: int = 8

    def more_seeds(self, factor: int) -> list[int]:
        """`factor` times as many seeds; the task's own come first."""
        return [seed + 10_000 * turn for turn in range(factor) for seed in self.seeds]


Method = Callable[[Runner, Task], torch.Tensor]
"""From a runner, whose evaluations are counted, and a task to (images, 4, 16, 16) latents."""


def rewards(runner: Runner, task: Task, latents: torch.Tensor) -> torch.Tensor:
    return runner.world.reward.score(runner.world.decode(latents), task.prompt)


def best(runner: Runner, task: Task, latents: torch.Tensor) -> torch.Tensor:
    """As many latents as the task has seeds, those with the best rewards."""
    return latents[rewards(runner, task, latents).argsort(descending=True)[: len(task.seeds)]]


def plain(runner: Runner, task: Task) -> torch.Tensor:
    return runner.latents(task.prompt, task.seeds, task.steps, task.sampler)


def plain_longer(factor: int) -> Method:
    return lambda runner, task: runner.latents(task.prompt, task.seeds, factor * task.steps, task.sampler)


def best_of(factor: int) -> Method:
    """Best-of-N: keep the best of `factor` times as many full runs."""

    def method(runner: Runner, task: Task) -> torch.Tensor:
        seeds = task.more_seeds(factor)
        return best(runner, task, runner.latents(task.prompt, seeds, task.steps, task.sampler))

    return method


def draw_pool(runner: Runner, task: Task) -> Pool:
    seeds = sample_seeds(task.seeds[0], task.samples)
    latents = runner.latents(task.prompt, seeds, task.lookahead_steps, "dpmpp_2m")
    return Pool.scored(latents, rewards(runner, task, latents), seeds, task.prompt)


def best_of_pool(runner: Runner, task: Task) -> torch.Tensor:
    """The best lookahead samples themselves."""
    pool = draw_pool(runner, task)
    return pool.latents[pool.order()[: len(task.seeds)]]


def best_noise(runner: Runner, task: Task) -> torch.Tensor:
    """Full runs from the noise of the best lookahead samples."""
    pool = draw_pool(runner, task)
    seeds = [pool.seeds[index] for index in pool.order()[: len(task.seeds)].tolist()]
    return runner.latents(task.prompt, seeds, task.steps, task.sampler)


def lidar(settings: GuidanceSettings, from_best_noise: bool = False, keep_of: int = 1) -> Method:
    """LiDAR; optionally from the best lookahead noise, optionally keeping the best of `keep_of` times as many."""

    def method(runner: Runner, task: Task) -> torch.Tensor:
        pool = draw_pool(runner, task)
        seeds = task.more_seeds(keep_of)
        if from_best_noise:
            seeds = [pool.seeds[index] for index in pool.order()[: len(seeds)].tolist()]
        guide = runner.guide(pool, settings, task.steps)
        latents = runner.latents(task.prompt, seeds, task.steps, task.sampler, guide)
        return best(runner, task, latents) if keep_of > 1 else latents

    return method
