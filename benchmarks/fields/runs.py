"""Guided runs in the analytic world, under any rule."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from lidar_core.guidance.closed_form import PreparedPool
from lidar_core.guidance.guide import GuidanceSettings, Guide
from lidar_core.rewards.reward import log_tilts
from lidar_core.world.samplers import SAMPLERS

from . import octaves
from .drafts import draw
from .forms import Model

Predict = Callable[[torch.Tensor | None], torch.Tensor]
Guided = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, Predict], torch.Tensor]
"""(x (B, ...), sigma (B,), a (B,), b (B,), predict) to the denoised prediction; predict as Guide describes it."""


@dataclass(frozen=True)
class Task:
    """What a rule is given: the model, drafts with their rewards, and the run's levels and unit starting noise."""

    model: Model
    drafts: torch.Tensor
    rewards: torch.Tensor
    sigmas: torch.Tensor
    noise: torch.Tensor


Rule = Callable[[Task], Guided]


def fixed(strength: float) -> Rule:
    """The kernel rule of one strength."""

    def rule(task: Task) -> Guided:
        settings = GuidanceSettings(strength=strength)
        tilts = log_tilts(task.rewards, settings.lam, task.drafts[0].numel())
        return Guide(PreparedPool(task.drafts, tilts), settings, task.sigmas, math.inf, 0.0, None, task.noise)

    return rule


@dataclass(frozen=True)
class Outcome:
    """Of one run. wanted: share of pictures of a wanted component. By octave, coarse to fine: power about the
    component's mean, 1 in the world itself, and agreement with the draft that each picture resembles most. asked: steps
    at which the model was."""

    wanted: float
    power: list[float]
    agreement: list[float]
    asked: int


def prepare(model: Model, kind: str, samples: int, images: int, steps: int, seed: int) -> Task:
    """Drafts of `kind`, rewarded by the log probability of the wanted components with a little noise."""
    generator = torch.Generator().manual_seed(seed)
    drafts = draw(model, kind, samples, generator)
    rewards = model.fields.wanted_shares(drafts).clamp(min=1e-6).log()
    rewards += 0.05 * torch.randn(samples, generator=generator)
    noise = torch.randn(images, *model.fields.shape, generator=generator)
    return Task(model, drafts, rewards, model.form.levels(steps), noise)


def run(task: Task, rule: Rule | None) -> Outcome:
    """A guided run from the task's noise; a plain one without a rule."""
    model, asked = task.model, 0
    guided = rule(task) if rule else None

    def ask(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        nonlocal asked
        asked += 1
        return model.denoise(x, sigma)

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        if guided is None:
            return ask(x, sigma)
        level = sigma.expand(len(x))
        a, b = model.form.kernel(level)
        return guided(x, level, a, b, lambda instead: ask(x, sigma) if instead is None else instead)

    generator = torch.Generator().manual_seed(0)
    fresh = partial(torch.randn, task.noise.shape, generator=generator)
    pictures = SAMPLERS[model.form.sampler](denoise, task.noise * task.sigmas[0], task.sigmas, fresh)
    return outcome(task, pictures, asked)


def outcome(task: Task, pictures: torch.Tensor, asked: int = 0) -> Outcome:
    fields = task.model.fields
    centre = task.drafts.mean(0)
    likeness = (pictures - centre).flatten(1) @ (task.drafts - centre).flatten(1).T
    followed = task.drafts[likeness.argmax(1)]
    return Outcome(
        float(fields.wanted_shares(pictures).mean()),
        octaves.power(fields, pictures).mean(0).tolist(),
        octaves.agreement(fields, pictures, followed).mean(0).tolist(),
        asked,
    )
