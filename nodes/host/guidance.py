"""Guidance as a patch of the host's models."""

from collections.abc import Callable
from typing import Any

import comfy.model_patcher
import comfy.patcher_extension
import torch

from ...lidar_core.guidance import PreparedPool
from ...lidar_core.guide import GuidanceSettings, Guide, Trace
from ...lidar_core.pool import Pool, PoolError
from ...lidar_core.report import pull_report
from ...lidar_core.rewards import log_tilts
from ..cost import Cost
from . import messages, progress
from .sampling import PATCH_KEY, check_noising, forward_kernel


def with_guidance(model: Any, pool: Pool, settings: GuidanceSettings, shown_as: str | None = None) -> Any:
    """A clone of `model` that is guided by `pool` in every run; state lives in the run and nowhere else.

    shown_as: the id of the node whose panel is told what each run did.
    """
    check_noising(model)
    drawn_in, sampled_in = pool.settings.get("latent_format"), type(model.model.latent_format).__name__
    if drawn_in is not None and drawn_in != sampled_in:
        raise PoolError(
            f"The pool's latents are of the format {drawn_in} but the model samples {sampled_in} latents: "
            "draw the pool with a model of the same family."
        )

    def guided_run(
        executor: Any,
        noise: Any,
        image: Any,
        sampler: Any,
        sigmas: Any,
        mask: Any,
        callback: Any,
        *args: Any,
        **rest: Any,
    ) -> Any:
        guider = executor.class_obj
        trace, cost = Trace(), Cost(announce=lambda phase: messages.tell("phase", shown_as, {"phase": phase}))
        original = guider.model_options
        guider.model_options = comfy.model_patcher.create_model_options_clone(original)
        comfy.patcher_extension.add_wrapper_with_key(
            comfy.patcher_extension.WrappersMP.PREDICT_NOISE,
            PATCH_KEY,
            _guided_prediction(guider.model_patcher, pool, settings, sigmas, noise, trace, cost),
            guider.model_options,
            is_model_options=True,
        )
        callback = progress.continued(guider.model_patcher, len(sigmas) - 1, len(noise)) or callback
        try:
            with cost.phase("sampling"):
                samples = executor(noise, image, sampler, sigmas, mask, callback, *args, **rest)
        finally:
            guider.model_options = original
        messages.tell("run", shown_as, _run_report(pool, trace, sigmas, cost))
        return samples

    guided = model.clone()
    guided.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.OUTER_SAMPLE, PATCH_KEY, guided_run)
    return guided


def _run_report(pool: Pool, trace: Trace, sigmas: torch.Tensor, cost: Cost) -> dict[str, Any]:
    """What a run did, the pool's samples best first."""
    order = pool.order().tolist()
    report = pull_report(trace, sigmas, len(pool))
    return {
        **report,
        "share": [report["share"][sample] for sample in order],
        "rewards": pool.rewards[order].tolist(),
        "seeds": [pool.seeds[sample] for sample in order],
        "steps": len(sigmas) - 1,
        "evaluations": cost.evaluations,
        "seconds": cost.seconds,
    }


def _guided_prediction(
    model: Any,
    pool: Pool,
    settings: GuidanceSettings,
    sigmas: torch.Tensor,
    noise: torch.Tensor,
    trace: Trace,
    cost: Cost,
) -> Callable[..., torch.Tensor]:
    model_sampling = model.get_model_object("model_sampling")
    latents = model.model.process_latent_in(pool.latents.float())
    tilts = log_tilts(pool.rewards, settings.lam, latents[0].numel(), settings.raw_rewards, pool.spread)
    guide = Guide(
        PreparedPool(latents, tilts, model.load_device),
        settings,
        sigmas,
        model_sampling.percent_to_sigma(settings.start),
        model_sampling.percent_to_sigma(settings.end),
        trace,
        noise,
    )

    def guided_prediction(executor: Any, x: torch.Tensor, sigma: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        denoised = cost.counted_prediction(executor, x, sigma, *args, **kwargs)
        sigma = sigma.reshape(-1).expand(len(x))
        a, b = forward_kernel(model_sampling, sigma)
        return guide(x, sigma, a, b, denoised)

    return guided_prediction
