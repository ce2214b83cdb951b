"""The host's samplers, noise and noising processes."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import comfy.model_sampling
import comfy.patcher_extension
import comfy.sample
import comfy.samplers
import torch

from ...lidar_core.errors import LidarError
from . import batches
from .latents import samples_of

PATCH_KEY = "lidar"
_NOT_A_NOISING_PROCESS = ("IMG_TO_IMG", "IMG_TO_IMG_FLOW", "V_PREDICTION_DDPM")


def sampler_names() -> list[str]:
    return comfy.samplers.KSampler.SAMPLERS


def scheduler_names() -> list[str]:
    return comfy.samplers.KSampler.SCHEDULERS


def is_stochastic(sampler_name: str) -> bool:
    """Whether a sampler adds noise of its own as it goes."""
    function = getattr(comfy.samplers.sampler_object(sampler_name), "sampler_function", None)
    return function is not None and "noise_sampler" in inspect.signature(function).parameters


def fresh_noise(latent: dict[str, Any], seed: int) -> torch.Tensor:
    """The noise that the host's own samplers start from."""
    return comfy.sample.prepare_noise(latent["samples"], seed, latent.get("batch_index"))


def fix_empty_latent(model: Any, latent: dict[str, Any]) -> torch.Tensor:
    """latent["samples"] with the channels and the size that `model` samples."""
    samples = samples_of(latent, "latent_image")
    tags = ("downscale_ratio_spacial", "downscale_ratio_temporal")
    known = inspect.signature(comfy.sample.fix_empty_latent_channels).parameters
    ratios = {tag: latent[tag] for tag in tags if tag in latent and tag in known}
    fixed = comfy.sample.fix_empty_latent_channels(model, samples, **ratios)
    # For models of video and sound the host turns a plain empty latent into a nested one.
    return samples_of({"samples": fixed}, "latent_image, as this model samples it,")


def forward_kernel(model_sampling: Any, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """a and b, each (B,), of x = a * x0 + b * noise at sigma (B,), probed from the model's own noising."""
    zeros, ones = torch.zeros(len(sigma), 1, device=sigma.device), torch.ones(len(sigma), 1, device=sigma.device)
    a = model_sampling.noise_scaling(sigma, zeros.clone(), ones.clone())
    b = model_sampling.noise_scaling(sigma, ones.clone(), zeros.clone())
    return a[:, 0], b[:, 0]


def sigma_of_ratio(model_sampling: Any, ratio: float) -> torch.Tensor:
    """The sigma (1,) at which b / a is `ratio`, or the nearest in the model's range; b / a rises with sigma."""
    low, high = (torch.as_tensor(float(end)).reshape(1) for end in (model_sampling.sigma_min, model_sampling.sigma_max))
    for _ in range(50):
        middle = (low + high) / 2
        a, b = forward_kernel(model_sampling, middle)
        low, high = (middle, high) if b < ratio * a else (low, middle)
    return (low + high) / 2


def check_noising(model: Any) -> None:
    """Refuse models whose sampling is not a known noising process."""
    model_sampling = model.get_model_object("model_sampling")
    for name in _NOT_A_NOISING_PROCESS:
        kind = getattr(comfy.model_sampling, name, None)
        if kind is not None and isinstance(model_sampling, kind):
            raise LidarError(
                f"The model {type(model.model).__name__} samples by {name}, which LiDAR cannot guide: it does not "
                "noise latents in a known way. Use it without LiDAR."
            )
    if model.model.model_config.unet_config.get("use_temporal_attention"):
        raise LidarError(
            f"The model {type(model.model).__name__} makes one video of the whole batch, and LiDAR guides each latent "
            "of a batch by itself. Use it without LiDAR."
        )


def without_guidance(model: Any) -> Any:
    """A clone of `model` that LiDAR does not guide."""
    plain = model.clone()
    plain.remove_wrappers_with_key(comfy.patcher_extension.WrappersMP.OUTER_SAMPLE, PATCH_KEY)
    return plain


def counted(model: Any, prediction: Callable[..., Any]) -> Any:
    """A clone of `model` whose denoised predictions go through the wrapper `prediction`."""
    clone = model.clone()
    clone.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREDICT_NOISE, "lidar_cost", prediction)
    return clone


@dataclass(frozen=True)
class Task:
    """One sampling: the inputs of the host's KSampler except the noise. sigmas replace steps and scheduler.

    low_noise_model: samples in place of `model` after low_noise_start, a share of the schedule; None: `model` samples
    throughout.
    """

    model: Any
    positive: Any
    negative: Any
    latent: dict[str, Any]
    denoise: float = 1.0
    cfg: float = 1.0
    steps: int = 1
    sampler_name: str = "euler"
    scheduler: str = "simple"
    sigmas: torch.Tensor | None = None
    low_noise_model: Any = None
    low_noise_start: float = 0.5

    @property
    def models(self) -> list[Any]:
        return [self.model] if self.low_noise_model is None else [self.model, self.low_noise_model]

    def samples_low(self, sigmas: torch.Tensor) -> torch.Tensor:
        """Whether low_noise_model samples at these levels, which schedulers round each in their own way."""
        highest = self.model.get_model_object("model_sampling").percent_to_sigma(self.low_noise_start)
        return (sigmas <= highest * (1 + 1e-4)) & (self.low_noise_model is not None)

    def stages(self) -> list["Task"]:
        """One run for each model that has steps to take, in the order of the steps."""
        if self.low_noise_model is None or (self.sigmas is None and self.denoise <= 0):
            return [self]
        sigmas = _levels(self) if self.sigmas is None else self.sigmas
        high = int((~self.samples_low(sigmas[:-1])).sum())
        parts = (self.model, sigmas[: high + 1]), (self.low_noise_model, sigmas[high:])
        return [
            replace(self, model=model, sigmas=part, steps=len(part) - 1, low_noise_model=None)
            for model, part in parts
            if len(part) > 1
        ]


def _levels(task: Task) -> torch.Tensor:
    """The noise levels (steps + 1,) of the host's KSampler."""
    scheduled = (task.sampler_name, task.scheduler, task.denoise)
    levels: torch.Tensor = comfy.samplers.KSampler(task.model, task.steps, torch.device("cpu"), *scheduled).sigmas
    return levels


def noise_left(task: Task, latents: torch.Tensor, images: Sequence[int], begun: torch.Tensor) -> torch.Tensor:
    """The noise with which a run of `task` goes on with `begun` (m, ...).

    latents, images: as for `sample`. begun: one for each of `images`, as `sample` leaves it at the first of the task's
    sigmas.
    """
    assert task.sigmas is not None
    a, b = forward_kernel(task.model.get_model_object("model_sampling"), task.sigmas[:1])
    into_model = latent_format(task.model).process_in
    # The host leaves a latent of nothing but zeros as it is.
    start = into_model(latents) if latents.any() else latents
    left: torch.Tensor = a / b * (into_model(begun) - start[list(images)])
    return left


def sample(
    task: Task,
    latents: torch.Tensor,
    images: Sequence[int],
    noise: torch.Tensor,
    seed: int,
    callback: Callable[..., None] | None,
) -> torch.Tensor:
    """Samples these images of the batch `latents` with the host's KSampler, from one `noise` for each of them.

    The result is in the VAE's latent space.
    """
    if task.sigmas is None and task.denoise <= 0:
        # The host would take no step.
        return latents[list(images)]
    return comfy.sample.sample(
        batches.of_images(task.model, images, noise),
        torch.zeros_like(latents),
        task.steps,
        task.cfg,
        task.sampler_name,
        task.scheduler,
        task.positive,
        task.negative,
        latents,
        denoise=task.denoise,
        sigmas=task.sigmas,
        noise_mask=task.latent.get("noise_mask"),
        callback=callback,
        disable_pbar=True,
        seed=seed,
    )


def latent_format(model: Any) -> Any:
    """The latent format in which `model` samples, including patches."""
    return model.get_model_object("latent_format")


def latent_format_name(model: Any) -> str:
    return type(latent_format(model)).__name__
