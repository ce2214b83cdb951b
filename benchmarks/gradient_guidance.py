"""Guidance by the gradient of the reward, through denoiser, decoder and scorer, which LiDAR does not need.

Notation: x = x0 + sigma * noise; D(x) is the denoised prediction after classifier-free guidance, r(x0) the reward of
the decoded latent. Gradients are of the pictures before they are clamped to [0, 1], as in the published code.
"""

import itertools
from dataclasses import dataclass

import torch

from lidar_core.world.model import Text
from lidar_core.world.samplers import SAMPLERS, Denoise, ddim_step

from .workplace import Workplace


def reward_gradient(
    work: Workplace, latents: torch.Tensor, *wanted: torch.Tensor
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """(B,) rewards of decoded `latents` and the gradients of their sum with respect to each of `wanted`."""
    work.spent.decodes += len(latents)
    work.spent.scores += len(latents)
    work.spent.gradients += len(latents)
    rewards = work.world.reward.log_odds(work.world.pictures(latents), work.prompt)
    return rewards.detach(), torch.autograd.grad(rewards.sum(), wanted)


@dataclass(frozen=True)
class UniversalGuidance:
    """Universal Guidance (Bansal et al. 2023, arXiv 2302.07121) with the reward as minus the loss.

    Forward: its epsilon - s * sqrt(1 - abar) * grad_x r(D(x)), with x in the variance-preserving form, is
    D + scale * sigma^2 * grad_x r(D(x)) here: `scale` nats of tilt for one unit of reward. Backward: `backward`
    gradient steps of size `rate` on D itself, through decoder and scorer only; the change is added to D, which is the
    paper's equation 9. Recurrence: each step is taken `repeats` times, with fresh noise back to the former level in
    between (algorithm 1). every: guide only every so many steps. start, end: the window in shares of the steps.
    """

    scale: float = 1.0
    backward: int = 0
    rate: float = 0.1
    repeats: int = 1
    every: int = 1
    start: float = 0.0
    end: float = 1.0

    def __call__(self, work: Workplace) -> torch.Tensor:
        runner, steps = work.runner, work.sampling.steps
        noise, sigmas = runner.noise(work.seeds()), runner.schedule(steps)
        x, denoise = noise() * sigmas[0], self.denoiser(work, sigmas)
        if self.repeats == 1:
            return SAMPLERS[work.sampling.sampler](denoise, x, sigmas, noise)
        for sigma, following in itertools.pairwise(sigmas):
            for turn in range(self.repeats):
                lower = ddim_step(x, denoise(x, sigma), sigma, following, work.sampling.eta, noise)
                if turn + 1 < self.repeats:
                    x = lower + (sigma**2 - following**2).sqrt() * noise()
            x = lower
        return x

    def denoiser(self, work: Workplace, sigmas: torch.Tensor) -> Denoise:
        plain = work.runner.denoiser(work.prompt)
        guided = guided_steps(len(sigmas) - 1, self.every, self.start, self.end)

        def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            if int((sigmas == sigma).nonzero()) not in guided:
                return plain(x, sigma)
            if self.scale:
                x = x.detach().clone().requires_grad_()
                denoised = work.world.denoised(x, sigma, text, work.runner.cfg)
                work.runner.count(2 * len(x))
                work.spent.backward += 2 * len(x)
                _, (gradient,) = reward_gradient(work, denoised, x)
                denoised = denoised.detach() + self.scale * sigma**2 * gradient
            else:
                denoised = plain(x, sigma).clone()
            for _ in range(self.backward):
                denoised = denoised.requires_grad_()
                _, (gradient,) = reward_gradient(work, denoised, denoised)
                denoised = denoised.detach() + self.rate * gradient
            return denoised

        text = work.world.encode(work.prompt)
        return denoise


@dataclass(frozen=True)
class Date:
    """Diffusion Adaptive Text Embedding (Na et al. 2025, arXiv 2510.23974): the prompt's embedding moves, x does not.

    Every `every` steps the embedding c moves along the normalised gradient of the reward, to c + rate * g / |g| with
    g = grad_c r(D(x; c)), and the step uses it; the empty prompt's embedding stays. accumulate: start from the last
    step's embedding, as the authors' code does by default. Otherwise start from the prompt's own each time, which keeps
    c within `rate` of it, as the paper's constraint demands. c is one vector for each picture: the words' features and
    the pooled one together. The authors' command defaults to every 10th of 50 steps and a rate of 0.5.
    """

    rate: float = 0.5
    every: int = 1
    accumulate: bool = True

    def __call__(self, work: Workplace) -> torch.Tensor:
        runner = work.runner
        noise, sigmas = runner.noise(work.seeds()), runner.schedule(work.sampling.steps)
        return SAMPLERS[work.sampling.sampler](self.denoiser(work, sigmas), noise() * sigmas[0], sigmas, noise)

    def denoiser(self, work: Workplace, sigmas: torch.Tensor) -> Denoise:
        world, runner = work.world, work.runner
        given = Text(*(part.clone() for part in world.encode(work.prompt).expand(work.images)))
        text = given
        guided = guided_steps(len(sigmas) - 1, self.every, 0.0, 1.0)

        def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            nonlocal text
            if int((sigmas == sigma).nonzero()) in guided:
                empty = world.predict_noise(x, sigma, world.empty)
                moving = Text(*(part.clone().requires_grad_() for part in text))
                prompted = world.predict_noise(x, sigma, moving)
                denoised = x - sigma * (empty + runner.cfg * (prompted - empty))
                runner.count(2 * len(x))
                work.spent.backward += len(x)
                _, gradients = reward_gradient(work, denoised, *moving)
                norm = torch.cat([gradient.flatten(1) for gradient in gradients], 1).norm(dim=1)
                origin = text if self.accumulate else given
                text = Text(
                    *(
                        part + self.rate * gradient / norm.view(-1, *[1] * (part.ndim - 1)).clamp(min=1e-12)
                        for part, gradient in zip(origin, gradients, strict=True)
                    )
                )
                prompted = world.predict_noise(x, sigma, text)
                runner.count(len(x))
                return x - sigma * (empty + runner.cfg * (prompted - empty))
            runner.count(2 * len(x))
            return world.denoise(x, sigma, text, runner.cfg)

        return denoise


def guided_steps(steps: int, every: int, start: float, end: float) -> set[int]:
    """Indices of every `every`-th step, from the share `start` of the steps to before the share `end`."""
    return {index for index in range(0, steps, every) if start * steps <= index < end * steps}
