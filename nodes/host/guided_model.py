"""Guidance as a patch of the host's models."""

from typing import Any

import comfy.model_patcher
import comfy.patcher_extension
import torch

from ...lidar_core.guidance.closed_form import PreparedPool
from ...lidar_core.guidance.guide import GuidanceSettings, Guide, Trace
from ...lidar_core.guidance.trace import pull_report
from ...lidar_core.pools.pool import Pool, PoolError
from ...lidar_core.rewards.reward import log_tilts
from . import panel as messages
from . import progress
from .cost import Cost
from .sampling import PATCH_KEY, check_noising, forward_kernel


def with_guidance(
    model: Any,
    pool: Pool,
    settings: GuidanceSettings,
    shown_as: str | None = None,
    latest: list[dict[str, Any]] | None = None,
) -> Any:
    """A clone of `model` that is guided by `pool` in every run; state lives in the run and nowhere else.

    shown_as: the id of the node whose panel is told what each run did. latest: is given what the last run did.
    """
    check_noising(model)
    drawn_in, sampled_in = pool.origin.latent_format, type(model.model.latent_format).__name__
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
        guided = _GuidedPrediction(guider.model_patcher, pool, settings, sigmas, noise, trace, cost)
        kinds = comfy.patcher_extension.WrappersMP
        for kind, wrapper in ((kinds.PREDICT_NOISE, guided.predict), (kinds.CALC_COND_BATCH, guided.evaluate)):
            comfy.patcher_extension.add_wrapper_with_key(
                kind, PATCH_KEY, wrapper, guider.model_options, is_model_options=True
            )
        callback = progress.continued(guider.model_patcher, len(sigmas) - 1, len(noise)) or callback
        try:
            with cost.phase("sampling"):
                samples = executor(noise, image, sampler, sigmas, mask, callback, *args, **rest)
        finally:
            guider.model_options = original
        report = _run_report(pool, trace, sigmas, cost)
        if latest is not None:
            latest[:] = [{**report, "prompt_id": messages.running_prompt()}]
        messages.tell("run", shown_as, report)
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


class _GuidedPrediction:
    """One run's wrappers of the host's denoised prediction, and of the model's evaluations inside it."""

    def __init__(
        self,
        model: Any,
        pool: Pool,
        settings: GuidanceSettings,
        sigmas: torch.Tensor,
        noise: torch.Tensor,
        trace: Trace,
        cost: Cost,
    ) -> None:
        self.model_sampling = model.get_model_object("model_sampling")
        latents = model.model.process_latent_in(pool.latents.float())
        tilts = log_tilts(pool.rewards, settings.lam, latents[0].numel(), settings.raw_rewards, pool.spread)
        self.guide = Guide(
            PreparedPool(latents, tilts, model.load_device),
            settings,
            sigmas,
            self.model_sampling.percent_to_sigma(settings.start),
            self.model_sampling.percent_to_sigma(settings.end),
            trace,
            noise,
        )
        self.cost = cost
        self.instead: torch.Tensor | None = None
        self.evaluated = False

    def predict(self, executor: Any, x: torch.Tensor, sigma: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        def prediction(instead: torch.Tensor | None) -> Any:
            self.instead, self.evaluated = instead, False
            try:
                return executor(x, sigma, *args, **kwargs)
            finally:
                self.instead = None
                self.cost.evaluations += len(x) if self.evaluated else 0

        levels = sigma.reshape(-1).expand(len(x))
        a, b = forward_kernel(self.model_sampling, levels)
        return self.guide(x, levels, a, b, prediction)

    def evaluate(self, executor: Any, model: Any, conds: list[Any], x: torch.Tensor, *args: Any) -> Any:
        """Answers for the model where the pool does, so that the sampler's and other patches' hooks still run.

        Context windows bring a part of x, which the model has to answer itself.
        """
        if self.instead is not None and self.instead.shape == x.shape:
            return [self.instead for _ in conds]
        self.evaluated = True
        return executor(model, conds, x, *args)
