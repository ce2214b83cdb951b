import colorsys
import math
from collections import Counter

import pytest
import torch
from torch.nn import functional

from lidar_core.rewards.metrics import LONGEST_SIDE, MEASURES, SIMILARITY, MetricReward

# CIELAB of the sRGB primaries under D65, as colour textbooks print them.
LAB = {
    "red": (53.24, 80.09, 67.20),
    "green": (87.73, -86.18, 83.18),
    "blue": (32.30, 79.19, -107.86),
    "yellow": (97.14, -21.55, 94.48),
}
RGB = {"red": (1.0, 0.0, 0.0), "green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0), "yellow": (1.0, 1.0, 0.0)}


def flat(red, green, blue, size=32):
    return torch.tensor([red, green, blue]).expand(1, size, size, 3)


def grey(luma):
    """A picture (1, H, W, 3) of luma (H, W)."""
    return luma[None, ..., None].expand(1, *luma.shape, 3)


def random_pictures(count, height=40, width=32, seed=0):
    return torch.rand(count, height, width, 3, generator=torch.Generator().manual_seed(seed))


def value(measure, picture, reference=None):
    return MetricReward(measure, reference=reference).values(picture, "").item()


def dots(*places, size=60):
    """Bright 2 x 2 dots on black, each at (x, y) in shares of the sides."""
    luma = torch.zeros(size, size)
    for x, y in places:
        luma[round(y * size) - 1 : round(y * size) + 1, round(x * size) - 1 : round(x * size) + 1] = 1
    return grey(luma)


STRIPES = grey(torch.tensor([0.0, 1.0]).repeat(16).expand(32, 32))
RAMP = grey(torch.linspace(0, 1, 64).expand(64, 64))
CHECKS = grey((torch.arange(32)[:, None] + torch.arange(32)) % 2.0)


def test_known_pictures_have_known_values():
    assert value("brightness", flat(1.0, 1.0, 1.0)) == pytest.approx(1, abs=1e-3)
    assert value("contrast", flat(0.3, 0.3, 0.3)) == pytest.approx(0, abs=1e-6)
    assert value("contrast", STRIPES) == pytest.approx(0.5, abs=1e-3)
    assert value("colourfulness", flat(0.5, 0.5, 0.5)) == pytest.approx(0, abs=1e-6)
    assert value("colourfulness", flat(1.0, 0.0, 0.0)) == pytest.approx(0.3 * 1.25**0.5, abs=1e-5)
    assert value("symmetry", flat(0.2, 0.4, 0.6)) == pytest.approx(1)
    assert value("symmetry", STRIPES) == pytest.approx(0)
    assert value("sharpness", STRIPES) > 10 * value("sharpness", flat(0.2, 0.4, 0.6)) + 0.1


def test_exposure_is_one_at_middle_grey_and_falls_by_its_gaussian():
    assert value("exposure", flat(0.5, 0.5, 0.5)) == pytest.approx(1, abs=1e-4)
    assert value("exposure", flat(0.7, 0.7, 0.7)) == pytest.approx(math.exp(-0.5), abs=1e-4)
    assert value("exposure", flat(0.0, 0.0, 0.0)) == pytest.approx(math.exp(-0.25 / 0.08), abs=1e-5)


def test_clipping_is_the_share_of_lost_pixels():
    half = torch.full((40, 40), 0.5)
    half[:10], half[10:30] = 0.0, 1.0
    assert value("clipping", grey(half)) == pytest.approx(0.75)
    assert value("clipping", flat(0.5, 0.5, 0.5)) == 0


def test_entropy_is_that_of_the_histogram_counted_by_hand():
    luma = torch.randint(0, 64, (40, 40), generator=torch.Generator().manual_seed(0)).clamp(max=20)
    counts = Counter(luma.flatten().tolist())
    expected = -sum(count / 1600 * math.log(count / 1600) for count in counts.values()) / math.log(64)
    # In the middle of a level, so that rounding moves no pixel to another level.
    assert value("entropy", grey((luma + 0.5) / 64)) == pytest.approx(expected, abs=1e-5)
    assert value("entropy", flat(0.2, 0.2, 0.2)) == 0
    assert value("entropy", RAMP) == pytest.approx(1, abs=0.01)


def test_saturation_is_that_of_the_hsv_model():
    picture = random_pictures(1)
    expected = sum(colorsys.rgb_to_hsv(*pixel)[1] for pixel in picture[0].flatten(0, 1).tolist()) / (40 * 32)
    assert value("saturation", picture) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("colour", LAB)
def test_warmth_is_the_b_of_cielab(colour):
    assert value("warmth", flat(*RGB[colour])) == pytest.approx(max(-1, LAB[colour][2] / 100), abs=2e-3)


def test_noise_is_the_deviation_of_gaussian_noise_and_ignores_a_ramp():
    generator = torch.Generator().manual_seed(0)
    ramp = torch.linspace(0.3, 0.7, 200).expand(200, 200)
    for deviation in (0.01, 0.05):
        noisy = ramp + deviation * torch.randn(200, 200, generator=generator)
        # 40 000 correlated responses: the estimate's own error is about 1 %.
        assert value("noise", grey(noisy)) == pytest.approx(deviation, rel=0.04)
    assert value("noise", grey(ramp)) < 1e-4


@pytest.mark.parametrize(("x", "y"), [(0.2, 0.5), (0.5, 0.8), (0.7, 0.1)])
def test_the_centre_lies_where_the_detail_is(x, y):
    assert value("horizontal centre", dots((x, y))) == pytest.approx(x, abs=0.05)
    assert value("vertical centre", dots((x, y))) == pytest.approx(y, abs=0.05)


def test_a_flat_picture_is_centred():
    assert value("horizontal centre", flat(0.3, 0.3, 0.3)) == pytest.approx(0.5, abs=1e-5)
    assert value("vertical centre", flat(0.3, 0.3, 0.3)) == pytest.approx(0.5, abs=1e-5)


def test_thirds_are_where_they_should_be():
    third, two = 1 / 3, 2 / 3
    crossings = value("rule of thirds", dots((third, third), (two, third), (third, two), (two, two)))
    middle = value("rule of thirds", dots((0.5, 0.5)))
    assert crossings > 0.8
    assert value("rule of thirds", dots((two, third))) == pytest.approx(crossings, abs=0.01)
    # The middle is a sixth of each side away, 1.67 deviations in x and in y; the dot's edges reach a pixel farther.
    assert middle == pytest.approx(math.exp(-(((1 / 6) / 0.1) ** 2)), abs=0.05)


def test_the_palette_ignores_where_colours_are():
    picture = random_pictures(1, 64, 64)
    shuffled = picture.flatten(1, 2)[:, torch.randperm(64 * 64)].view_as(picture)
    assert value("palette of reference", shuffled, picture[0]) == pytest.approx(1, abs=1e-4)
    assert value("layout of reference", shuffled, picture[0]) < 0.95


@pytest.mark.parametrize(("one", "other"), [("red", "green"), ("blue", "yellow"), ("red", "yellow")])
def test_flat_colours_are_as_far_apart_as_cielab_says(one, other):
    distance = math.dist(LAB[one], LAB[other])
    reference = flat(*RGB[other])[0]
    assert value("layout of reference", flat(*RGB[one]), reference) == pytest.approx(
        max(-1, 1 - distance / 100), abs=2e-3
    )
    # A random direction sees half of a distance; 32 of them leave a tenth of noise.
    assert 1 - value("palette of reference", flat(*RGB[one]), reference) == pytest.approx(distance / 200, rel=0.2)


HARSH = {
    "black": flat(0.0, 0.0, 0.0),
    "white": flat(1.0, 1.0, 1.0),
    "blue": flat(0.0, 0.0, 1.0),
    "yellow": flat(1.0, 1.0, 0.0),
    "stripes": STRIPES,
    "checks": CHECKS,
    "noise": random_pictures(1, 32, 32),
    "black and white noise": random_pictures(1, 32, 32).round(),
    "red beside cyan": torch.cat([flat(1.0, 0.0, 0.0), flat(0.0, 1.0, 1.0)], 2),
    "outside of [0, 1]": 100 * random_pictures(1, 32, 32) - 50,
}


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("reference", ["black", "yellow", "noise"])
def test_no_picture_leaves_the_range_in_any_direction(measure, reference):
    low, high = MEASURES[measure].low, MEASURES[measure].high
    for picture in HARSH.values():
        more, less, near = (
            MetricReward(measure, direction, 0.25, HARSH[reference][0]).values(picture, "").item()
            for direction in ("more", "less", "near target")
        )
        assert low <= more <= high
        assert less == -more
        assert near == pytest.approx(-abs(more - 0.25), abs=1e-6)


@pytest.mark.parametrize("measure", MEASURES)
def test_each_picture_is_scored_by_itself(measure):
    pictures = random_pictures(3)
    reward = MetricReward(measure, reference=random_pictures(1, seed=1)[0])
    together = reward.values(pictures, "")
    apart = torch.cat([reward.values(picture[None], "") for picture in pictures])
    assert together.shape == (3,)
    torch.testing.assert_close(together, apart)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_large_picture_is_measured_on_a_small_copy(measure):
    large = random_pictures(1, 3 * LONGEST_SIDE, LONGEST_SIDE)
    copy = functional.interpolate(
        large.movedim(-1, 1), (LONGEST_SIDE, LONGEST_SIDE // 3 + 1), mode="bilinear", antialias=True
    ).movedim(1, -1)
    reward = MetricReward(measure, reference=random_pictures(1, seed=1)[0])
    torch.testing.assert_close(reward.values(large, ""), reward.values(copy, ""), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_picture_that_is_not_finite_has_no_score(measure, broken):
    pictures = random_pictures(2)
    pictures[1, 3, 3, 0] = broken
    scores = MetricReward(measure, reference=random_pictures(1, seed=1)[0]).values(pictures, "")
    assert scores.isnan().tolist() == [False, True]


def test_directions_order_pictures_as_they_say():
    pictures = torch.cat([flat(level, level, level) for level in (0.1, 0.5, 0.9)])
    assert MetricReward("brightness").values(pictures, "").argmax() == 2
    assert MetricReward("brightness", "less").values(pictures, "").argmax() == 0
    assert MetricReward("brightness", "near target", 0.5).values(pictures, "").argmax() == 1


@pytest.mark.parametrize("measure", [measure for measure in MEASURES if MEASURES[measure].needs_reference])
def test_the_reference_itself_is_most_similar_at_any_size(measure):
    reference = random_pictures(1, 48, 48, seed=1)[0]
    reward = MetricReward(measure, reference=reference)
    others = torch.stack([random_pictures(1, 48, 48, seed=2)[0] * torch.tensor([1.0, 0.2, 0.2]), reference])
    scores = reward.values(others, "")
    assert scores[1] == pytest.approx(1, abs=1e-4)
    assert scores[0] < 0.9
    assert reward.values(torch.rand(1, 24, 24, 3), "").shape == (1,)


@pytest.mark.parametrize("measure", [SIMILARITY, "palette of reference", "layout of reference"])
def test_similarity_without_a_reference_says_what_to_wire(measure):
    with pytest.raises(ValueError, match=f'"{measure}" compares with a picture: wire one to reference'):
        MetricReward(measure)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (5, 7), (1, 5000)])
def test_a_side_may_be_one_pixel_long(measure, size):
    reward = MetricReward(measure, reference=random_pictures(1, *reversed(size), seed=1)[0])
    scores = reward.score(random_pictures(2, *size), "").values
    assert scores.shape == (2,)
    assert scores.isfinite().all()


@pytest.mark.parametrize("measure", MEASURES)
def test_grey_and_transparent_pictures_are_scored_as_colour_ones_are(measure):
    grey_ones, reference = random_pictures(2)[..., :1], random_pictures(1, seed=1)[..., :1]
    coloured = MetricReward(measure, reference=reference[0].expand(-1, -1, 3)).score(
        grey_ones.expand(-1, -1, -1, 3), ""
    )
    assert torch.equal(MetricReward(measure, reference=reference[0]).score(grey_ones, "").values, coloured.values)
