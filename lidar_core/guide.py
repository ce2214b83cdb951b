"""One run's guidance: applies the closed-form term where and as strongly as it should act, and keeps a trace."""

from dataclasses import dataclass, field

import torch

from .guidance import PreparedPool, Weights, effective_samples, step_fraction, step_strength


@dataclass(frozen=True)
class GuidanceSettings:
    """How strongly, how sharply and when to pull.

    strength: s of the paper. reach: the largest share of the way from the nearest to the best sample that one step
    may go; infinity is the paper's rule. lam: nats per standard deviation of the rewards and latent element, or the
    paper's lambda if raw_rewards. start, end: the window in shares of the schedule, 0 at pure noise.
    """

    strength: float = 8.0
    reach: float = 1.0
    lam: float = 0.3
    raw_rewards: bool = False
    start: float = 0.0
    end: float = 0.8

    @classmethod
    def paper(cls, strength: float) -> "GuidanceSettings":
        """The paper's rule exactly: lambda 5000 on raw rewards, no limit to a step, t from 1.0 to 0.2."""
        return cls(strength=strength, reach=float("inf"), lam=5000.0, raw_rewards=True, start=0.0, end=0.8)


@dataclass(frozen=True)
class TracePoint:
    """What guidance did at one noise level; every tensor is (B,)."""

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

    def add(self, sigma: torch.Tensor, weights: Weights, shift: torch.Tensor, denoised: torch.Tensor) -> None:
        size = denoised.float().flatten(1).norm(dim=1).clamp(min=1e-12)
        self.points.append(
            TracePoint(
                sigma,
                effective_samples(weights.prior),
                effective_samples(weights.tilted),
                weights.prior.argmax(1),
                weights.tilted.argmax(1),
                shift.flatten(1).norm(dim=1) / size,
            )
        )

    def rows(self) -> list[dict[str, list[float]]]:
        """One dict a point, plain numbers: sigma, effective samples, indices into the pool, |shift| / |denoised|."""
        return [{name: values.tolist() for name, values in vars(point).items()} for point in self.points]


class Guide:
    """Guides the denoised predictions of one run over the schedule `sigmas`.

    It derives everything from sigma and counts no calls, so samplers may evaluate the model as often as they like.
    sigma_start and sigma_end bound the window, both included.
    """

    def __init__(
        self,
        pool: PreparedPool,
        settings: GuidanceSettings,
        sigmas: torch.Tensor,
        sigma_start: float,
        sigma_end: float,
        trace: Trace | None = None,
    ) -> None:
        self.pool = pool
        self.settings = settings
        self.sigmas = sigmas.to(pool.centred)
        self.sigma_start = sigma_start
        self.sigma_end = sigma_end
        self.trace = trace

    def __call__(
        self, x: torch.Tensor, sigma: torch.Tensor, a: torch.Tensor, b: torch.Tensor, denoised: torch.Tensor
    ) -> torch.Tensor:
        """The guided prediction for x, denoised (B, ...) and sigma, a, b (B,); `denoised` itself outside the window."""
        inside = (sigma >= self.sigma_end) & (sigma <= self.sigma_start)
        if not inside.any():
            return denoised
        weights = self.pool.weights(x, a, b)
        fraction = step_fraction(sigma.float(), self.sigmas)
        strength = step_strength(self.settings.strength, self.settings.reach, fraction) * inside
        shift = self.pool.shift(weights) * strength.view(-1, *[1] * (x.ndim - 1))
        if self.trace is not None:
            self.trace.add(sigma, weights, shift, denoised)
        return denoised + shift.to(denoised.dtype)
