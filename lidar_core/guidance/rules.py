"""The two guidance rules: which samples lead, to which target, and how far.

Both take the weights of closed_form.py. The denoised prediction is D, the reward-tilted mean of the pool is
T = sum_i wr_i x0_i, its mean without the reward is P = sum_i w_i x0_i.

PaperRule, as published (Kim et al., arXiv 2602.03211): D' = D + s (T - P). The pool's prior mean P estimates the
model's own prediction. With n samples in thousands of dimensions it is the nearest sample of the pool instead, which
is not what the model is about to draw.

KernelRule, this pack's own, for pools of a few samples and schedules of a few steps. It differs twice:

- A sample stands for pictures near it: a Gaussian kernel of standard deviation h instead of a point. Then
  d_i = ||x - a x0_i||^2 / (2 (b^2 + a^2 h^2)).
- While the noise-to-signal ratio b / a is h or more, the samples lead: D' = T, and the model is not called. Below it
  the model samples alone: D' = D. So the latent arrives at the hand-over as a good sample with noise, and the model
  finishes it. A blend of T and D would have less power than either in the octaves where they differ.
  The last step ends without noise, so all finer octaves are drawn in it. The samples lead it only from a ratio of 8 h
  on, where three of those octaves would be theirs; below that it is the model's.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch

from .closed_form import PreparedPool, Weights, step_fraction, step_strength


@dataclass(frozen=True)
class Moment:
    """One prediction: the latent x (B, ...) at sigma (B,), and the forward kernel's a and b there, each (B,).

    sigmas: the run's falling noise levels. last_step: the one from which the step that ends without noise starts; 0 for
    a run that keeps noise, such as the first of two stages. choice: (B, n) nats by which each image prefers samples,
    beside the reward.
    own: (B, n) bool, the samples that each image may follow; None: all.
    """

    x: torch.Tensor
    sigma: torch.Tensor
    a: torch.Tensor
    b: torch.Tensor
    sigmas: torch.Tensor
    last_step: float = 0.0
    choice: torch.Tensor | float = 0.0
    own: torch.Tensor | None = None


@dataclass(frozen=True)
class Lead:
    """The pool's part in one prediction: D' = D + gain * (target - start).

    target, start: (B, ...) float32; a start of None is the model's own prediction D. gain: (B,). decides: the target is
    the result of every image, so the model need not be called.
    """

    weights: Weights
    target: torch.Tensor
    gain: torch.Tensor
    start: torch.Tensor | None = None
    decides: bool = False

    def shift(self, denoised: torch.Tensor) -> torch.Tensor:
        """(B, ...) float32, D' - D."""
        way = self.target - (denoised.float() if self.start is None else self.start)
        return way * self.gain.view(-1, *[1] * (denoised.ndim - 1))

    def guided(self, denoised: torch.Tensor) -> torch.Tensor:
        """D' in the dtype of D."""
        return denoised + self.shift(denoised).to(denoised.dtype)


class Rule(Protocol):
    @property
    def strength(self) -> float: ...

    @property
    def leads(self) -> bool:
        """Whether the rule changes anything, which it never does at strength 0."""
        ...

    @property
    def variety(self) -> float:
        """How much an image's own noise decides which good sample it follows."""
        ...

    def lead(self, pool: PreparedPool, moment: Moment) -> Lead | None:
        """None where the pool has no part in the prediction."""
        ...


_LAST_STEP = 8.0


@dataclass(frozen=True)
class KernelRule:
    """See the module docstring; h = handover / strength.

    handover: the noise-to-signal ratio b / a down to which the samples lead at strength 1; None: as measured with the
    pool. Each doubling of the strength lets them lead one octave of detail further: in natural pictures the standard
    deviation halves from one octave to the next, so the next octave is settled at half the ratio. variety: at 0 all
    images follow the best sample.
    """

    strength: float = 1.0
    variety: float = 0.35
    handover: float | None = None

    @property
    def width(self) -> float:
        """h, in the latents' unit; infinity where the samples never lead."""
        if self.handover is None:
            raise ValueError("The hand-over of this pool is not measured: give one, or build the guide with Guide.of.")
        return self.handover / self.strength if self.strength else math.inf

    @property
    def leads(self) -> bool:
        return self.width < math.inf

    def lead(self, pool: PreparedPool, moment: Moment) -> Lead | None:
        in_last = moment.sigma <= moment.last_step * (1 + 1e-4)
        leads = moment.b >= moment.a * self.width * torch.where(in_last, _LAST_STEP, 1.0)
        if not leads.any():
            return None
        weights = pool.weights(moment.x, moment.a, moment.b, self.width, moment.choice, moment.own)
        return Lead(weights, pool.target(weights), leads.float(), decides=bool(leads.all()))


@dataclass(frozen=True)
class PaperRule:
    """See the module docstring; strength is s: 12.5 on SD 1.5, 8 on SDXL, 40 on FLUX.

    reach: the largest share of the way from P to T that one step may go, see closed_form.step_strength; infinity is
    the published rule.
    """

    strength: float = 12.5
    reach: float = math.inf
    variety: float = 0.0

    @property
    def leads(self) -> bool:
        return self.strength != 0

    def lead(self, pool: PreparedPool, moment: Moment) -> Lead:
        weights = pool.weights(moment.x, moment.a, moment.b, own=moment.own)
        gain = step_strength(self.strength, self.reach, step_fraction(moment.sigma.float(), moment.sigmas))
        return Lead(weights, pool.target(weights), gain, start=pool.prior_mean(weights))
