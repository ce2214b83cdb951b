import dataclasses

import pytest
import torch

from lidar_core.pools.merge import merge_pools
from lidar_core.pools.origin import Origin
from lidar_core.pools.pool import PoolError

from .made_pool import ORIGIN, make_pool


def test_a_known_spread_survives_a_merge():
    pool = make_pool(1)
    assert merge_pools([dataclasses.replace(make_pool(), spread=0.0), pool]).spread == pool.spread


def test_merging_joins_parts_and_counts_a_shared_sample_once():
    first, second = make_pool(1), make_pool(2, n=2)
    merged = merge_pools([first, second, first])
    assert merged.seeds == (100, 101, 102, 200, 201)
    assert torch.equal(merged.latents, torch.cat([first.latents, second.latents]))
    assert torch.equal(merged.scores["other"], -torch.cat([first.rewards, second.rewards]))
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
        (dataclasses.replace(make_pool(2), scores={}), "rewards"),
    ],
)
def test_pools_drawn_differently_are_not_merged(other, what):
    with pytest.raises(PoolError, match=f"different {what}.*drawn and scored alike"):
        merge_pools([make_pool(1), other])
