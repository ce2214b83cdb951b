"""How each scorer sees a picture: cropped, padded or squashed to a square, resized and normalised."""

from dataclasses import dataclass

import torch
from torch.nn import functional

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
HALF = (0.5, 0.5, 0.5)
# For pictures that are normalised elsewhere.
NONE, ONES = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

CROP = "crop"
CROP_ROUNDED = "crop, rounded"
PAD = "pad"
SQUASH = "squash"
_LONGEST_STRIP = 16


@dataclass(frozen=True)
class Geometry:
    """The square of `size` pixels that a tower sees.

    fit: CROP takes the middle square and floors an odd margin, as Hugging Face does. CROP_ROUNDED rounds as torchvision
    and open_clip do. PAD shows the whole picture between black bars, as HPSv2 does. SQUASH ignores the aspect ratio, as
    SigLIP does.
    """

    size: int
    fit: str
    mean: tuple[float, float, float] = CLIP_MEAN
    std: tuple[float, float, float] = CLIP_STD

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """(B, 3, size, size) float32, normalised, from images (B, H, W, 3) in [0, 1]."""
        pixels = images.float().movedim(-1, 1).mul(255).round().clamp(0, 255)
        if self.fit == PAD:
            square = _padded(pixels / 255, self.size)
        elif self.fit == SQUASH:
            square = resized(pixels, self.size, self.size) / 255
        else:
            square = _cropped(pixels, self.size, rounded=self.fit == CROP_ROUNDED) / 255
        mean, std = (torch.tensor(values, device=square.device).view(3, 1, 1) for values in (self.mean, self.std))
        return (square - mean) / std


def resized(pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Pillow's bicubic resize of (B, 3, H, W) whole numbers from 0 to 255, with an error of at most 1.

    Like Pillow it resizes the width, then the height, and rounds to whole numbers after each. Pillow 13 reverses the
    order for some tall pictures; the reward models were published with earlier versions.
    """
    for size in ((pixels.shape[2], width), (height, width)):
        if pixels.shape[2:] != size:
            pixels = functional.interpolate(pixels, size, mode="bicubic", antialias=True).round().clamp(0, 255)
    return pixels


def _cropped(pixels: torch.Tensor, size: int, rounded: bool) -> torch.Tensor:
    height, width = pixels.shape[2:]
    short = min(height, width)
    if max(height, width) > _LONGEST_STRIP * short:
        # Otherwise a long strip would be enlarged as a whole although only a square of it is used.
        middle = [max(0, (extent - _LONGEST_STRIP * short) // 2) for extent in (height, width)]
        pixels = pixels[:, :, middle[0] : height - middle[0], middle[1] : width - middle[1]]
        height, width = pixels.shape[2:]
    pixels = resized(pixels, int(size * height / short), int(size * width / short))
    margins = [extent - size for extent in pixels.shape[2:]]
    top, left = (round(margin / 2) if rounded else margin // 2 for margin in margins)
    return pixels[:, :, top : top + size, left : left + size]


def _padded(pictures: torch.Tensor, size: int) -> torch.Tensor:
    """HPSv2's transform: it resizes real numbers, keeps the bicubic overshoot, and adds black bars of 0."""
    long = max(pictures.shape[2:])
    height, width = (max(1, round(extent * (size / long))) for extent in pictures.shape[2:])
    if long != size:
        pictures = functional.interpolate(pictures, (height, width), mode="bicubic", antialias=True)
    top, left = (size - height) // 2, (size - width) // 2
    return functional.pad(pictures, (left, size - width - left, top, size - height - top))
