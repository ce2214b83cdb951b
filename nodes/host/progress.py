"""The running node's progress bar and its words to the user."""

import logging
from collections.abc import Callable
from typing import Any

import comfy.utils
import latent_preview
import torch
from PIL import Image
from server import PromptServer

logger = logging.getLogger(__name__)


def progress(total: int, model: Any) -> Callable[..., None]:
    """A progress bar on the running node: call it with the units done, and what to preview if anything.

    Previews are shown as the user set them: of a denoised latent (B, ...) in the model's space, or of a picture.
    """
    bar = comfy.utils.ProgressBar(total)
    previewer = latent_preview.get_previewer(model.load_device, model.model.latent_format)

    def report(done: int, denoised: torch.Tensor | None = None, picture: torch.Tensor | None = None) -> None:
        preview = None
        if previewer and denoised is not None:
            preview = previewer.decode_latent_to_preview_image("JPEG", denoised)
        elif previewer and picture is not None:
            pixels = (picture * 255).clamp(0, 255).byte().cpu().numpy()
            preview = ("JPEG", Image.fromarray(pixels), latent_preview.MAX_PREVIEW_RESOLUTION)
        bar.update_absolute(done, total, preview)

    return report


def say(node: Any, text: str) -> None:
    """Show `text` on the node that the user sees, which for a part of LiDAR KSampler is that one."""
    server = getattr(PromptServer, "instance", None)
    if server is not None:
        server.send_progress_text(text, node.hidden.dynprompt.get_display_node_id(node.hidden.unique_id))


def warn(node: Any, text: str) -> None:
    """Say `text` in the log as well."""
    logger.warning(text)
    say(node, text)
