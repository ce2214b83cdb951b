"""Measures how far a pool's samples deserve to be followed, through the host's own sampling."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import comfy.model_patcher
import comfy.sample
import comfy.samplers
import torch

from ...lidar_core.guidance.handover import Redraw, handover
from ...lidar_core.pools.pool import Pool, PoolError
from . import batches, memory, sampling
from .cost import Cost
from .sampling import Task

Predict = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""A noisy latent (m, ...) of the model's space and sigma (m,) to the denoised prediction without guidance."""


def with_handover(pool: Pool, task: Task, cost: Cost) -> Pool:
    """`pool` with its hand-over as the models of `task` see it, without classifier-free guidance.

    Each level is asked of the model that samples there.
    """
    row = _row_of_best(pool)
    images = sampling.fix_empty_latent(task.model, task.latent)

    def redraw(samples: torch.Tensor, ratio: float, noise: torch.Tensor) -> torch.Tensor:
        level = sampling.sigma_of_ratio(task.model.get_model_object("model_sampling"), ratio)
        chosen = task.low_noise_model if bool(task.samples_low(level)) else task.model
        model = sampling.counted(sampling.without_guidance(chosen), cost.counted_prediction)
        redrawn = torch.empty(0)

        def ask(predict: Any, x: torch.Tensor, sigmas: torch.Tensor, extra_args: Any, **_: Any) -> torch.Tensor:
            """A sampler that takes no step: it asks for the predictions that the measurement needs."""
            nonlocal redrawn

            def denoised(noisy: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
                return predict(noisy, sigma, **extra_args)

            redrawn = _redrawn(predict.inner_model.inner_model.model_sampling, x, denoised, samples, ratio, noise)
            return x

        comfy.sample.sample_custom(
            batches.of_images(model, [row], torch.zeros_like(images[:1])),
            torch.zeros_like(images),
            1.0,
            comfy.samplers.KSAMPLER(ask),
            torch.tensor([float(model.get_model_object("model_sampling").sigma_max), 0.0]),
            task.positive,
            task.negative,
            images,
            noise_mask=task.latent.get("noise_mask"),
            disable_pbar=True,
            seed=pool.seeds[int(pool.order()[0])],
        )
        return redrawn

    latents = sampling.latent_format(task.model).process_in(pool.latents.float())
    return _measured(pool, latents, redraw, task.models)


class MeasuredPool:
    """A pool, measured anew when a model guides that it was not measured with; the result is kept for later runs."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def by(self, guider: Any, x: torch.Tensor, model_options: Any, cost: Cost) -> Pool:
        model = guider.model_patcher
        if _identity(model) not in (self.pool.origin.measured_with or "").split():
            of_batch = guider.conds.get("positive") or next(filter(None, guider.conds.values()), None)
            if of_batch is None:
                raise PoolError(
                    "The pool was not measured with this model, and the guider has no conditioning to measure it with: "
                    "set handover on LiDAR Guidance, or wire a guider with a conditioning."
                )
            conditioning = batches.entries_of(of_batch, [_row_of_best(self.pool)])
            inner, options = guider.inner_model, _without_caches(model_options)

            def denoised(noisy: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
                (prediction,) = comfy.samplers.calc_cond_batch(inner, [conditioning], noisy, sigma, options)
                cost.model_calls += len(noisy)
                return prediction

            def redraw(samples: torch.Tensor, ratio: float, noise: torch.Tensor) -> torch.Tensor:
                return _redrawn(inner.model_sampling, x, denoised, samples, ratio, noise)

            latents = inner.process_latent_in(self.pool.latents.float())
            self.pool = _measured(self.pool, latents, redraw, [model])
        return self.pool


def _without_caches(model_options: dict[str, Any]) -> dict[str, Any]:
    """A copy of `model_options` without the host's EasyCache, which would take what the measurement asks for steps of
    the run."""
    options = comfy.model_patcher.create_model_options_clone(model_options)
    wrappers = options.get("transformer_options", {}).get("wrappers", {})
    for kind, of_kind in wrappers.items():
        wrappers[kind] = {key: others for key, others in of_kind.items() if key != "easycache"}
    return options


def _row_of_best(pool: Pool) -> int:
    """The image whose conditioning the samples are redrawn with."""
    return pool.origin.rows[int(pool.order()[0])] if pool.origin.rows else 0


def _identity(model: Any) -> str:
    """The same for a model's clones, another for another model or other patches of the weights."""
    return str(model.patches_uuid)


def _redrawn(
    model_sampling: Any, x: torch.Tensor, predict: Predict, samples: torch.Tensor, ratio: float, noise: torch.Tensor
) -> torch.Tensor:
    """What `predict` makes of `samples` and `noise` at `ratio`, on the device and in the dtype of x."""
    sigma = sampling.sigma_of_ratio(model_sampling, ratio).to(x.device).expand(len(samples))
    a, b = (part.view(-1, *[1] * (x.ndim - 1)) for part in sampling.forward_kernel(model_sampling, sigma))
    noisy = (a * samples.to(x.device) + b * noise.to(x.device)).to(x.dtype)

    def predicted(start: int, stop: int) -> torch.Tensor:
        return predict(noisy[start:stop], sigma[start:stop].to(x.dtype)).float().cpu()

    return torch.cat(list(memory.in_chunks(len(samples), len(samples), predicted)))


def _measured(pool: Pool, latents: torch.Tensor, redraw: Redraw, models: Sequence[Any]) -> Pool:
    """latents: the pool's, in the models' own space."""
    found = handover(redraw, latents, pool.order().tolist(), pool.nfe)
    return replace(pool, origin=replace(pool.origin, handover=found, measured_with=" ".join(map(_identity, models))))
