import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.rewards.reward import SingleReward, log_tilts
from lidar_core.rewards.standard import standardise


def test_z_scores_have_zero_mean_and_unit_spread():
    z = standardise(torch.tensor([0.1, 0.4, -2.0, 1.5]))
    assert z.mean().abs() < 1e-6
    assert z.std(correction=0) == pytest.approx(1, abs=1e-6)


def test_z_scores_do_not_depend_on_the_scorers_unit():
    rewards = torch.tensor([20.1, 20.4, 21.9, 19.7])
    torch.testing.assert_close(standardise(1000 * rewards - 5), standardise(rewards), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("value", [0.0, 7.25, -1e6])
def test_equal_rewards_standardise_to_zero(value):
    assert (standardise(torch.full((5,), value)) == 0).all()


def test_lambda_scales_with_the_latent_and_the_papers_setting_is_reachable():
    rewards = torch.tensor([-1.0, 1.0])
    torch.testing.assert_close(log_tilts(rewards, 0.3, 16384), torch.tensor([-4915.2, 4915.2]))
    torch.testing.assert_close(log_tilts(rewards, 0.3, 2 * 16384), 2 * log_tilts(rewards, 0.3, 16384))
    torch.testing.assert_close(log_tilts(rewards, 5000.0, 16384, raw=True), torch.tensor([-5000.0, 5000.0]))


def test_a_known_spread_counts_as_four_pictures_more():
    rewards = torch.tensor([1.0, 2.0, 6.0])
    variance = ((1 - 3) ** 2 + (2 - 3) ** 2 + (6 - 3) ** 2 + 4 * 0.5**2) / 7
    torch.testing.assert_close(standardise(rewards, 0.5), (rewards - 3) / variance**0.5)


def test_five_nearly_equal_pictures_are_not_blown_up():
    rewards = torch.tensor([0.0, 0.01, -0.01, 0.005, 0.0])
    assert standardise(rewards).abs().max() > 1
    # sigma is at least 2 / 3 of the spread, and the farthest picture is 0.011 from the mean.
    assert standardise(rewards, 1.0).abs().max() < 0.017


def test_sigma_never_falls_below_a_tenth_of_the_spread():
    rewards = torch.zeros(10000)
    rewards[0] = 1e-3
    assert standardise(rewards, 1.0)[0] == pytest.approx((1e-3 - 1e-7) / 0.1, rel=1e-6)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_z_scores_keep_order_shift_and_unit(spread):
    rewards = torch.randn(9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = standardise(rewards, spread)
    # Float32 output of a double computation: equal up to one rounding.
    torch.testing.assert_close(standardise(rewards + 40, spread), expected, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(standardise(1000 * rewards, 1000 * spread), expected, atol=1e-6, rtol=1e-6)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(standardise(rewards[order], spread), expected[order], atol=1e-6, rtol=1e-6)
    assert expected.argsort().equal(rewards.argsort())


@pytest.mark.parametrize("spread", [0.0, 2.0])
def test_a_single_picture_has_a_z_score_of_zero(spread):
    assert standardise(torch.tensor([3.7]), spread).tolist() == [0.0]


def test_a_typical_pool_has_the_same_tilts_with_and_without_the_prior():
    rewards = torch.tensor([-2.0, 2.0, -2.0, 2.0])
    torch.testing.assert_close(log_tilts(rewards, 0.3, 100, spread=2.0), log_tilts(rewards, 0.3, 100))


class Mean(SingleReward):
    """The mean of each channel's first value, so that a test sees which channels came."""

    name, spread, reads_prompt = "mean", 0.0, False

    def values(self, images, prompt):
        self.shape = images.shape
        return images[:, 0, 0] @ torch.tensor([1.0, 10.0, 100.0])


@pytest.mark.parametrize(("channels", "expected"), [(1, 111.0), (3, 321.0), (4, 321.0)])
def test_a_reward_sees_three_channels(channels, expected):
    pictures = torch.arange(1.0, channels + 1).expand(2, 4, 4, channels)
    reward = Mean()
    assert reward.score(pictures, "").values.tolist() == [expected] * 2
    assert reward.shape == (2, 4, 4, 3)


@pytest.mark.parametrize("channels", [2, 5, 16])
def test_other_channels_are_refused(channels):
    with pytest.raises(LidarError, match=rf"scores pictures of 1, 3 or 4 .* these have {channels}: wire"):
        Mean().score(torch.zeros(2, 4, 4, channels), "")


@pytest.mark.parametrize("shape", [(4, 4, 3), (1, 5, 4, 4, 3), (2, 0, 4, 3), (0, 4, 4, 3), (1, 2, 100)])
def test_what_is_no_batch_of_pictures_is_refused(shape):
    with pytest.raises(LidarError, match=r"The reward mean scores pictures.* of the shape \(.*: wire decoded images"):
        Mean().score(torch.zeros(shape), "")
