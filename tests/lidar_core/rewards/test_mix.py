import math
from dataclasses import dataclass

import pytest
import torch

from lidar_core.rewards.listed import ListedReward
from lidar_core.rewards.mix import RewardMix
from lidar_core.rewards.recipe import MODES
from lidar_core.rewards.reward import SingleReward
from lidar_core.rewards.standard import standardise


@dataclass
class Fixed(SingleReward):
    name: str
    numbers: list
    spread: float = 0.0
    reads_prompt = False

    def values(self, images, prompt):
        return torch.tensor(self.numbers)


IMAGES = torch.zeros(4, 8, 8, 3)
SHARP = Fixed("sharp", [1.0, 2.0, 3.0, 4.0])
PRETTY = Fixed("pretty", [500.0, 100.0, 300.0, 100.0])


def mixed(mode, rewards=(SHARP, PRETTY), weights=(1.0, 1.0), clip=3.0):
    return RewardMix(rewards, weights, mode, clip).score(IMAGES, "").values


def z_scores_by_hand(reward, clip):
    count = len(reward.numbers)
    mean = sum(reward.numbers) / count
    variance = sum((value - mean) ** 2 for value in reward.numbers) / count
    if reward.spread:
        variance = (count * variance + 4 * reward.spread**2) / (count + 4)
    sigma = max(math.sqrt(variance), reward.spread / 10)
    return [max(-clip, min(clip, (value - mean) / sigma)) if sigma else 0.0 for value in reward.numbers]


def mixed_by_hand(mode, rewards, weights, clip):
    """One picture at a time in plain Python, from the definitions."""
    columns = list(zip(*(z_scores_by_hand(reward, clip) for reward in rewards), strict=True))
    total = sum(weights)
    if mode == "weighted sum":
        return [sum(w * z for w, z in zip(weights, column, strict=True)) for column in columns]
    if mode == "min":
        return [min(z for w, z in zip(weights, column, strict=True) if w > 0) for column in columns]
    if mode == "product of sigmoids":
        return [
            math.prod((1 / (1 + math.exp(-z))) ** (w / total) for w, z in zip(weights, column, strict=True))
            for column in columns
        ]
    if mode == "mean rank":

        def place(row, own):
            at_or_below = sorted(row)
            first = at_or_below.index(own)
            last = len(row) - 1 - at_or_below[::-1].index(own)
            return (first + last) / 2 / max(1, len(row) - 1)

        rows = list(zip(*columns, strict=True))
        return [
            sum(w * place(row, row[index]) for w, row in zip(weights, rows, strict=True)) / total
            for index in range(len(columns))
        ]
    others = [sum(w * z for w, z in zip(weights[1:], column[1:], strict=True)) for column in columns]
    return [
        other if column[0] >= 0 else min(others) - 1 + column[0] for column, other in zip(columns, others, strict=True)
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [1, 2, 3, 7, 16])
@pytest.mark.parametrize("spread", [0.0, 0.7])
def test_every_mode_is_what_plain_python_makes_of_its_definition(mode, count, spread):
    generator = torch.Generator().manual_seed(count)
    # Rounded, so that ties occur.
    values = (torch.randn(3, count, generator=generator) * 2).round().tolist()
    rewards = [Fixed(f"reward {index}", row, spread) for index, row in enumerate(values)]
    weights = [1.0, 0.25, 2.0]
    expected = torch.tensor(mixed_by_hand(mode, rewards, weights, 1.2))
    # Float32 z-scores of size about 1.
    torch.testing.assert_close(mixed(mode, rewards, weights, 1.2), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_a_mix_does_not_depend_on_units_or_on_the_order_of_pictures(mode):
    generator = torch.Generator().manual_seed(2)
    first, second = torch.randn(2, 12, generator=generator, dtype=torch.float64).tolist()
    expected = mixed(mode, [Fixed("a", first, 0.5), Fixed("b", second)])
    moved = [Fixed("a", [100 * value - 7 for value in first], 50.0), Fixed("b", [value / 9 for value in second])]
    torch.testing.assert_close(mixed(mode, moved), expected, atol=1e-4, rtol=1e-4)
    turned = [Fixed("a", first[::-1], 0.5), Fixed("b", second[::-1])]
    torch.testing.assert_close(mixed(mode, turned), expected.flip(0), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "gate"])
def test_a_mix_does_not_depend_on_the_order_of_rewards(mode):
    torch.testing.assert_close(
        mixed(mode, (SHARP, PRETTY), (2.0, 0.5)), mixed(mode, (PRETTY, SHARP), (0.5, 2.0)), atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize("mode", MODES)
def test_better_at_everything_is_never_worse(mode):
    generator = torch.Generator().manual_seed(3)
    values = torch.randn(2, 16, generator=generator)
    values[:, 5] = values.amax(1) + 0.1
    values[:, 9] = values.amin(1) - 0.1
    result = mixed(mode, [Fixed("a", values[0].tolist()), Fixed("b", values[1].tolist())])
    assert result.argmax() == 5
    assert result.argmin() == 9


def test_clip_keeps_one_outlier_from_outvoting_the_others():
    outlier = Fixed("outlier", [100.0] + [0.0] * 20)
    against = Fixed("against", [-1.0] + [1.0, 0.0] * 10)
    assert mixed("weighted sum", (outlier, against), clip=100.0).argmax() == 0
    assert mixed("weighted sum", (outlier, against), clip=0.5).argmax() != 0


@pytest.mark.parametrize("mode", ["weighted sum", "min", "product of sigmoids"])
def test_nearly_equal_pictures_stay_nearly_equal_through_a_mix(mode):
    nearly = [0.0, 0.01, -0.01, 0.005, 0.0]
    mix = RewardMix([Fixed("a", nearly, 1.0), Fixed("b", nearly, 1.0)], [1.0, 1.0], mode)
    assert standardise(mix.score(IMAGES, "").values, mix.spread).abs().max() < 0.05


def test_the_spread_of_a_mix_is_that_of_independent_parts():
    """In closed form for unit normal parts; 16 pictures lose 1/32 of a deviation, 64 pools leave 2 % of noise."""
    parts = [SHARP, PRETTY]
    expected = {
        "weighted sum": 5**0.5,
        "min": (1 - 1 / math.pi) ** 0.5,
        "mean rank": (17 / 15 / 12) ** 0.5 * 5**0.5 / 3,
    }
    for mode, value in expected.items():
        assert RewardMix(parts, [1.0, 2.0], mode).spread == pytest.approx(value, rel=0.08), mode


def test_weighted_sum_adds_z_scores_whatever_the_units():
    z_sharp = (torch.tensor(SHARP.numbers) - 2.5) / 1.25**0.5
    z_pretty = (torch.tensor(PRETTY.numbers) - 250) / 27500**0.5
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


@pytest.mark.parametrize("mode", MODES)
def test_a_part_that_is_not_finite_spoils_its_own_picture_only(mode):
    broken = Fixed("broken", [1.0, float("nan"), 3.0, 2.0])
    result = mixed(mode, (SHARP, broken))
    assert result.isnan().tolist() == [False, True, False, False]


class Listed(ListedReward):
    name, spread, reads_prompt = "list", 1.0, False

    def judged(self, images, prompt):
        lines = {"first": torch.tensor([1.0, 0.0]), "second": torch.tensor([1.0, 0.5])}
        return lines["first"] + lines["second"], lines


def test_the_lines_of_a_list_are_handed_on_and_not_mixed():
    images = torch.rand(2, 4, 4, 3)
    twice = RewardMix([Listed(), Listed()], [1.0, 1.0], "weighted sum").score(images, "")
    assert list(twice.parts) == ["list", "list (2)", "first", "second", "first (2)", "second (2)"]
    once = RewardMix([Listed()], [2.0], "weighted sum").score(images, "")
    torch.testing.assert_close(twice.values, once.values)
    assert list(Listed().score(images, "").parts) == ["list", "first", "second"]
    assert Listed().score(torch.rand(2, 4, 4, 4), "").values.tolist() == [2.0, 0.5]


def test_parts_are_each_single_rewards_own_numbers():
    mix = RewardMix((SHARP, SHARP), (1.0, 1.0), "min")
    nested = RewardMix((mix, SHARP, PRETTY), (1.0, 1.0, 1.0), "min").score(IMAGES, "")
    assert {name: numbers.tolist() for name, numbers in nested.parts.items()} == {
        "sharp": SHARP.numbers,
        "sharp (2)": SHARP.numbers,
        "sharp (3)": SHARP.numbers,
        "pretty": PRETTY.numbers,
    }
    assert nested.values.shape == (4,)
    alone = SHARP.score(IMAGES, "")
    assert list(alone.parts) == ["sharp"]
    assert alone.values is alone.parts["sharp"]


def test_equal_scores_mix_to_equal_rewards():
    assert mixed("weighted sum", (Fixed("flat", [2.0] * 4), Fixed("even", [0.0] * 4))).tolist() == [0.0] * 4


def test_extreme_weights_and_scores_do_not_underflow_a_product():
    worst = Fixed("worst", [-1.0] + [0.0] * 15)
    result = mixed("product of sigmoids", (worst, worst), (100.0, 100.0))
    assert result[0] < result[1]
    assert result[0] == pytest.approx(1 / (1 + math.exp(3.0)), rel=1e-5)


@pytest.mark.parametrize("weights", [(0.0, 0.0), (1.0, -1.0)])
def test_weights_that_make_no_sense_are_refused(weights):
    with pytest.raises(ValueError, match="0 or more, and at least one more than 0"):
        mixed("min", weights=weights)


def test_a_gate_of_one_reward_is_refused():
    with pytest.raises(ValueError, match="needs two rewards: wire"):
        mixed("gate", (SHARP,), (1.0,))


def test_a_gate_without_a_reward_that_ranks_is_refused():
    with pytest.raises(ValueError, match="give weight_2 more than 0"):
        mixed("gate", weights=(1.0, 0.0))
