import numpy as np
import pytest
import torch
from PIL import Image

from lidar_core.rewards.pixels import CROP, CROP_ROUNDED, PAD, SQUASH, Geometry, resized

from .scorers import tiny_clip

PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


@pytest.mark.parametrize("place", range(len(tiny_clip.SIZES)))
@pytest.mark.parametrize("size", [(224, 224), (299, 224), (384, 384)])
def test_resizing_is_pillows_within_one_step(place, size):
    """Pillow keeps its kernels as whole multiples of 2^-22 and sums those; a sum near a half may round to the other
    side, which happens in fewer than 1 of 1000 values here. Along the width first: from version 13 on Pillow
    starts with the height of some tall pictures when it is left the choice."""
    picture = tiny_clip.pictures()[place]
    half_way = Image.fromarray(picture).resize((size[0], len(picture)), Image.Resampling.BICUBIC)
    expected = np.asarray(half_way.resize(size, Image.Resampling.BICUBIC)).astype(np.float32)
    found = resized(torch.from_numpy(picture)[None].movedim(-1, 1).float(), size[1], size[0])[0].movedim(0, -1).numpy()
    difference = np.abs(found - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1 / 1000


def ramp(height, width):
    """Red grows from left to right, green from top to bottom; blue is full."""
    y, x = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)
    return torch.stack([x.expand(height, width), y.expand(height, width), torch.ones(height, width)], -1)[None]


def test_a_crop_keeps_the_middle_of_the_long_side():
    square = Geometry(64, CROP, **PLAIN)(ramp(100, 300))[0]
    assert square.shape == (3, 64, 64)
    assert square[0, 0, [0, -1]].tolist() == pytest.approx([1 / 3, 2 / 3], abs=0.01)
    assert square[1, [0, -1], 0].tolist() == pytest.approx([0, 1], abs=0.02)


def test_odd_margins_are_floored_or_rounded_to_even():
    """(67 - 64) / 2 = 1.5: Hugging Face starts at 1, torchvision at 2."""
    wide = torch.zeros(1, 64, 67, 3)
    wide[:, :, 1] = 1
    assert Geometry(64, CROP, **PLAIN)(wide)[0, :, :, 0].eq(1).all()
    assert Geometry(64, CROP_ROUNDED, **PLAIN)(wide)[0, :, :, 0].eq(0).all()


def test_padding_shows_the_whole_picture_between_black_bars():
    square = Geometry(64, PAD, **PLAIN)(ramp(50, 100))[0]
    assert square[:, :16].eq(0).all()
    assert square[:, 48:].eq(0).all()
    assert square[2, 16:48].sub(1).abs().max() < 1e-6
    assert square[0, 32, [0, -1]].tolist() == pytest.approx([0, 1], abs=0.02)


def test_black_bars_are_normalised_as_black_is():
    square = Geometry(64, PAD)(ramp(50, 100))[0]
    black = Geometry(64, PAD)(torch.zeros(1, 64, 64, 3))[0]
    assert torch.equal(square[:, :16], black[:, :16])


def test_squashing_ignores_the_aspect_ratio():
    square = Geometry(64, SQUASH, **PLAIN)(ramp(50, 200))[0]
    assert square[0, 0, [0, -1]].tolist() == pytest.approx([0, 1], abs=0.02)
    assert square[1, [0, -1], 0].tolist() == pytest.approx([0, 1], abs=0.02)


@pytest.mark.parametrize("fit", [CROP, CROP_ROUNDED, PAD, SQUASH])
@pytest.mark.parametrize("size", [(1, 1), (8, 1000), (1000, 8), (64, 64), (63, 65)])
def test_every_size_makes_a_square(fit, size):
    square = Geometry(64, fit)(torch.rand(2, *size, 3, generator=torch.Generator().manual_seed(0)))
    assert square.shape == (2, 3, 64, 64)
    assert square.isfinite().all()


def test_values_beyond_the_range_are_clamped():
    wild = Geometry(64, CROP, **PLAIN)(torch.tensor([-3.0, 0.5, 7.0]).expand(1, 64, 64, 3))
    assert wild[0, :, 0, 0].tolist() == pytest.approx([0, 128 / 255, 1])


@pytest.mark.parametrize("fit", [CROP, CROP_ROUNDED, PAD, SQUASH])
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 40)])
def test_a_side_may_be_one_pixel_long(fit, size):
    pictures = torch.rand(1, *size, 3, generator=torch.Generator().manual_seed(0))
    seen = Geometry(32, fit, **PLAIN)(pictures)
    assert seen.shape == (1, 3, 32, 32)
    assert seen.isfinite().all()


@pytest.mark.parametrize("fit", [CROP, CROP_ROUNDED])
def test_of_a_long_strip_the_middle_is_seen(fit):
    strip = torch.linspace(0, 1, 4001).view(1, 1, -1, 1).expand(1, 40, -1, 3)
    assert Geometry(40, fit, **PLAIN)(strip).mean().item() == pytest.approx(0.5, abs=1e-3)
