"""Rewards of each kind receive what they score, and refuse other media with a sentence."""

import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.rewards.listed import ListedReward
from lidar_core.rewards.media import Sounds, Videos, Viewing, joined, stills
from lidar_core.rewards.mix import RewardMix
from lidar_core.rewards.reward import SingleReward, SoundReward, VideoReward


class Brightness(SingleReward):
    name, spread, reads_prompt = "brightness", 0.0, False

    def values(self, images, prompt):
        self.shape = images.shape
        return images.flatten(1).mean(1)


class Length(VideoReward):
    name, spread, reads_prompt = "length", 0.0, False

    def values(self, videos, prompt):
        return torch.full((len(videos),), videos.frames.shape[1] / videos.viewing.rate)


class Loudness(SoundReward):
    name, spread, reads_prompt = "loudness", 0.0, False

    def values(self, sounds, prompt):
        return sounds.waves.square().mean((1, 2))


def ramps(*levels, frames=10):
    """A video for each level whose frame f has the brightness level * f / 10."""
    times = torch.arange(frames) / 10
    return (torch.tensor(levels)[:, None] * times)[:, :, None, None, None].expand(-1, -1, 6, 8, 3)


@pytest.mark.parametrize(
    ("frames", "places"), [(1, [5]), (2, [2, 7]), (5, [1, 3, 5, 7, 9]), (10, range(10)), (64, range(10))]
)
def test_a_reward_for_pictures_scores_evenly_spaced_frames(frames, places):
    reward = Brightness()
    values = reward.score(Videos.of(ramps(1.0, 0.5), Viewing(frames)), "").values
    expected = sum(places) / len(places) / 10
    torch.testing.assert_close(values, torch.tensor([expected, expected / 2]))
    assert reward.shape == (2 * len(places), 6, 8, 3)


def test_the_worst_frame_can_count_instead_of_the_mean():
    values = Brightness().score(Videos.of(ramps(1.0, 0.5), Viewing(5, worst=True)), "").values
    torch.testing.assert_close(values, torch.tensor([0.1, 0.05]))


def test_a_frame_that_cannot_be_scored_spoils_its_video_alone():
    videos = ramps(1.0, 0.5).clone()
    videos[0, 5] = torch.nan
    for worst in (False, True):
        values = Brightness().score(Videos.of(videos, Viewing(5, worst)), "").values
        assert values.isnan().tolist() == [True, False]


def test_small_copies_of_all_frames_are_kept_and_stills_in_full_size():
    videos = torch.rand(2, 9, 300, 600, 3, generator=torch.Generator().manual_seed(0))
    seen = Videos.of(videos, Viewing(3))
    assert seen.frames.shape == (2, 9, 128, 256, 3)
    assert seen.frames.dtype == torch.uint8
    assert torch.equal(seen.stills, videos[:, [1, 4, 7]])
    # Averaging keeps the mean, and rounding to whole numbers moves it by less than half of one.
    torch.testing.assert_close(seen.frames.float().mean() / 255, videos.mean(), atol=0.5 / 255, rtol=0)


def test_parts_are_joined_and_chosen_with_their_rate():
    videos = Videos.of(ramps(1.0, 0.5), Viewing(2, rate=24))
    both = joined([videos, videos[[1]]])
    assert isinstance(both, Videos)
    assert both.viewing == videos.viewing
    assert torch.equal(both.frames, videos.frames[[0, 1, 1]])
    assert torch.equal(both[[2, 0]].stills, videos.stills[[1, 0]])
    sounds = Sounds(torch.rand(3, 2, 5), 48000)
    again = joined([sounds[[2]], sounds[torch.tensor([0, 1])]])
    assert isinstance(again, Sounds)
    assert again.rate == 48000
    assert torch.equal(again.waves, sounds.waves[[2, 0, 1]])


def test_one_picture_stands_for_a_video_and_none_for_a_sound():
    videos = ramps(1.0, 0.5)
    assert torch.equal(stills(Videos.of(videos, Viewing(5))), videos[:, 5])
    assert torch.equal(stills(videos[:, 3]), videos[:, 3])
    assert stills(Sounds(torch.rand(3, 2, 5), 48000)) is None


PICTURES = torch.rand(2, 4, 4, 3)
VIDEOS = Videos.of(ramps(1.0, 0.5), Viewing())
SOUNDS = Sounds(torch.rand(2, 1, 100), 44100)


@pytest.mark.parametrize(
    ("reward", "media", "words"),
    [
        (Brightness(), SOUNDS, "The reward brightness scores pictures and videos, but was given sounds: wire a reward"),
        (Length(), SOUNDS, "The reward length scores videos, but was given sounds: wire a reward"),
        (Length(), PICTURES, "The reward length scores how a video moves, but was given single pictures: sample"),
        (Loudness(), PICTURES, "The reward loudness scores sounds, but was given pictures: wire a reward for pictures"),
        (Loudness(), VIDEOS, "The reward loudness scores sounds, but was given videos: wire a reward for videos"),
    ],
)
def test_other_media_are_refused(reward, media, words):
    with pytest.raises(LidarError, match=f"^{words}"):
        reward.score(media, "")


def test_a_mix_takes_what_all_its_parts_take():
    mix = RewardMix((Brightness(), Length()), (1.0, 1.0), "weighted sum")
    assert mix.takes == {"videos"}
    assert mix.score(VIDEOS, "").values.tolist() == pytest.approx([1.0, -1.0])
    with pytest.raises(LidarError, match=r"The rewards brightness, loudness have nothing in common .* mix rewards for"):
        RewardMix((Brightness(), Loudness()), (1.0, 1.0), "weighted sum")


class Halves(ListedReward):
    """How bright the left and the right half of a picture are."""

    name, spread, reads_prompt = "halves", 0.0, False

    def judged(self, images, prompt):
        lines = {"left": images[:, :, :4].flatten(1).mean(1), "right": images[:, :, 4:].flatten(1).mean(1)}
        return (lines["left"] + lines["right"]) / 2, lines


def test_the_lines_of_a_list_are_pooled_over_a_videos_frames_too():
    scores = Halves().score(Videos.of(ramps(1.0, 0.5), Viewing(5)), "")
    for name in ("halves", "left", "right"):
        torch.testing.assert_close(scores.parts[name], torch.tensor([0.5, 0.25]))
    with pytest.raises(LidarError, match="The reward halves scores pictures and videos, but was given sounds"):
        Halves().score(SOUNDS, "")
