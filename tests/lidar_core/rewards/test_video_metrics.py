"""Each measure on drawn videos whose value is known beforehand."""

import pytest
import torch
from torch.nn import functional

from lidar_core.errors import LidarError
from lidar_core.rewards.media import Videos, Viewing
from lidar_core.rewards.video_metrics import VIDEO_MEASURES, VideoMetricReward


def texture(height=96, width=96, seed=0, grain=3):
    small = torch.rand(1, 3, height // grain, width // grain, generator=torch.Generator().manual_seed(seed))
    return functional.interpolate(small, (height, width), mode="bilinear")[0]


def measured(name, frames, rate=16.0, *reference):
    return VIDEO_MEASURES[name].of(frames, rate, *reference)


def panned(pixels, count=8, **size):
    """A texture that goes to the right by so many pixels a frame, and comes in again at the left."""
    picture = texture(**size)
    return torch.stack([picture.roll(pixels * frame, 2) for frame in range(count)])


@pytest.mark.parametrize("pixels", [0, 1, 2, 5])
@pytest.mark.parametrize("rate", [8.0, 24.0])
def test_dynamic_degree_is_the_speed_of_a_pan(pixels, rate):
    assert measured("dynamic degree", panned(pixels), rate) == pytest.approx(pixels * rate / 96, abs=1e-6)


def test_dynamic_degree_is_in_short_sides_whatever_the_size():
    """2 of 96 pixels of the small copy are 4 of 192 of this one; its short side is 108 pixels."""
    wide = panned(4, height=108, width=192, grain=6)
    assert measured("dynamic degree", wide) == pytest.approx(4 * 16 / 108, rel=0.05)


def test_dynamic_degree_is_that_of_what_moves():
    """A patch of a tenth of the picture crosses a picture that stands still."""
    still, patch = texture(), texture(24, 40, seed=1)
    frames = still.repeat(8, 1, 1, 1)
    for frame in range(8):
        frames[frame, :, 32:56, 8 + 4 * frame : 48 + 4 * frame] = patch
    # A block that the patch has half left fits elsewhere.
    assert measured("dynamic degree", frames) == pytest.approx(4 * 16 / 96, rel=0.1)


def test_flat_and_grainy_pictures_that_stand_still_have_not_moved():
    assert measured("dynamic degree", torch.full((5, 3, 96, 96), 0.5)) == 0
    assert measured("dynamic degree", texture().repeat(5, 1, 1, 1)) == 0
    brighter = torch.full((5, 3, 96, 96), 0.5) + torch.arange(5).view(-1, 1, 1, 1) / 20
    assert measured("dynamic degree", brighter) == 0


def test_flicker_is_vbenchs_mean_difference():
    blinking = torch.zeros(6, 3, 16, 16)
    blinking[1::2] = 0.2
    assert measured("flicker", blinking) == pytest.approx(0.2)
    assert measured("flicker", panned(0)) == 0


def test_frozen_ends_are_shares_of_the_video():
    # 11 frames are 10 steps: 3 without motion, 5 with it, 2 without.
    moving = panned(2, 6)
    frames = torch.cat([moving[:1].repeat(3, 1, 1, 1), moving, moving[-1:].repeat(2, 1, 1, 1)])
    assert measured("frozen start", frames) == pytest.approx(0.3)
    assert measured("frozen end", frames) == pytest.approx(0.2)
    assert measured("frozen start", moving) == measured("frozen end", moving) == 0
    assert measured("frozen start", panned(0)) == measured("frozen end", panned(0)) == 1


def test_a_loop_ends_where_it_began():
    assert measured("loop", panned(12, 9)) == 1
    ramp = torch.linspace(0, 0.75, 4).view(-1, 1, 1, 1).expand(-1, 3, 8, 8)
    assert measured("loop", ramp) == pytest.approx(0.25)


def test_likeness_of_the_first_frame_is_of_no_other():
    frames = torch.cat([texture()[None], texture(seed=1)[None]])
    assert measured("likeness of first frame", frames, 16.0, texture()[None]) == pytest.approx(1)
    assert measured("likeness of first frame", frames, 16.0, texture(seed=1)[None]) < 0.6


def test_directions_and_what_a_metric_of_a_reference_needs():
    films = torch.stack([panned(pixels) for pixels in (0, 3, 1)]).movedim(2, -1)
    videos = Videos.of(films, Viewing(2, rate=16.0))
    more = VideoMetricReward("dynamic degree").score(videos, "").values
    assert more.tolist() == pytest.approx([0, 0.5, 1 / 6])
    near = VideoMetricReward("dynamic degree", "near target", 0.2).score(videos, "").values
    assert near.argmax() == 2
    with pytest.raises(LidarError, match=r'The metric "likeness of first frame" compares with a picture: wire one'):
        VideoMetricReward("likeness of first frame")
    alike = VideoMetricReward("likeness of first frame", reference=films[0, 0]).score(videos, "").values
    # The small copies are of 8 bit.
    assert alike.tolist() == pytest.approx([1, 1, 1], abs=1e-3)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 1), (3, 300, 1), (2, 1, 400)])
def test_a_video_of_one_frame_or_of_sides_of_one_pixel_has_a_score(shape):
    frames, height, width = shape
    video = Videos.of(torch.rand(1, frames, height, width, 3), Viewing())
    for name, measure in VIDEO_MEASURES.items():
        reference = torch.rand(8, 8, 1) if measure.needs_reference else None
        value = VideoMetricReward(name, reference=reference).score(video, "").values.item()
        assert measure.low <= value <= measure.high, name
