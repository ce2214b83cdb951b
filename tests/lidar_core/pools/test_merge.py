import dataclasses

import pytest
import torch

from lidar_core.pools.drawing import draw
from lidar_core.pools.files import load_pool, save_pool
from lidar_core.pools.merge import merge_pools
from lidar_core.pools.origin import Origin
from lidar_core.pools.pool import PoolError
from lidar_core.pools.seeds import sample_seeds
from lidar_core.rewards.mix import RewardMix
from lidar_core.rewards.recipe import MODES
from lidar_core.rewards.reward import SingleReward

from .made_pool import ORIGIN, RECIPE, make_pool


class Noise:
    """Latents are their seed's noise, and pictures their first numbers."""

    def latents(self, seeds):
        return torch.stack([torch.randn(4, 2, 2, generator=torch.Generator().manual_seed(seed)) for seed in seeds])

    def decoded(self, latents):
        return latents[:, :3].movedim(1, -1)


@dataclasses.dataclass
class Channel(SingleReward):
    """The mean of one colour channel, in a unit of its own."""

    channel: int
    unit: float
    spread: float
    reads_prompt = False

    @property
    def name(self):
        # The third reward's name comes first in an alphabet, as a safetensors file may have it.
        return "cba"[self.channel]

    def values(self, images, prompt):
        return self.unit * images[..., self.channel].mean((1, 2))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("swapped", [False, True])
def test_saved_halves_of_a_mixed_pool_merge_to_the_whole(mode, swapped, tmp_path):
    """Equal up to the last digit of a float32: the mean is summed in another order where the halves are swapped."""
    parts = [Channel(0, 1.0, 0.0), Channel(1, 100.0, 40.0), Channel(2, 0.01, 0.0)]
    mix = RewardMix([RewardMix(parts[:2], [1.0, 0.5], "min"), parts[2]], [1.0, 2.0], mode, 1.5)
    seeds = tuple(range(16))

    def drawn(seeds):
        return draw(Noise(), mix, "a circle", seeds, dataclasses.replace(ORIGIN, rows=(0,) * len(seeds)))[0]

    whole, halves = drawn(seeds), [drawn(seeds[:8]), drawn(seeds[8:])]
    assert not torch.equal(torch.cat([half.rewards for half in halves]), whole.rewards)
    loaded = [load_pool(save_pool(half, tmp_path, "half")) for half in halves]
    merged = merge_pools(loaded[::-1] if swapped else loaded)
    rewards = dict(zip(merged.seeds, merged.rewards.tolist(), strict=True))
    assert [rewards[seed] for seed in seeds] == pytest.approx(whole.rewards.tolist(), rel=1e-6, abs=1e-6)
    assert merged.recipe == whole.recipe == mix.recipe


# Found by search: the first seeds from 0 on that share some of their 16 samples.
TOUCHING = (5931, 7164)


def test_parts_whose_samples_are_the_same_by_chance_are_refused():
    pools = [make_pool(1, n=16, lookahead_seed=seed, rows=(0,) * 16) for seed in TOUCHING]
    pools = [dataclasses.replace(pool, seeds=sample_seeds(pool.origin.lookahead_seed, 16)) for pool in pools]
    assert set(pools[0].seeds) & set(pools[1].seeds)
    with pytest.raises(PoolError, match="lookahead seeds 5931 and 7164 have a sample in common"):
        merge_pools(pools)


def test_merging_joins_parts_and_counts_a_shared_sample_once():
    first, second = make_pool(1), make_pool(2, n=2)
    merged = merge_pools([first, second, first])
    assert merged.seeds == (100, 101, 102, 200, 201)
    assert torch.equal(merged.latents, torch.cat([first.latents, second.latents]))
    scores = torch.cat([first.scores["scorer"], second.scores["scorer"]])
    assert torch.equal(merged.scores["other"], -scores)
    assert torch.equal(merged.rewards, RECIPE.combined({"scorer": scores, "other": -scores}))
    assert merged.origin == dataclasses.replace(ORIGIN, rows=(0, 1, 0, 0, 1))


def test_another_machine_s_copy_of_a_sample_counts_once_although_it_differs_a_little():
    pool = make_pool(1)
    copy = dataclasses.replace(pool, latents=pool.latents * (1 + 1e-6))
    assert merge_pools([pool, copy]).seeds == pool.seeds


def test_the_same_seed_on_another_image_of_the_batch_is_another_sample():
    assert len(merge_pools([make_pool(1), make_pool(1, rows=(1, 0, 1))])) == 6


def test_samples_of_outside_scores_are_told_apart_by_their_latents():
    first, second = (dataclasses.replace(make_pool(seed), seeds=(0, 1, 2), origin=Origin()) for seed in (1, 2))
    assert len(merge_pools([first, second, first])) == 6


def test_a_merge_of_several_lookahead_seeds_names_none():
    merged = merge_pools([make_pool(1, lookahead_seed=1), make_pool(2, lookahead_seed=2)])
    assert merged.origin == dataclasses.replace(ORIGIN, lookahead_seed=None, rows=(0, 1, 0) * 2)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (make_pool(2, prompt="a square"), 'prompts, "a circle" and "a square"'),
        (make_pool(2, model="SD15"), 'models, "SDXL" and "SD15"'),
        (make_pool(2, latent_format="Flux"), 'latent formats, "SDXL" and "Flux"'),
        (make_pool(2, steps=4), 'steps, "8" and "4"'),
        (make_pool(2, cfg=1.0), 'cfgs, "7.0" and "1.0"'),
        (make_pool(2, sampler_name="lcm"), 'samplers, "dpmpp_2m" and "lcm"'),
        (make_pool(2, scheduler="simple"), 'schedulers, "karras" and "simple"'),
        (make_pool(2, denoise=0.5), 'denoises, "1.0" and "0.5"'),
        (dataclasses.replace(make_pool(2), latents=torch.zeros(3, 4, 3, 2)), r'latent shapes, "\(4, 2, 2\)"'),
        (dataclasses.replace(make_pool(2), scores={}, recipe=None), "rewards"),
        (dataclasses.replace(make_pool(2), recipe=None), "recipes"),
        (dataclasses.replace(make_pool(2), recipe=dataclasses.replace(RECIPE, mode="gate")), 'recipes.*"min.*"gate'),
        (dataclasses.replace(make_pool(2), recipe=dataclasses.replace(RECIPE, clip=3.0)), "recipes.*clip 3"),
        (dataclasses.replace(make_pool(2), recipe=dataclasses.replace(RECIPE, weights=(2.0, 1.0))), "recipes"),
    ],
)
def test_pools_drawn_differently_are_not_merged(other, what):
    with pytest.raises(PoolError, match=f"different {what}.*drawn and scored alike"):
        merge_pools([make_pool(1), other])
