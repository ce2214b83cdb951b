"""The guidance of one run: applies the rule within its window, and keeps a trace."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from ..pools.pool import Pool
from ..rewards.reward import log_tilts
from .closed_form import PreparedPool
from .handover import levels
from .rules import KernelRule, Lead, Moment, PaperRule, Rule
from .trace import Trace


@dataclass(frozen=True)
class GuidanceSettings:
    """The rule, how sharply rewards count, and when the rule acts.

    lam: nats per standard deviation of the rewards and latent element, or the paper's lambda if raw_rewards. start,
    end: the window in shares of the schedule, 0 at pure noise. follow: seeds of the samples that alone are followed,
    whatever their rewards, and down to the first of handover.levels even where the measurement lets none lead; empty:
    the rewards choose.
    """

    rule: Rule = field(default_factory=KernelRule)
    lam: float = 0.3
    raw_rewards: bool = False
    start: float = 0.0
    end: float = 1.0
    follow: tuple[int, ...] = ()

    @classmethod
    def paper(cls, strength: float) -> "GuidanceSettings":
        """The published rule exactly: lambda 5000 on raw rewards, no limit to a step, t from 1.0 to 0.2."""
        return cls(PaperRule(strength), lam=5000.0, raw_rewards=True, start=0.0, end=0.8)


@dataclass(frozen=True)
class Schedule:
    """A run's falling noise levels (steps + 1,), and the model's sigma at a share of the schedule, 0 at pure noise."""

    sigmas: torch.Tensor
    at_share: Callable[[float], float] = lambda share: {0.0: math.inf, 1.0: 0.0}[share]


class Guide:
    """Guides the denoised predictions of one run.

    Guidance depends on sigma alone and not on the number of calls, so samplers may call as often as they like. noise:
    the run's unit starting noise (B, ...), by which each image chooses among the good samples; without it all follow
    the best. A run that starts without noise, such as the second of two stages, continues with the samples nearest to
    its images. own: (B, n) bool, the samples that each image may follow; an image with none is left to the model.
    None: all.
    """

    def __init__(
        self,
        pool: PreparedPool,
        settings: GuidanceSettings,
        schedule: Schedule,
        noise: torch.Tensor | None = None,
        trace: Trace | None = None,
        own: torch.Tensor | None = None,
    ) -> None:
        self.pool = pool
        self.rule = settings.rule
        self.sigmas = schedule.sigmas.to(pool.centred)
        positive = self.sigmas[self.sigmas > 0]
        self.last_step = float(positive.min()) if 0 < len(positive) < len(self.sigmas) else 0.0
        # A schedule may start slightly above the model's largest level: a window from 0 has no upper end.
        self.first = math.inf if settings.start <= 0 else schedule.at_share(settings.start)
        self.last = 0.0 if settings.end >= 1 else schedule.at_share(settings.end)
        self.trace = trace
        self.own, self.has_own = None, None
        if own is not None:
            self.has_own = own.any(1).to(pool.centred.device)
            # A softmax over nothing has no value; the weights of an image without own samples are not used.
            self.own = own.to(pool.centred.device) | ~self.has_own[:, None]
        self.continues = noise is not None and not bool(noise.any())
        self.choice: torch.Tensor | float = 0.0
        self._nats = settings.lam * pool.centred.shape[1]
        if self.rule.variety and noise is not None and not self.continues:
            self.choice = self._nats * self.rule.variety * pool.likeness(noise)

    @classmethod
    def of(
        cls,
        pool: Pool,
        settings: GuidanceSettings,
        schedule: Schedule,
        noise: torch.Tensor | None = None,
        to_model: Callable[[torch.Tensor], torch.Tensor] = lambda latents: latents,
        trace: Trace | None = None,
        device: torch.device | str = "cpu",
        own: torch.Tensor | None = None,
    ) -> "Guide":
        """Guidance by `pool`; to_model: from the autoencoder's latent space to the model's own."""
        latents = to_model(pool.latents.float())
        if settings.follow:
            tilts = torch.zeros(len(pool))
            chosen = torch.tensor([[seed in settings.follow for seed in pool.seeds]])
            own = chosen if own is None else own & chosen
        else:
            tilts = log_tilts(pool.rewards, settings.lam, latents[0].numel(), settings.raw_rewards, pool.spread)
        if isinstance(settings.rule, KernelRule) and settings.rule.handover is None:
            found = pool.origin.handover
            if settings.follow and found == math.inf:
                found = levels(latents)[0]
            settings = dataclasses.replace(settings, rule=dataclasses.replace(settings.rule, handover=found))
        return cls(PreparedPool(latents, tilts, device), settings, schedule, noise, trace, own)

    def at(self, x: torch.Tensor, sigma: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> Lead | None:
        """The lead for x (B, ...) at sigma, a and b, each (B,); None if the rule does not act there."""
        inside = (sigma >= self.last) & (sigma <= self.first)
        if self.has_own is not None:
            inside = inside & self.has_own
        if not self.rule.leads or not inside.any():
            return None
        if self.continues:
            self._go_on(x, a, b)
        lead = self.rule.lead(self.pool, Moment(x, sigma, a, b, self.sigmas, self.last_step, self.choice, self.own))
        if lead is not None and not inside.all():
            lead = dataclasses.replace(lead, gain=lead.gain * inside, decides=False)
        return lead

    def record(self, sigma: torch.Tensor, lead: Lead, denoised: torch.Tensor | None) -> None:
        """Add a prediction to the trace; denoised: the model's prediction, None if it was not called."""
        if self.trace is not None:
            self.trace.add(sigma, lead, denoised)

    def _go_on(self, x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> None:
        nearest = self.pool.weights(x, a, b, own=self.own).prior.argmax(1)
        followed = torch.nn.functional.one_hot(nearest, len(self.pool.log_tilts))
        # More than any two rewards or distances differ by.
        self.choice = followed * (1e4 + 10 * self.pool.log_tilts.abs().amax() + self.pool.half_norms.amax())
        self.continues = False
