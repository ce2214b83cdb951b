"""Guided runs in the analytic world, under any rule."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from lidar_core.guidance.closed_form import PreparedPool
from lidar_core.guidance.guide import GuidanceSettings, Guide, Schedule
from lidar_core.guidance.handover import handover
from lidar_core.guidance.rules import KernelRule
from lidar_core.rewards.reward import log_tilts
from lidar_core.world.samplers import SAMPLERS

from . import octaves
from .drafts import draw
from .forms import Model


@dataclass(frozen=True)
class Task:
    """What a rule is given: the model, drafts with their rewards, and the run's levels and unit starting noise."""

    model: Model
    drafts: torch.Tensor
    rewards: torch.Tensor
    sigmas: torch.Tensor
    noise: torch.Tensor


Rule = Callable[[Task], Guide]


def fixed(level: float) -> Rule:
    """The kernel rule with one hand-over level for all drafts."""

    def rule(task: Task) -> Guide:
        settings = GuidanceSettings(KernelRule(handover=level))
        tilts = log_tilts(task.rewards, settings.lam, task.drafts[0].numel())
        return Guide(PreparedPool(task.drafts, tilts), settings, Schedule(task.sigmas), task.noise)

    return rule


def as_measured(nfe: int, strength: float = 1.0) -> Rule:
    """The kernel rule as shipped; nfe: how many network evaluations drew the drafts."""

    def rule(task: Task) -> Guide:
        def redraw(samples: torch.Tensor, ratio: float, noise: torch.Tensor) -> torch.Tensor:
            return task.model.fields.denoise(samples + ratio * noise, 1.0, ratio)

        found = handover(redraw, task.drafts, task.rewards.argsort(descending=True).tolist(), nfe)
        return fixed(found / strength)(task)

    return rule


@dataclass(frozen=True)
class Outcome:
    """Of one run. wanted: share of pictures of a wanted component. By octave, coarse to fine: power about the
    component's mean, 1 in the world itself, and agreement with the draft that each picture resembles most. asked: steps
    at which the model was. handover: the noise-to-signal ratio down to which drafts led, infinity if none did."""

    wanted: float
    power: list[float]
    agreement: list[float]
    asked: int
    handover: float = math.inf


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
        lead = guided.at(x, level, *model.form.kernel(level))
        if lead is None:
            return ask(x, sigma)
        return lead.target if lead.decides else lead.guided(ask(x, sigma))

    generator = torch.Generator().manual_seed(0)
    fresh = partial(torch.randn, task.noise.shape, generator=generator)
    pictures = SAMPLERS[model.form.sampler](denoise, task.noise * task.sigmas[0], task.sigmas, fresh)
    level = guided.rule.width if guided and isinstance(guided.rule, KernelRule) else math.inf
    return outcome(task, pictures, asked, level)


def outcome(task: Task, pictures: torch.Tensor, asked: int = 0, level: float = math.inf) -> Outcome:
    fields = task.model.fields
    centre = task.drafts.mean(0)
    likeness = (pictures - centre).flatten(1) @ (task.drafts - centre).flatten(1).T
    followed = task.drafts[likeness.argmax(1)]
    return Outcome(
        float(fields.wanted_shares(pictures).mean()),
        octaves.power(fields, pictures).mean(0).tolist(),
        octaves.agreement(fields, pictures, followed).mean(0).tolist(),
        asked,
        level,
    )
