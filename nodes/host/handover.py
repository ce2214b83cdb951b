"""Measures how far a pool's samples deserve to be followed, through the host's own sampling."""

from dataclasses import replace
from typing import Any

import comfy.model_management
import comfy.sample
import comfy.samplers
import torch

from ...lidar_core.guidance.handover import handover
from ...lidar_core.pools.pool import Pool
from . import batches, sampling
from .cost import Cost
from .sampling import Task


def with_handover(pool: Pool, task: Task, cost: Cost) -> Pool:
    """`pool` with its hand-over as the model of `task` sees it, without classifier-free guidance."""
    model = sampling.counted(sampling.without_guidance(task.model), cost.counted_prediction)
    latents = sampling.latent_format(model).process_in(pool.latents.float())
    found: list[float] = []

    def probe(predict: Any, x: torch.Tensor, sigmas: torch.Tensor, extra_args: Any, **_: Any) -> torch.Tensor:
        """A sampler that takes no step: it asks for the predictions that the measurement needs."""

        def redraw(samples: torch.Tensor, ratio: float, noise: torch.Tensor) -> torch.Tensor:
            comfy.model_management.throw_exception_if_processing_interrupted()
            sigma = sampling.sigma_of_ratio(model_sampling, ratio).to(x.device).expand(len(samples))
            a, b = (part.view(-1, *[1] * (x.ndim - 1)) for part in sampling.forward_kernel(model_sampling, sigma))
            noisy = (a * samples.to(x.device) + b * noise.to(x.device)).to(x.dtype)
            return predict(noisy, sigma, **extra_args).float().cpu()

        found.append(handover(redraw, latents, pool.order().tolist(), task_calls))
        return x

    model_sampling = model.get_model_object("model_sampling")
    task_calls = len(pool) * (pool.origin.steps or 1)
    best = int(pool.order()[0])
    row = pool.origin.rows[best] if pool.origin.rows else 0
    images = sampling.fix_empty_latent(model, task.latent)[[row]]
    mask = task.latent.get("noise_mask")
    comfy.sample.sample_custom(
        model,
        torch.zeros_like(images),
        1.0,
        comfy.samplers.KSAMPLER(probe),
        torch.tensor([float(model_sampling.sigma_max), 0.0]),
        batches.rows_of(task.positive, [row]),
        batches.rows_of(task.negative, [row]),
        images,
        noise_mask=None if mask is None else mask[[row % len(mask)]],
        disable_pbar=True,
    )
    return replace(pool, origin=replace(pool.origin, handover=found[0], measured_with=type(model.model).__name__))
