import dataclasses

import pytest
import torch
from safetensors.torch import save_file

from lidar_core.pools import files as pool_file
from lidar_core.pools.files import load_pool, merge_pools, save_pool
from lidar_core.pools.pool import Pool, PoolError


def make_pool(seed=0, n=3, **fields):
    generator = torch.Generator().manual_seed(seed)
    rewards = torch.randn(n, generator=generator)
    return Pool(
        torch.randn(n, 4, 2, 2, generator=generator),
        rewards,
        tuple(range(100 * seed, 100 * seed + n)),
        fields.pop("prompt", "a circle"),
        {"scorer": rewards, "other": -rewards},
        {"steps": 8, "model": "SDXL", "sampler_name": "dpmpp_2m", **fields},
        spread=0.7,
    )


def test_a_saved_pool_comes_back_whole(tmp_path):
    pool = make_pool()
    save_pool(pool, tmp_path / "new folder" / "pool.safetensors")
    back = load_pool(tmp_path / "new folder" / "pool.safetensors")
    assert torch.equal(back.latents, pool.latents)
    assert torch.equal(back.rewards, pool.rewards)
    assert (back.seeds, back.prompt, dict(back.settings)) == (pool.seeds, pool.prompt, dict(pool.settings))
    assert back.spread == 0.7
    assert {name: numbers.tolist() for name, numbers in back.scores.items()} == {
        name: numbers.tolist() for name, numbers in pool.scores.items()
    }


def test_a_file_that_names_no_spread_has_an_unknown_one(tmp_path):
    path = tmp_path / "pool.safetensors"
    numbers = {"latents": torch.zeros(2, 4, 2, 2), "rewards": torch.zeros(2)}
    words = {"format": "lidar-pool", "version": "1", "prompt": "", "seeds": "[0, 1]", "settings": "{}"}
    save_file(numbers, path, words)
    assert load_pool(path).spread == 0.0


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
    save_file({"latents": torch.zeros(2)}, path, {"format": "lidar-pool", "version": "2"})
    with pytest.raises(PoolError, match="layout version 2, this pack reads version 1: update"):
        load_pool(path)


def test_merging_joins_parts_and_counts_a_shared_sample_once():
    first, second = make_pool(1), make_pool(2, n=2)
    merged = merge_pools([first, second, first])
    assert merged.seeds == (100, 101, 102, 200, 201)
    assert torch.equal(merged.latents, torch.cat([first.latents, second.latents]))
    assert torch.equal(merged.scores["other"], -torch.cat([first.rewards, second.rewards]))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (make_pool(2, prompt="a square"), "prompts, 'a circle' and 'a square'"),
        (make_pool(2, model="SD15"), "models, 'SDXL' and 'SD15'"),
        (make_pool(2, latent_format="Flux"), "latent formats, None and 'Flux'"),
        (dataclasses.replace(make_pool(2), latents=torch.zeros(3, 4, 3, 2)), r"latent shapes, \(4, 2, 2\)"),
        (dataclasses.replace(make_pool(2), scores={}), "rewards"),
    ],
)
def test_pools_drawn_differently_are_not_merged(other, what):
    with pytest.raises(PoolError, match=f"different {what}.*drawn and scored alike"):
        merge_pools([make_pool(1), other])
