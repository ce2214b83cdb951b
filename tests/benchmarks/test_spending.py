"""Which lookahead samples each rule draws and keeps, on samples made by hand."""

import torch

from benchmarks.prompts import cases
from benchmarks.spending import (
    Drawn,
    Guided,
    best,
    choices,
    fixed,
    guide,
    table,
    until_enough_above,
    until_unchanged,
    without_near_ones,
)
from lidar_core.world.run import Runner


def made(rewards, latents=None, prompt="a star"):
    count = len(rewards)
    latents = torch.zeros(count, 1, 1, 1) if latents is None else torch.tensor(latents).view(count, 1, 1, 1)
    pictures = torch.arange(float(count)).view(count, 1, 1, 1).expand(count, 2, 2, 3) / 255
    right = torch.tensor([float(reward > 0) for reward in rewards])
    return Drawn(prompt, latents, pictures, torch.tensor(rewards), right)


REWARDS = [-1.0, 3.0, -2.0, 1.0, 5.0, -3.0, 2.0, -4.0, 4.0, -5.0, -6.0, -7.0, -8.0, -9.0, -10.0, 6.0]


def test_rounds_stop_as_soon_as_enough_rewards_are_high():
    samples = made(REWARDS)
    assert until_enough_above(0.0, 16)(samples) == list(range(8))
    assert until_enough_above(2.0, 16)(samples) == list(range(12))
    assert until_enough_above(9.0, 16)(samples) == list(range(16))
    assert until_enough_above(2.0, 8)(samples) == list(range(8))


def test_rounds_stop_when_the_best_has_stayed():
    samples = made(REWARDS)
    # The best of the first round is beaten in the second; the second's stays for the third and the fourth beats it.
    assert until_unchanged(1, 16)(samples) == list(range(12))
    assert until_unchanged(2, 16)(samples) == list(range(16))


def test_near_samples_are_dropped_in_the_order_of_drawing():
    samples = made([0.0] * 5, [0.0, 10.0, 0.5, 20.0, 11.0])
    # The ten distances have a median between 9.5 and 10.
    assert without_near_ones(0.2, 5)(samples) == [0, 1, 3]
    assert without_near_ones(0.0, 5)(samples) == [0, 1, 2, 3, 4]
    assert without_near_ones(1.3, 5)(samples) == [0, 3]


def test_the_table_compares_the_best_four_of_each_rule():
    found = [made(REWARDS, prompt="a star"), made(REWARDS[::-1], prompt="a square")]
    assert best(found[0], list(range(16))) == [15, 4, 8, 1]
    first, second = table(found, {"all": fixed(16), "four": fixed(4)}).splitlines()[2:]
    assert first.startswith("| all | 16.0 | 100 % |  |")
    # Two of the first four are right in one order, one in the other.
    assert second.startswith("| four | 4.0 | 38 % | -75 to -50 |")


def test_guided_pictures_are_chosen_by_the_samples_they_followed_or_by_themselves():
    pictures, right = torch.rand(8, 2, 2, 3), torch.tensor([1.0, 0, 0, 0, 1, 1, 1, 0])
    followed, own = torch.tensor([0.0, 9, 9, 9, 9, 0, 0, 0]), torch.tensor([9.0, 0, 0, 0, 9, 9, 9, 0])
    found = [Guided(prompt, pictures, own, followed, right) for prompt in ("a star", "a square")]
    lines = choices(found).splitlines()[2:]
    assert [line.split("|")[3].strip() for line in lines] == ["25 %", "25 %", "100 %"]


def test_the_followed_rewards_are_those_of_samples(world, student):
    guided = guide(world, Runner(student, 1.0, "simple"), cases("tuning", 1)[0])
    assert len(guided.pictures) == len(guided.right) == len(guided.followed_rewards) == 8
    assert len(guided.followed_rewards.unique()) < 8
