"""Measures how far a pool's samples deserve to be followed, through the host's own sampling."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import comfy.sample
import comfy.samplers
import torch

from ...lidar_core.guidance.handover import handover
from ...lidar_core.pools.pool import Pool
from . import batches, memory, sampling
from .cost import Cost
from .sampling import Task

Predict = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""A noisy latent (m, ...) of the model's space and sigma (m,) to the denoised prediction without guidance."""


def with_handover(pool: Pool, task: Task, cost: Cost) -> Pool:
    """`pool` with its hand-over as the model of `task` sees it, without classifier-free guidance."""
    model = sampling.counted(sampling.without_guidance(task.model), cost.counted_prediction)
    found: list[Pool] = []

    def measure(predict: Any, x: torch.Tensor, sigmas: torch.Tensor, extra_args: Any, **_: Any) -> torch.Tensor:
        """A sampler that takes no step: it asks for the predictions that the measurement needs."""

        def ask(noisy: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            return predict(noisy, sigma, **extra_args)

        found.append(_measured(pool, predict.inner_model.inner_model, identity(model), x, ask))
        return x

    row = _row_of_best(pool)
    images = sampling.fix_empty_latent(model, task.latent)
    comfy.sample.sample_custom(
        batches.of_images(model, [row], torch.zeros_like(images[:1])),
        torch.zeros_like(images),
        1.0,
        comfy.samplers.KSAMPLER(measure),
        torch.tensor([float(model.get_model_object("model_sampling").sigma_max), 0.0]),
        task.positive,
        task.negative,
        images,
        noise_mask=task.latent.get("noise_mask"),
        disable_pbar=True,
        seed=pool.seeds[int(pool.order()[0])],
    )
    return found[0]


class MeasuredPool:
    """A pool, measured anew when a model guides that it was not measured with; the result is kept for later runs."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def by(self, guider: Any, x: torch.Tensor, model_options: Any, cost: Cost) -> Pool:
        if self.pool.origin.measured_with != identity(guider.model_patcher):
            of_batch = guider.conds.get("positive") or next(iter(guider.conds.values()))
            conditioning = batches.entries_of(of_batch, [_row_of_best(self.pool)])

            def predict(noisy: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
                (denoised,) = comfy.samplers.calc_cond_batch(
                    guider.inner_model, [conditioning], noisy, sigma, model_options
                )
                cost.model_calls += len(noisy)
                return denoised

            self.pool = _measured(self.pool, guider.inner_model, identity(guider.model_patcher), x, predict)
        return self.pool


def _row_of_best(pool: Pool) -> int:
    """The image whose conditioning the samples are redrawn with."""
    return pool.origin.rows[int(pool.order()[0])] if pool.origin.rows else 0


def identity(model: Any) -> str:
    """The same for a model's clones, another for another model or other patches of the weights."""
    return str(model.patches_uuid)


def _measured(pool: Pool, inner_model: Any, measured_with: str, x: torch.Tensor, predict: Predict) -> Pool:
    model_sampling = inner_model.model_sampling

    def redraw(samples: torch.Tensor, ratio: float, noise: torch.Tensor) -> torch.Tensor:
        sigma = sampling.sigma_of_ratio(model_sampling, ratio).to(x.device).expand(len(samples))
        a, b = (part.view(-1, *[1] * (x.ndim - 1)) for part in sampling.forward_kernel(model_sampling, sigma))
        noisy = (a * samples.to(x.device) + b * noise.to(x.device)).to(x.dtype)

        def predicted(start: int, stop: int) -> torch.Tensor:
            return predict(noisy[start:stop], sigma[start:stop].to(x.dtype)).float().cpu()

        return torch.cat(list(memory.in_chunks(len(samples), len(samples), predicted)))

    latents = inner_model.process_latent_in(pool.latents.float())
    found = handover(redraw, latents, pool.order().tolist(), pool.nfe)
    return replace(pool, origin=replace(pool.origin, handover=found, measured_with=measured_with))
