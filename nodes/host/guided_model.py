"""Applies guidance to the host's models, as a wrapper of their predictions."""

import math
from collections.abc import Callable
from typing import Any

import comfy.model_patcher
import comfy.patcher_extension
import torch

from ...lidar_core.guidance.guide import GuidanceSettings, Guide, Schedule
from ...lidar_core.guidance.rules import KernelRule
from ...lidar_core.guidance.trace import Trace
from ...lidar_core.pools.pool import Pool, PoolError
from ...lidar_core.quoting import quoted
from . import progress
from .cost import Cost
from .handover import MeasuredPool
from .panel import Panel, does_not_guide, guides
from .sampling import PATCH_KEY, check_noising, forward_kernel, latent_format_name


def for_node(
    node: Any, model: Any, pool: Pool, settings: GuidanceSettings, why_gone: str | None = None
) -> tuple[Any, dict[str, Any]]:
    """The output of a guidance node: the guided model, or the unguided model and the reason.

    why_gone: a sentence about chosen samples that are not in the pool.
    """
    panel = Panel(node, why_gone)
    if why_gone:
        panel.warn(why_gone)
    why_off = None if settings.follow else pool.why_powerless()
    if why_off:
        panel.warn(why_off)
    elif settings.rule.strength == 0 or settings.lam == 0:
        nothing = "Strength" if settings.rule.strength == 0 else "The reward's weight"
        why_off = f"{nothing} is 0: sampled without guidance."
    if why_off:
        return model, does_not_guide(why_off)
    return with_guidance(model, pool, settings, panel), guides(panel)


def with_guidance(model: Any, pool: Pool, settings: GuidanceSettings, panel: Panel | None = None) -> Any:
    """A clone of `model` that is guided by `pool` in every run; `panel` receives a report of each run."""
    panel = panel or Panel()
    check_noising(model)
    drawn_in, sampled_in = pool.origin.latent_format, latent_format_name(model)
    if drawn_in is not None and drawn_in != sampled_in:
        raise PoolError(
            f"The pool's latents are of the format {quoted(drawn_in)} but the model samples {sampled_in} latents: "
            "draw the pool with a model of the same family."
        )

    measured = MeasuredPool(pool)

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
        if len(rest.get("latent_shapes") or ()) > 1:
            raise PoolError(
                "The latent that is sampled is nested, several tensors of different shapes (such as sound beside "
                "video), which LiDAR cannot guide: take LiDAR Guidance off this model."
            )
        guider = executor.class_obj
        trace, cost = Trace(), Cost(announce=panel.phase)
        original = guider.model_options
        schedule = Schedule(sigmas, guider.model_patcher.get_model_object("model_sampling").percent_to_sigma)
        own = pool.origin.own_samples(len(noise))
        prediction = _GuidedPrediction(measured, settings, schedule, noise, mask, trace, cost, own)
        guider.model_options = _with_outermost(original, prediction.predict)
        callback = progress.continued(guider.model_patcher, len(sigmas) - 1, len(noise)) or callback
        try:
            with cost.phase("sampling"):
                samples = executor(noise, image, sampler, sigmas, mask, callback, *args, **rest)
        finally:
            guider.model_options = original
        panel.run(measured.pool, trace, sigmas, cost, prediction.handover, prediction.chosen_too_rough)
        return samples

    guided = model.clone()
    guided.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.OUTER_SAMPLE, PATCH_KEY, guided_run)
    return guided


def _with_outermost(model_options: dict[str, Any], predict: Callable[..., Any]) -> dict[str, Any]:
    """A copy of `model_options` with `predict` around all other wrappers of the prediction.

    The inner wrappers see the model's own predictions. LazyCache, for one, skips steps whose predictions hardly differ,
    and would otherwise measure LiDAR's nearly constant ones.
    """
    kind = comfy.patcher_extension.WrappersMP.PREDICT_NOISE
    copy = comfy.model_patcher.create_model_options_clone(model_options)
    wrappers = copy.setdefault("transformer_options", {}).setdefault("wrappers", {})
    others = dict(wrappers.get(kind, {}))
    wrappers[kind] = {PATCH_KEY: [predict, *others.pop(PATCH_KEY, [])], **others}
    return copy


class _GuidedPrediction:
    """The wrapper of the host's denoised prediction for one run."""

    def __init__(
        self,
        measured: MeasuredPool,
        settings: GuidanceSettings,
        schedule: Schedule,
        noise: torch.Tensor,
        mask: torch.Tensor | None,
        trace: Trace,
        cost: Cost,
        own: torch.Tensor | None,
    ) -> None:
        self.own = own
        self.measured = measured
        self.settings = settings
        self.schedule = schedule
        self.noise = noise
        self.mask = mask
        self.held: torch.Tensor | None = None
        self.trace = trace
        self.cost = cost
        self.guide: Guide | None = None

    @property
    def handover(self) -> float | None:
        """What the panel is told, see Panel.run."""
        rule = self.guide.rule if self.guide else None
        return rule.width if isinstance(rule, KernelRule) else None

    @property
    def chosen_too_rough(self) -> bool:
        """Whether samples led because they were chosen, where the measurement lets none lead."""
        rule, found = self.settings.rule, self.measured.pool.origin.handover
        measured = isinstance(rule, KernelRule) and rule.handover is None
        return bool(self.settings.follow) and measured and found == math.inf

    def predict(self, executor: Any, x: torch.Tensor, sigma: torch.Tensor, model_options: Any, *args: Any) -> Any:
        guider = executor.class_obj
        # Not earlier: patches of the latent format are in place only while the host samples.
        if self.guide is None:
            self.held = _held(guider.inner_model, x, sigma, self.mask)
            self.guide = self._guide(guider, x, model_options)
        levels = sigma.reshape(-1).expand(len(x))
        lead = self.guide.at(x, levels, *forward_kernel(guider.inner_model.model_sampling, levels))
        if lead is not None and lead.decides and self.held is None:
            self.guide.record(levels, lead, None)
            denoised = lead.target.to(x.dtype)
            _run_sampler_hooks(guider, x, sigma, denoised, model_options)
            return denoised
        self.cost.model_calls += len(x)
        denoised = executor(x, sigma, model_options, *args)
        if lead is None:
            return denoised
        self.guide.record(levels, lead, denoised)
        guided = lead.guided(denoised)
        return guided if self.held is None else torch.where(self.held, denoised, guided)

    def _guide(self, guider: Any, x: torch.Tensor, model_options: Any) -> Guide:
        rule = self.settings.rule
        pool = self.measured.pool
        if isinstance(rule, KernelRule) and rule.handover is None:
            pool = self.measured.by(guider, x, model_options, self.cost)

        def to_model(latents: torch.Tensor) -> torch.Tensor:
            inside = guider.inner_model.process_latent_in(latents)
            if self.held is None:
                return inside
            # Where all samples are alike, an element does not count.
            return torch.where(self.held.any(0).to(inside.device), inside[:1], inside)

        return Guide.of(pool, self.settings, self.schedule, self.noise, to_model, self.trace, x.device, self.own)


def _held(model: Any, x: torch.Tensor, sigma: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor | None:
    """(B, ...) the elements of x that have a noise level of their own, or None if there are none.

    Models such as LTXV keep a masked latent image instead of noising it. Where the mask is neither 0 nor 1, as on a
    start frame with a strength below 1, x is a mean of both, and the noising formula for sigma does not hold.
    """
    if mask is None:
        return None
    partly = ((mask > 0) & (mask < 1)).expand_as(x)
    nothing = torch.zeros_like(x)
    kept = model.scale_latent_inpaint(x=x, sigma=sigma, noise=torch.ones_like(x), latent_image=nothing)
    return partly if partly.any() and not kept.any() else None


def _run_sampler_hooks(guider: Any, x: torch.Tensor, sigma: torch.Tensor, denoised: Any, model_options: Any) -> None:
    """Run the hooks by which CFG++ samplers read the unconditional prediction, but no hooks that came with the model.

    A hook of another pack would take the pool's target for the model's prediction. The hooks' results are ignored.
    """
    came_with_model = guider.model_options.get("sampler_post_cfg_function", [])
    hooks = [hook for hook in model_options.get("sampler_post_cfg_function", []) if hook not in came_with_model]
    for hook in hooks:
        hook(
            {
                "denoised": denoised,
                "cond": guider.conds.get("positive"),
                "uncond": guider.conds.get("negative"),
                "cond_scale": 1.0,
                "model": guider.inner_model,
                "uncond_denoised": denoised,
                "cond_denoised": denoised,
                "sigma": sigma,
                "model_options": model_options,
                "input": x,
            }
        )
