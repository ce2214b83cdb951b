"""Measures of a picture that need no weights, as rewards. They ignore the prompt.

Each measure maps pictures (B, 3, H, W) in [0, 1] to (B,) numbers within its own range: no picture is infinitely good.
"""

import math

import torch
from kornia.color import rgb_to_grayscale, rgb_to_hsv, rgb_to_lab
from kornia.filters import filter2d, laplacian, sobel
from kornia.metrics import ssim
from torch.nn import functional

from .measure import Measure, Metric
from .reward import SingleReward, rgb

LONGEST_SIDE = 512
# The widest window, that of the structural similarity, needs as much.
SHORTEST_SIDE = 6
_THUMBNAIL = 64
_GRID = 16
_LEVELS = 64


def sharpness(pictures: torch.Tensor) -> torch.Tensor:
    """Mean absolute Laplacian of the luma over 3 x 3 pixels; noise counts as sharpness."""
    return laplacian(rgb_to_grayscale(pictures), 3).abs().mean((1, 2, 3))


def colourfulness(pictures: torch.Tensor) -> torch.Tensor:
    """Hasler and Suesstrunk, Measuring colourfulness in natural images (2003), for values in [0, 1]."""
    red, green, blue = pictures.flatten(2).unbind(1)
    opponent = torch.stack([red - green, (red + green) / 2 - blue])
    return opponent.std(2, correction=0).norm(dim=0) + 0.3 * opponent.mean(2).norm(dim=0)


def contrast(pictures: torch.Tensor) -> torch.Tensor:
    """Standard deviation of luma."""
    return rgb_to_grayscale(pictures).flatten(1).std(1, correction=0)


def brightness(pictures: torch.Tensor) -> torch.Tensor:
    """Mean luma."""
    return rgb_to_grayscale(pictures).mean((1, 2, 3))


def symmetry(pictures: torch.Tensor) -> torch.Tensor:
    """1 minus the mean difference from the mirror image, left to right."""
    return 1 - (pictures - pictures.flip(3)).abs().mean((1, 2, 3))


def similarity(pictures: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Mean structural similarity (Wang et al. 2004, 11 x 11 window) to a reference (1, 3, H, W) stretched to fit."""
    resized = functional.interpolate(reference, pictures.shape[2:], mode="bilinear", antialias=True)
    return ssim(pictures, resized.expand_as(pictures), 11).mean((1, 2, 3))


def exposure(pictures: torch.Tensor) -> torch.Tensor:
    """Mean well-exposedness exp(-(luma - 0.5)^2 / (2 * 0.2^2)) of the pixels: Mertens, Exposure fusion (2007)."""
    return (-(rgb_to_grayscale(pictures) - 0.5).square() / 0.08).exp().mean((1, 2, 3))


def clipping(pictures: torch.Tensor) -> torch.Tensor:
    """Share of pixels whose luma is below 0.02 or above 0.98: blocked shadows and blown highlights."""
    luma = rgb_to_grayscale(pictures)
    return ((luma < 0.02) | (luma > 0.98)).float().mean((1, 2, 3))


def entropy(pictures: torch.Tensor) -> torch.Tensor:
    """Shannon entropy of the luma's histogram of 64 levels, as a share of the highest."""
    levels = (rgb_to_grayscale(pictures).flatten(1) * _LEVELS).long().clamp(0, _LEVELS - 1)
    counts = torch.zeros(len(levels), _LEVELS, device=levels.device)
    counts.scatter_add_(1, levels, torch.ones_like(levels, dtype=counts.dtype))
    return torch.special.entr(counts / levels.shape[1]).sum(1) / math.log(_LEVELS)


def saturation(pictures: torch.Tensor) -> torch.Tensor:
    """Mean saturation of the HSV model."""
    return rgb_to_hsv(pictures)[:, 1].mean((1, 2))


def warmth(pictures: torch.Tensor) -> torch.Tensor:
    """Mean b* of CIELAB over 100: below 0 blue, above 0 yellow."""
    return rgb_to_lab(pictures)[:, 2].mean((1, 2)) / 100


def noise(pictures: torch.Tensor) -> torch.Tensor:
    """Standard deviation of luma noise: Immerkaer, Fast noise variance estimation (1996). Fine texture counts too."""
    kernel = torch.tensor([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]], device=pictures.device)
    response = filter2d(rgb_to_grayscale(pictures), kernel[None], padding="valid")
    return math.sqrt(math.pi / 2) / 6 * response.abs().mean((1, 2, 3))


def _edges(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Each pixel's share (B, H, W) of the luma's gradient; x (W,) and y (H,) in [0, 1].

    eps gives every pixel a gradient of 1e-5, so that a flat picture has its centre in the middle.
    """
    gradient = sobel(rgb_to_grayscale(pictures), eps=1e-10)[:, 0]
    height, width = gradient.shape[1:]
    x = (torch.arange(width, device=gradient.device) + 0.5) / width
    y = (torch.arange(height, device=gradient.device) + 0.5) / height
    return gradient / gradient.sum((1, 2), keepdim=True), x, y


def horizontal_centre(pictures: torch.Tensor) -> torch.Tensor:
    """The centre of mass of the edges, as a share of the width."""
    shares, x, _ = _edges(pictures)
    return (shares * x).sum((1, 2))


def vertical_centre(pictures: torch.Tensor) -> torch.Tensor:
    """The centre of mass of the edges, as a share of the height."""
    shares, _, y = _edges(pictures)
    return (shares * y[:, None]).sum((1, 2))


def rule_of_thirds(pictures: torch.Tensor) -> torch.Tensor:
    """Share of the edges near the four crossings of the thirds, by Gaussians of a tenth of each side."""
    shares, x, y = _edges(pictures)

    def near(place: torch.Tensor) -> torch.Tensor:
        distance = torch.minimum((place - 1 / 3).abs(), (place - 2 / 3).abs())
        return (-distance.square() / (2 * 0.1**2)).exp()

    return (shares * near(x) * near(y)[:, None]).sum((1, 2))


def _thumbnails(pictures: torch.Tensor, size: int) -> torch.Tensor:
    """CIELAB (B, 3, size, size) of pictures shrunk by averaging."""
    return rgb_to_lab(functional.interpolate(pictures, (size, size), mode="area"))


def palette(pictures: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """1 minus the distance between the colours of a picture and of the reference (1, 3, H, W), wherever they are.

    The distance is a sliced Wasserstein distance (Bonneel et al. 2015) in CIELAB over 100, along 32 fixed directions.
    """
    directions = torch.randn(3, 32, generator=torch.Generator().manual_seed(0)).to(pictures)
    directions = directions / directions.norm(dim=0)

    def sorted_colours(batch: torch.Tensor) -> torch.Tensor:
        return (_thumbnails(batch, _THUMBNAIL).flatten(2).transpose(1, 2) @ directions).sort(1).values

    return 1 - (sorted_colours(pictures) - sorted_colours(reference)).abs().mean((1, 2)) / 100


def layout(pictures: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """1 minus the mean CIELAB distance to the reference (1, 3, H, W) over 100, cell by cell of a 16 x 16 grid."""
    distance = (_thumbnails(pictures, _GRID) - _thumbnails(reference, _GRID)).norm(dim=1)
    return 1 - distance.mean((1, 2)) / 100


SIMILARITY = "similarity to reference"
MEASURES = {
    "sharpness": Measure(sharpness, 0, 0.5, "fine detail, noise counts too"),
    "colourfulness": Measure(colourfulness, 0, 1, "grey to very colourful"),
    "contrast": Measure(contrast, 0, 0.5, "flat to black and white"),
    "brightness": Measure(brightness, 0, 1, "black to white"),
    "symmetry": Measure(symmetry, 0, 1, "1 if left mirrors right"),
    SIMILARITY: Measure(similarity, -1, 1, "1 if the same picture", needs_reference=True),
    "exposure": Measure(exposure, 0, 1, "1 if all is middle grey"),
    "clipping": Measure(clipping, 0, 1, "share of black and blown pixels"),
    "entropy": Measure(entropy, 0, 1, "one tone to all tones alike"),
    "saturation": Measure(saturation, 0, 1, "grey to pure colours"),
    "warmth": Measure(warmth, -1, 1, "blue to yellow"),
    "noise": Measure(noise, 0, 0.5, "smooth to grainy"),
    "horizontal centre": Measure(horizontal_centre, 0, 1, "detail at the left to detail at the right"),
    "vertical centre": Measure(vertical_centre, 0, 1, "detail at the top to detail at the bottom"),
    "rule of thirds": Measure(rule_of_thirds, 0, 1, "1 if all detail is where the thirds cross"),
    "palette of reference": Measure(palette, -1, 1, "1 if the same colours anywhere", needs_reference=True),
    "layout of reference": Measure(layout, -1, 1, "1 if the same colours in the same places", needs_reference=True),
}


class MetricReward(Metric, SingleReward):
    """A measure of pictures as a reward. reference: a picture (H, W, C) in [0, 1], for the measures that need one."""

    measures = MEASURES
    compares_with = "a picture"

    def __init__(
        self, measure: str, direction: str = "more", target: float = 0.5, reference: torch.Tensor | None = None
    ) -> None:
        super().__init__(measure, direction, target)
        self.references = tuple(rgb(picture[None], self.name) for picture in self.needed(reference))

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        """(n,) float32 for images (n, H, W, 3) in [0, 1]; NaN for a picture that is not finite."""
        pictures = _small_copy(images)
        broken = ~torch.isfinite(images.flatten(1)).all(1)
        references = (_small_copy(reference.to(images.device)) for reference in self.references)
        values = self.measure.of(pictures.nan_to_num(), *references)
        values = values.clamp(self.measure.low, self.measure.high).masked_fill(broken, float("nan"))
        return self.towards(values)


def enlarged(pictures: torch.Tensor) -> torch.Tensor:
    """(B, C, H, W) with sides of SHORTEST_SIDE pixels or more: the pixels of shorter ones are repeated."""
    for axis in (2, 3):
        pictures = pictures.repeat_interleave(math.ceil(SHORTEST_SIDE / pictures.shape[axis]), axis)
    return pictures


def _small_copy(images: torch.Tensor) -> torch.Tensor:
    """(B, 3, H, W) float32 in [0, 1], with sides of SHORTEST_SIDE to LONGEST_SIDE pixels."""
    pictures = enlarged(images.float().movedim(-1, 1).clamp(0, 1))
    longest = max(pictures.shape[2:])
    if longest <= LONGEST_SIDE:
        return pictures
    size = [max(SHORTEST_SIDE, round(side * LONGEST_SIDE / longest)) for side in pictures.shape[2:]]
    return functional.interpolate(pictures, size, mode="bilinear", antialias=True)
