import dataclasses
import json

import pytest
import torch
from safetensors.torch import save_file

from lidar_core.pools import files as pool_file
from lidar_core.pools.files import load_pool, merge_pools, save_pool
from lidar_core.pools.origin import Origin
from lidar_core.pools.pool import Pool, PoolError

ORIGIN = Origin(8, 7.0, "dpmpp_2m", "karras", 3, 1.0, "SDXL", "SDXL", (0, 1, 0), redraws_noise=True)


def make_pool(seed=0, n=3, **fields):
    generator = torch.Generator().manual_seed(seed)
    rewards = torch.randn(n, generator=generator)
    fields = {"rows": (0, 1, 0)[:n], **fields}
    return Pool(
        torch.randn(n, 4, 2, 2, generator=generator),
        rewards,
        tuple(range(100 * seed, 100 * seed + n)),
        fields.pop("prompt", "a circle"),
        {"scorer": rewards, "other": -rewards},
        dataclasses.replace(ORIGIN, **fields),
        spread=0.7,
    )


def test_a_saved_pool_comes_back_whole(tmp_path):
    pool = make_pool()
    save_pool(pool, tmp_path / "new folder" / "pool.safetensors")
    back = load_pool(tmp_path / "new folder" / "pool.safetensors")
    assert torch.equal(back.latents, pool.latents)
    assert torch.equal(back.rewards, pool.rewards)
    assert (back.seeds, back.prompt, back.origin, back.spread) == (pool.seeds, pool.prompt, pool.origin, pool.spread)
    assert [(name, numbers.tolist()) for name, numbers in back.scores.items()] == [
        (name, numbers.tolist()) for name, numbers in pool.scores.items()
    ]


def test_a_pool_of_unknown_origin_comes_back_as_such(tmp_path):
    pool = dataclasses.replace(
        make_pool(), origin=Origin(), prompt="\u732b", scores={"\u8a55\u4fa1 / \\ 1": torch.zeros(3)}
    )
    save_pool(pool, tmp_path / "pool.safetensors")
    back = load_pool(tmp_path / "pool.safetensors")
    assert (back.origin, back.prompt, list(back.scores)) == (Origin(), "\u732b", ["\u8a55\u4fa1 / \\ 1"])


def test_what_a_later_version_adds_to_a_file_is_ignored(tmp_path):
    path = tmp_path / "pool.safetensors"
    origin = {**dataclasses.asdict(Origin()), "colour": "red"}
    contents = {"prompt": "", "seeds": [0, 1], "names": [], "spread": 0.0, "origin": origin, "more": 1}
    numbers = {"latents": torch.zeros(2, 4, 2, 2), "rewards": torch.zeros(2), "others": torch.zeros(1)}
    save_file(numbers, path, {"format": "lidar-pool", "version": "2", "pool": json.dumps(contents), "more": ""})
    assert load_pool(path).origin == Origin()


def test_a_known_spread_survives_a_merge():
    pool = make_pool(1)
    assert merge_pools([dataclasses.replace(make_pool(), spread=0.0), pool]).spread == pool.spread


def test_saving_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "pool.safetensors"
    save_pool(make_pool(), path)
    before = path.read_bytes()

    def full_disk(tensors, name, metadata):
        with open(name, "wb") as file:
            file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(pool_file, "save_file", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_pool(make_pool(1), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "pool.safetensors"
    save_pool(make_pool(), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(PoolError, match='"pool.safetensors" cannot be read, it may be cut short'):
        load_pool(path)


def test_a_foreign_file_and_a_newer_layout_are_refused(tmp_path):
    path = tmp_path / "lora.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(PoolError, match='"lora.safetensors" is not a LiDAR pool: choose one'):
        load_pool(path)
    save_file({"latents": torch.zeros(2)}, path, {"format": "lidar-pool", "version": "1"})
    with pytest.raises(PoolError, match="layout version 1, this pack reads version 2: draw and save the pool again"):
        load_pool(path)


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
