"""One run's guidance: applies the closed-form term where and as strongly as it should act, and keeps a trace."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from .closed_form import PreparedPool, Weights, effective_samples, kernel_gain, step_fraction, step_strength

KERNEL, PAPER = "kernel", "paper"
RULES = (KERNEL, PAPER)


@dataclass(frozen=True)
class GuidanceSettings:
    """How strongly, how sharply and when to pull.

    strength: s of the rule. lam: nats per standard deviation of the rewards and latent element, or the paper's lambda
    if raw_rewards. start, end: the window in shares of the schedule, 0 at pure noise. rule: KERNEL or PAPER, both in
    guidance.py. variety, kernel alone: how much an image's own starting noise, against the rewards, decides which
    good sample it follows; at 0 all images follow the best. reach, paper alone: the largest share of the way from the
    nearest to the best sample that one step may go; infinity is the paper's own, without a limit. alone, kernel alone:
    from this g on the pool's target is the prediction, and the model is not evaluated; above 1 it always is.
    """

    strength: float = 2.0
    reach: float = 1.0
    lam: float = 0.3
    raw_rewards: bool = False
    start: float = 0.0
    end: float = 1.0
    rule: str = KERNEL
    variety: float = 0.35
    alone: float = 0.95

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f'The rule "{self.rule}" is unknown: use one of {", ".join(RULES)}.')

    @classmethod
    def paper(cls, strength: float) -> "GuidanceSettings":
        """The paper's rule exactly: lambda 5000 on raw rewards, no limit to a step, t from 1.0 to 0.2."""
        return cls(strength=strength, reach=float("inf"), lam=5000.0, raw_rewards=True, start=0.0, end=0.8, rule=PAPER)


@dataclass(frozen=True)
class TracePoint:
    """What guidance did at one noise level; every tensor is (B,). shift_ratio is nan where the model was not asked."""

    sigma: torch.Tensor
    prior_samples: torch.Tensor
    tilted_samples: torch.Tensor
    nearest: torch.Tensor
    pulling: torch.Tensor
    shift_ratio: torch.Tensor


@dataclass
class Trace:
    """Diagnostics of one run, in order of evaluation; they stay on the device until rows() is called."""

    points: list[TracePoint] = field(default_factory=list)

    def add(
        self, sigma: torch.Tensor, weights: Weights, shift: torch.Tensor, denoised: torch.Tensor, asked: bool
    ) -> None:
        size = denoised.float().flatten(1).norm(dim=1).clamp(min=1e-12)
        ratio = shift.flatten(1).norm(dim=1) / size
        self.points.append(
            TracePoint(
                sigma,
                effective_samples(weights.prior),
                effective_samples(weights.tilted),
                weights.prior.argmax(1),
                weights.tilted.argmax(1),
                ratio if asked else torch.full_like(ratio, torch.nan),
            )
        )

    def rows(self) -> list[dict[str, list[float]]]:
        """One dict a point, plain numbers: sigma, effective samples, indices into the pool, |shift| / |denoised|."""
        return [{name: values.tolist() for name, values in vars(point).items()} for point in self.points]


class Guide:
    """Guides the denoised predictions of one run over the schedule `sigmas`.

    It derives everything from sigma and counts no calls, so samplers may evaluate the model as often as they like.
    sigma_start and sigma_end bound the window, both included. noise: the run's unit starting noise (B, ...), by which
    each image chooses among the good samples; without it all follow the best.
    """

    def __init__(
        self,
        pool: PreparedPool,
        settings: GuidanceSettings,
        sigmas: torch.Tensor,
        sigma_start: float,
        sigma_end: float,
        trace: Trace | None = None,
        noise: torch.Tensor | None = None,
    ) -> None:
        self.pool = pool
        self.settings = settings
        self.sigmas = sigmas.to(pool.centred)
        self.sigma_start = sigma_start
        self.sigma_end = sigma_end
        self.trace = trace
        self.choice: torch.Tensor | float = 0.0
        if settings.rule == KERNEL and settings.variety and noise is not None:
            nats = settings.lam * pool.centred.shape[1] * settings.variety
            self.choice = nats * pool.likeness(noise)

    def __call__(
        self,
        x: torch.Tensor,
        sigma: torch.Tensor,
        a: torch.Tensor,
        b: torch.Tensor,
        predict: Callable[[torch.Tensor | None], torch.Tensor],
    ) -> torch.Tensor:
        """The guided prediction for x (B, ...) and sigma, a, b (B,).

        predict(None) is the model's denoised prediction for x, which is returned as it is outside the window. Where the
        pool's share g of the result is at least `alone`, the target is the result: off by at most 1 - alone of the way
        from it to the model's prediction. predict(target) then lets hooks around the model see it; what it returns,
        which they may spoil where they divide by what conditions differ in, is not used.
        """
        inside = (sigma >= self.sigma_end) & (sigma <= self.sigma_start)
        if self.settings.strength == 0 or not inside.any():
            return predict(None)
        alone = False
        if self.settings.rule == KERNEL:
            weights = self.pool.weights(x, a, b, 1 / self.settings.strength, self.choice)
            target = self.pool.target(weights)
            gain = kernel_gain(self.settings.strength, a, b) * inside
            alone = bool((gain >= self.settings.alone).all())
            if alone:
                denoised = target.to(x.dtype)
                predict(denoised)
            else:
                denoised = predict(None)
            away = target - denoised.float()
        else:
            weights = self.pool.weights(x, a, b)
            gain = step_strength(self.settings.strength, self.settings.reach, step_fraction(sigma.float(), self.sigmas))
            gain = gain * inside
            denoised = predict(None)
            away = self.pool.shift(weights)
        shift = away * gain.view(-1, *[1] * (x.ndim - 1))
        if self.trace is not None:
            self.trace.add(sigma, weights, shift, denoised, not alone)
        return denoised + shift.to(denoised.dtype)
