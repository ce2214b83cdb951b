from dataclasses import dataclass

import pytest
import torch

from lidar_core.reward_mix import RewardMix, score_with_parts


@dataclass
class Fixed:
    name: str
    values: list

    def score(self, images, prompt):
        return torch.tensor(self.values)


IMAGES = torch.zeros(4, 8, 8, 3)
SHARP = Fixed("sharp", [1.0, 2.0, 3.0, 4.0])
PRETTY = Fixed("pretty", [500.0, 100.0, 300.0, 100.0])


def mixed(mode, rewards=(SHARP, PRETTY), weights=(1.0, 1.0)):
    return RewardMix(rewards, weights, mode).score(IMAGES, "")


def test_weighted_sum_adds_z_scores_whatever_the_units():
    z_sharp = (torch.tensor(SHARP.values) - 2.5) / 1.25**0.5
    z_pretty = (torch.tensor(PRETTY.values) - 250) / 27500**0.5
    torch.testing.assert_close(mixed("weighted sum", weights=(2.0, 0.5)), 2 * z_sharp + 0.5 * z_pretty)


def test_mean_rank_counts_places_and_shares_ties():
    # Places of 4: sharp 0, 1/3, 2/3, 1; pretty 1, 1/6, 2/3, 1/6.
    torch.testing.assert_close(mixed("mean rank"), torch.tensor([0.5, 0.25, 2 / 3, 7 / 12]))


def test_min_is_the_weakest_of_the_rewards_that_count():
    both = mixed("min")
    torch.testing.assert_close(both[0], torch.tensor(-1.5 / 1.25**0.5))
    assert both.argmax() == 2
    assert mixed("min", weights=(1.0, 0.0)).argmax() == 3


def test_gate_lets_the_first_decide_who_passes():
    # sharp passes pictures 2 and 3; pretty prefers 2; the failed ones follow in sharp's order.
    assert mixed("gate").argsort(descending=True).tolist() == [2, 3, 1, 0]


@pytest.mark.parametrize("mode", ["weighted sum", "mean rank", "min", "gate"])
def test_a_part_that_is_not_finite_spoils_its_own_picture_only(mode):
    broken = Fixed("broken", [1.0, float("nan"), 3.0, 2.0])
    result = mixed(mode, (SHARP, broken))
    assert result.isnan().tolist() == [False, True, False, False]


def test_single_scores_are_kept_by_name():
    total, parts = score_with_parts(RewardMix((SHARP, SHARP), (1.0, 1.0), "min"), IMAGES, "")
    assert list(parts) == ["sharp", "sharp (2)"]
    assert parts["sharp"].tolist() == SHARP.values
    assert total.shape == (4,)
    alone, parts = score_with_parts(SHARP, IMAGES, "")
    assert list(parts) == ["sharp"]
    assert alone is parts["sharp"]


def test_equal_scores_mix_to_equal_rewards():
    assert mixed("weighted sum", (Fixed("flat", [2.0] * 4), Fixed("even", [0.0] * 4))).tolist() == [0.0] * 4


@pytest.mark.parametrize("weights", [(0.0, 0.0), (1.0, -1.0)])
def test_weights_that_make_no_sense_are_refused(weights):
    with pytest.raises(ValueError, match="0 or more, and at least one more than 0"):
        mixed("min", weights=weights)


def test_a_gate_of_one_reward_is_refused():
    with pytest.raises(ValueError, match="needs two rewards: wire"):
        mixed("gate", (SHARP,), (1.0,))
