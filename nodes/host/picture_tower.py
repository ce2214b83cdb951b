"""The picture tower of a CLIP_VISION, and the projected features of pictures."""

from typing import Any

import torch

from ...lidar_core.rewards.pixels import CROP_ROUNDED, NONE, ONES, Geometry
from . import memory


class PictureTower:
    """Computes features of pictures, in batches that fit the memory. The host owns the weights."""

    def __init__(self, clip_vision: Any) -> None:
        self.clip_vision = clip_vision
        self.square = Geometry(clip_vision.image_size, CROP_ROUNDED, NONE, ONES)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """(n, D) float32 on the CPU of images (n, H, W, 3) in [0, 1]."""

        def seen(start: int, stop: int) -> torch.Tensor:
            squares = self.square(images[start:stop].to(device)).movedim(1, -1)
            features: torch.Tensor = self.clip_vision.encode_image(squares).image_embeds
            return features.float().cpu()

        device = self.clip_vision.load_device
        size = memory.fitting_pictures(device, self._picture_bytes() + memory.picture_copies(images))
        return torch.cat(list(memory.in_chunks(len(images), size, seen)))

    def _picture_bytes(self) -> int:
        """An upper bound on the working memory of one picture: the widest layer's activations in float32."""
        config = self.clip_vision.config
        positions = (config["image_size"] // config["patch_size"]) ** 2 + 1
        return 4 * positions * (2 * config["intermediate_size"] + 6 * config["hidden_size"])


def is_trained(weight: torch.Tensor) -> bool:
    """Whether a projection was trained: the host leaves a missing one at zeros or uninitialised.

    The values of a trained one have a standard deviation of about 1 / sqrt(inputs), 0.02 to 0.04.
    """
    spread = weight.detach().float().std().item()
    return bool(weight.isfinite().all()) and 1e-3 < spread < 1
