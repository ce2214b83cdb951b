import pytest
import torch

from lidar_core.metrics import MetricReward
from lidar_core.reward_mix import RewardMix
from lidar_core.rewards import log_tilts, standardise
from lidar_core.world.reward import DemoReward
from lidar_core.world.scorer import Scorer


@pytest.mark.parametrize(
    "reward",
    [MetricReward("contrast"), DemoReward(Scorer()), RewardMix([MetricReward("contrast")], [1.0], "min")],
    ids=lambda reward: reward.name,
)
def test_every_reward_says_what_it_counts_and_what_it_costs(reward):
    assert reward.unit
    assert reward.spread >= 0
    assert reward.cost.endswith(".")


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
