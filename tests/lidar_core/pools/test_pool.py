import dataclasses
import logging

import pytest
import torch

from lidar_core.pools.origin import Origin
from lidar_core.pools.pool import Pool, PoolError


def make_pool(rewards, latents=None, **fields):
    rewards = torch.tensor(rewards)
    n = len(rewards)
    latents = torch.randn(n, 4, 2, 2) if latents is None else latents
    return Pool.scored(latents, rewards, tuple(range(n)), "a circle", {"scorer": rewards}, **fields)


def test_order_is_best_first_and_stable():
    assert make_pool([0.5, 2.0, -1.0, 2.0]).order().tolist() == [1, 3, 0, 2]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_reward_that_is_not_finite_drops_its_sample_with_a_warning(bad, caplog):
    with caplog.at_level(logging.WARNING):
        pool = make_pool([0.5, bad, 2.0])
    assert pool.seeds == (0, 2)
    assert len(pool) == 2
    assert pool.scores["scorer"].tolist() == [0.5, 2.0]
    assert "dropped 1 of 3" in caplog.text
    assert "seeds 1" in caplog.text


def test_a_latent_that_is_not_finite_drops_its_sample():
    latents = torch.zeros(2, 4, 2, 2)
    latents[0, 0, 0, 0] = float("nan")
    assert make_pool([1.0, 2.0], latents).seeds == (1,)


def test_no_finite_reward_at_all_is_an_error_that_names_the_prompt():
    with pytest.raises(PoolError, match='None of the 2 .*"a circle"'):
        make_pool([float("nan"), float("nan")])


def test_an_empty_pool_is_refused():
    with pytest.raises(PoolError, match="empty: draw at least 2"):
        Pool(torch.zeros(0, 4, 2, 2), torch.zeros(0), (), "a circle")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rewards": torch.zeros(3)}, '2 latents but "rewards"'),
        ({"scores": {"hps": torch.zeros(1)}}, '2 latents but "hps"'),
        ({"seeds": (1,)}, "2 latents but 1 seeds"),
        ({"origin": Origin(rows=(0, 1, 2))}, "2 latents but names the source rows of 3"),
        ({"rewards": torch.tensor([0.0, float("nan")])}, "NaN or infinity"),
        ({"latents": torch.full((2, 4, 2, 2), float("inf"))}, "overflowed"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change, message):
    with pytest.raises(PoolError, match=message):
        dataclasses.replace(make_pool([1.0, 2.0]), **change)


def test_a_pool_cannot_be_changed():
    pool = make_pool([1.0, 2.0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        pool.prompt = "a square"
    with pytest.raises(TypeError):
        pool.scores["scorer"] = torch.zeros(2)


def test_pools_without_power_say_why():
    assert "only one sample" in make_pool([1.0]).why_powerless()
    assert "same reward (2)" in make_pool([2.0, 2.0]).why_powerless()
    assert make_pool([1.0, 2.0]).why_powerless() is None
