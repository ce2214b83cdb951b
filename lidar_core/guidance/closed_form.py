"""LiDAR guidance: the gradient of the expected future reward, in closed form over a pool of lookahead samples.

Source: Kim et al., Lookahead Sample Reward Guidance for Test-Time Scaling of Diffusion Models (ICML 2026),
arXiv 2602.03211. Notation: a noisy latent is x = a * x0 + b * noise; the pool holds samples x0_i with log tilts l_i
(lambda times the reward). With

    d_i  = ||x - a x0_i||^2 / (2 b^2)      [nats]
    w    = softmax(-d),   wr = softmax(l - d)

the score of the reward-tilted distribution differs from the model's by (a / b^2) * sum_i (wr_i - w_i) x0_i, so by
Tweedie's formula the denoised prediction moves by sum_i (wr_i - w_i) x0_i: no factor of the schedule remains, and one
line serves epsilon-, v-, EDM- and flow-prediction models.
"""

from dataclasses import dataclass

import torch

from ..errors import LidarError

_SMALLEST_VARIANCE = 1e-30


@dataclass(frozen=True)
class Weights:
    """Softmax weights over the pool, each (B, n) float32: without (`prior`) and with (`tilted`) the rewards."""

    prior: torch.Tensor
    tilted: torch.Tensor


class PreparedPool:
    """Lookahead samples ready for guidance: centred, flat, float32, with their norms, on the device of the run.

    latents: (n, ...) finite, in the model's own latent space. log_tilts: (n,) in nats. Centring changes no result,
    since the weights' differences sum to zero, and keeps the products small enough for float32.
    """

    def __init__(self, latents: torch.Tensor, log_tilts: torch.Tensor, device: torch.device | str = "cpu") -> None:
        if latents.shape[:1] != log_tilts.shape:
            raise ValueError(
                f"The pool has {len(latents)} latents but log_tilts has the shape {tuple(log_tilts.shape)}: "
                "give one number for each latent."
            )
        flat = latents.to(device=device, dtype=torch.float32).flatten(1)
        self.shape = latents.shape[1:]
        self.mean = flat.mean(0)
        self.centred = flat - self.mean
        self.half_norms = self.centred.square().sum(1) / 2
        self.log_tilts = log_tilts.to(device=device, dtype=torch.float32)

    def weights(
        self,
        x: torch.Tensor,
        a: torch.Tensor,
        b: torch.Tensor,
        width: float = 0.0,
        extra_tilts: torch.Tensor | float = 0.0,
        own: torch.Tensor | None = None,
    ) -> Weights:
        """w and wr of the module docstring for x (B, ...) and the forward kernel's a and b, each (B,).

        width: h, in the latents' own unit. extra_tilts: (B, n) nats on top of the pool's log tilts. own: (B, n) bool,
        the samples that may have a weight, at least one for each x; None: all. ||x - a x0_i||^2 is expanded about the
        pool's mean. The part common to all i cancels in the softmax and is left out, so one (B, D) x (D, n) product is
        enough. At b = width = 0 all weight falls on the nearest sample; at a = 0 all samples have the same weight.
        """
        self._check_shape(x)
        a, b = a.float()[:, None], b.float()[:, None]
        offset = x.float().flatten(1) - a * self.mean
        closeness = a * (offset @ self.centred.T) - a.square() * self.half_norms
        variance = b.square() + (a * width).square()
        if own is not None:
            closeness = closeness.masked_fill(~own, -torch.inf)
        nats = (closeness - closeness.amax(1, keepdim=True)) / variance.clamp(min=_SMALLEST_VARIANCE)
        return Weights(nats.softmax(1), (nats + (self.log_tilts + extra_tilts)).softmax(1))

    def likeness(self, noise: torch.Tensor) -> torch.Tensor:
        """(B, n) how much unit noise (B, ...) resembles each sample: its dot product with the centred sample of norm 1.

        Each entry is a standard normal for noise that is independent of the pool; for the noise that a sample grew
        from it is many times that. Dimensionless, float32; 0 for a sample at the pool's mean.
        """
        self._check_shape(noise)
        # Divided after the product: no second copy of the pool.
        norms = self.half_norms.mul(2).sqrt().clamp(min=1e-12)
        return noise.to(self.centred).flatten(1) @ self.centred.T / norms

    def _check_shape(self, x: torch.Tensor) -> None:
        if x.shape[1:] != self.shape:
            raise LidarError(
                f"The latent being sampled has the shape {tuple(x.shape[1:])} but the lookahead pool's samples have "
                f"{tuple(self.shape)}: draw the pool at the size that is sampled."
            )

    def target(self, weights: Weights) -> torch.Tensor:
        """sum_i wr_i x0_i, what the pool predicts under the rewards: (B, ...) float32."""
        return (weights.tilted @ self.centred + self.mean).unflatten(1, self.shape)

    def prior_mean(self, weights: Weights) -> torch.Tensor:
        """sum_i w_i x0_i, what the pool predicts without the rewards: (B, ...) float32."""
        return (weights.prior @ self.centred + self.mean).unflatten(1, self.shape)

    def shift(self, weights: Weights) -> torch.Tensor:
        """sum_i (wr_i - w_i) x0_i, the move of the denoised prediction at strength 1: (B, ...) float32."""
        return ((weights.tilted - weights.prior) @ self.centred).unflatten(1, self.shape)


def effective_samples(weights: torch.Tensor) -> torch.Tensor:
    """Kish's effective sample size 1 / sum w^2 of normalised weights (B, n): (B,), between 1 and n."""
    return 1 / weights.square().sum(1)


def step_fraction(sigma: torch.Tensor, sigmas: torch.Tensor) -> torch.Tensor:
    """(B,) the share 1 - next / sigma of a change of the denoised prediction that one step passes on to the latent.

    An Euler step from sigma to the next lower value of the schedule `sigmas` is
    x' = x + (next - sigma) * (x - denoised) / sigma, in the variance-exploding form and in the flow form alike, so
    moving denoised by v moves x' by (1 - next / sigma) * v. A sigma between two values of the schedule, as
    second-order samplers use, belongs to the step between those values.
    """
    below = sigmas[None, :] < sigma[:, None] * (1 - 1e-4)
    following = torch.where(below, sigmas[None, :], torch.zeros_like(sigmas)).amax(1)
    return 1 - following / sigma.clamp(min=1e-12)


def step_strength(strength: float, reach: float, fraction: torch.Tensor) -> torch.Tensor:
    """(B,) `strength`, lowered so that one step moves the latent by at most the share `reach` of the way to the target.

    The shift points from the nearest lookahead sample to the best one, and a step of fraction f moves the latent by
    strength * f of that way. Small steps leave the strength as it is. On schedules with few steps the paper's values
    would move the latent several times past the target in one step. reach = inf is the paper's rule.

    f is the fraction of an Euler step, which at reach = 1 goes to its target and never past it. An ancestral step
    passes on 1 - (next / sigma)^2, up to twice as much, and a second-order multistep up to about one and a half times
    as much: at reach = 1/2 none of them passes its target.
    """
    return torch.clamp(reach / fraction.clamp(min=1e-6), max=strength)
