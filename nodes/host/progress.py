"""The running node's progress bar."""

from collections.abc import Callable
from typing import Any

import comfy.utils
import latent_preview
import torch
from comfy_execution.progress import NodeState, get_progress_state
from comfy_execution.utils import get_executing_context
from PIL import Image

from . import expansion
from .thumbnails import at_most, rgb_picture


def bar(total: int, model: Any) -> Callable[..., None]:
    """A progress bar on the running node, as a function of the units done and of a preview.

    The preview is a denoised latent (B, ...) in the model's space, a picture (H, W, C), or None. It is shown by the
    user's preview method.
    """
    shown = comfy.utils.ProgressBar(total)
    previewer = latent_preview.get_previewer(model.load_device, model.get_model_object("latent_format"))

    def report(done: int, denoised: torch.Tensor | None = None, picture: torch.Tensor | None = None) -> None:
        preview = None
        if previewer and denoised is not None:
            preview = _picture_of(previewer, denoised)
        elif previewer and picture is not None:
            preview = rgb_picture(picture)
        largest = latent_preview.MAX_PREVIEW_RESOLUTION
        shown.update_absolute(done, total, preview and ("JPEG", at_most(preview, largest), largest))

    return report


def _picture_of(previewer: Any, denoised: torch.Tensor) -> Image.Image | None:
    """None from another pack's previewer that shows its pictures by itself."""
    shown = previewer.decode_latent_to_preview_image("JPEG", denoised)
    return None if shown is None else shown[1]


def rough_picture(model: Any) -> Callable[[torch.Tensor], Image.Image | None]:
    """What shows a denoised latent (1, ...) in the model's space at once, without the VAE; it gives None if it cannot.

    The user's preview method, or where that is none the latent format's own colours.
    """
    latent_format = model.get_model_object("latent_format")
    previewer = latent_preview.get_previewer(model.load_device, latent_format)
    if previewer is None and latent_format.latent_rgb_factors is not None:
        previewer = latent_preview.Latent2RGBPreviewer(
            latent_format.latent_rgb_factors,
            latent_format.latent_rgb_factors_bias,
            latent_format.latent_rgb_factors_reshape,
        )
    return lambda denoised: None if previewer is None else _picture_of(previewer, denoised)


def continued(model: Any, steps: int, images: int) -> Callable[..., None] | None:
    """A step callback that continues the bar of LiDAR KSampler where its lookahead stopped.

    None if no lookahead ran, since the host's own callback is right then.
    """
    context = get_executing_context()
    if context is None:
        return None
    registry = get_progress_state()
    parts = expansion.parts_of(registry.dynprompt, context.node_id)
    entries = [registry.nodes[part] for part in parts if part in registry.nodes]
    # A node that was cached or reports nothing ends at 1 of 1.
    total = max((int(entry["max"]) for entry in entries if entry["state"] is NodeState.Finished), default=1)
    if total == 1:
        return None
    report = bar(total, model)
    before = total - steps * images
    report(before)

    def step_done(step: int, denoised: torch.Tensor, x: torch.Tensor, total_steps: int) -> None:
        report(before + (step + 1) * images, denoised)

    return step_done
