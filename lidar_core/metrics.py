"""Measures of a picture that need no weights, as rewards. They ignore the prompt."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from kornia.color import rgb_to_grayscale
from kornia.filters import laplacian
from kornia.metrics import ssim
from torch.nn import functional


def brightness(pictures: torch.Tensor) -> torch.Tensor:
    """Mean luma, 0 to 1; pictures (B, 3, H, W) in [0, 1], as for every measure here."""
    return rgb_to_grayscale(pictures).mean((1, 2, 3))


def contrast(pictures: torch.Tensor) -> torch.Tensor:
    """Standard deviation of luma, 0 to 0.5."""
    return rgb_to_grayscale(pictures).flatten(1).std(1, correction=0)


def sharpness(pictures: torch.Tensor) -> torch.Tensor:
    """Mean size of the luma's Laplacian over 3 x 3 pixels, 0 to about 0.5; noise counts as sharpness."""
    return laplacian(rgb_to_grayscale(pictures), 3).abs().mean((1, 2, 3))


def colourfulness(pictures: torch.Tensor) -> torch.Tensor:
    """Hasler and Suesstrunk, Measuring colourfulness in natural images (2003), for values in [0, 1]: 0 to about 1."""
    red, green, blue = pictures.flatten(2).unbind(1)
    opponent = torch.stack([red - green, (red + green) / 2 - blue])
    return opponent.std(2, correction=0).norm(dim=0) + 0.3 * opponent.mean(2).norm(dim=0)


def symmetry(pictures: torch.Tensor) -> torch.Tensor:
    """1 minus the mean difference from the mirror image, left to right: 1 is symmetric."""
    return 1 - (pictures - pictures.flip(3)).abs().mean((1, 2, 3))


MEASURES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "sharpness": sharpness,
    "colourfulness": colourfulness,
    "contrast": contrast,
    "brightness": brightness,
    "symmetry": symmetry,
}
SIMILARITY = "similarity to reference"
DIRECTIONS = ("more", "less", "near target")


def similarity(pictures: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Mean structural similarity (Wang et al. 2004, 11 x 11 window) to a reference (3, H, W), -1 to 1."""
    resized = functional.interpolate(reference[None], pictures.shape[2:], mode="bilinear", antialias=True)
    return ssim(pictures, resized.expand_as(pictures), 11).mean((1, 2, 3))


@dataclass(frozen=True, eq=False)
class MetricReward:
    """One measure as a reward: more of it, less of it, or as near to `target` as can be.

    reference: a picture (H, W, 3) in [0, 1], for SIMILARITY alone.
    """

    measure: str
    direction: str = "more"
    target: float = 0.5
    reference: torch.Tensor | None = None

    def __post_init__(self) -> None:
        if self.measure == SIMILARITY and self.reference is None:
            raise ValueError('The metric "similarity to reference" needs a picture: wire one to reference.')

    reads_prompt: ClassVar[bool] = False
    unit: ClassVar[str] = "the metric's own"
    spread: ClassVar[float] = 0.0
    cost: ClassVar[str] = "No model: the picture is measured on the CPU."

    @property
    def name(self) -> str:
        return f"{self.direction} {self.measure}"

    def score(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(B,) float32 for images (B, H, W, 3) in [0, 1]; the prompt does not matter."""
        pictures = images[..., :3].to(device=device, dtype=torch.float32).movedim(-1, 1)
        if self.measure == SIMILARITY and self.reference is not None:
            values = similarity(pictures, self.reference[..., :3].to(pictures).movedim(-1, 0))
        else:
            values = MEASURES[self.measure](pictures)
        if self.direction == "near target":
            return -(values - self.target).abs()
        return values if self.direction == "more" else -values
