import dataclasses
import hashlib
import json
import multiprocessing
import os
import random
import stat
import time
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch
from safetensors.torch import save_file

from lidar_core import whole_file
from lidar_core.pools.files import load_pool, save_pool
from lidar_core.pools.origin import Origin
from lidar_core.pools.pool import PoolError

from .made_pool import make_pool


def test_a_saved_pool_comes_back_whole(tmp_path):
    pool = make_pool()
    back = load_pool(save_pool(pool, tmp_path / "new folder", "pool"))
    assert torch.equal(back.latents, pool.latents)
    assert torch.equal(back.rewards, pool.rewards)
    assert (back.seeds, back.prompt, back.origin, back.recipe) == (pool.seeds, pool.prompt, pool.origin, pool.recipe)
    assert [(name, numbers.tolist()) for name, numbers in back.scores.items()] == [
        (name, numbers.tolist()) for name, numbers in pool.scores.items()
    ]


def test_a_pool_of_unknown_origin_comes_back_as_such(tmp_path):
    pool = dataclasses.replace(
        make_pool(), origin=Origin(), prompt="\u732b", scores={"\u8a55\u4fa1 / \\ 1": torch.zeros(3)}, recipe=None
    )
    back = load_pool(save_pool(pool, tmp_path, "pool"))
    assert (back.origin, back.prompt, list(back.scores)) == (Origin(), "\u732b", ["\u8a55\u4fa1 / \\ 1"])


def test_a_repeat_is_the_same_file_and_another_pool_another(tmp_path):
    path = save_pool(make_pool(), tmp_path, "pool")
    assert path.name == f"pool_{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.safetensors"
    saved = path.stat().st_mtime_ns
    assert save_pool(make_pool(), tmp_path, "pool") == path
    assert path.stat().st_mtime_ns == saved
    others = [make_pool(1), dataclasses.replace(make_pool(), prompt=""), dataclasses.replace(make_pool(), recipe=None)]
    assert len({save_pool(pool, tmp_path, "pool") for pool in others} | {path}) == 4
    path.write_bytes(b"damaged")
    assert load_pool(save_pool(make_pool(), tmp_path, "pool")).seeds == make_pool().seeds


def test_processes_that_save_at_once_lose_nothing(tmp_path):
    with ProcessPoolExecutor(4, multiprocessing.get_context("fork")) as processes:
        paths = list(processes.map(save_numbered, [tmp_path] * 24, [number % 8 for number in range(24)]))
    assert len(set(paths)) == 8
    assert sorted(load_pool(path).seeds[0] for path in set(paths)) == [100 * number for number in range(8)]
    assert set(tmp_path.iterdir()) == set(paths)


def save_numbered(folder, number):
    return save_pool(make_pool(number), folder, "pool")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_file_has_the_rights_that_the_umask_leaves(tmp_path, umask):
    before = os.umask(umask)
    try:
        path = save_pool(make_pool(), tmp_path, "pool")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_saving_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full_disk(source, target):
        raise OSError("No space left on device")

    monkeypatch.setattr(whole_file.os, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_pool(make_pool(1), tmp_path, "pool")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_program_left_unfinished_goes_with_a_later_save(tmp_path):
    saving = multiprocessing.get_context("fork").Process(target=save_and_die, args=(tmp_path,))
    saving.start()
    saving.join()
    (unfinished,) = tmp_path.iterdir()
    save_pool(make_pool(2), tmp_path, "another may still be writing")
    assert unfinished.exists()
    an_hour_ago = time.time() - 3601
    os.utime(unfinished, (an_hour_ago, an_hour_ago))
    save_pool(make_pool(3), tmp_path, "later")
    assert not unfinished.exists()
    assert len(list(tmp_path.glob("*.safetensors"))) == 2


def save_and_die(folder):
    whole_file.os.replace = lambda source, target: os._exit(9)
    save_pool(make_pool(1), folder, "pool")


CONTENTS = {
    "version": 2,
    "prompt": "",
    "seeds": [0, 1],
    "names": [],
    "recipe": None,
    "origin": {**dataclasses.asdict(Origin()), "rows": []},
}


MIXED = {"mode": "min", "parts": [{"name": "reward", "spread": 0.0}], "weights": [1.0], "clip": 3.0}


def write(path, contents, **tensors):
    tensors = {"latents": torch.zeros(2, 4, 2, 2), "rewards": torch.zeros(2), **tensors}
    save_file(tensors, path, {"lidar_pool": json.dumps(contents)})
    return path


def test_what_an_origin_does_not_say_is_unknown(tmp_path):
    assert load_pool(write(tmp_path / "pool.safetensors", {**CONTENTS, "origin": {}})).origin == Origin()


def test_what_a_later_version_adds_to_a_file_is_ignored(tmp_path):
    more = {**CONTENTS, "more": 1, "origin": {**CONTENTS["origin"], "colour": "red"}}
    assert load_pool(write(tmp_path / "pool.safetensors", more, others=torch.zeros(1))).origin == Origin()


def test_a_truncated_file_is_refused(tmp_path):
    path = save_pool(make_pool(), tmp_path, "pool")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(PoolError, match=f'The pool file "{path.name}" is cut short'):
        load_pool(path)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        (b"<!doctype html>", "is a web page"),
        (bytes(1000), "cannot be read: "),
    ],
)
def test_a_failed_copy_is_called_by_its_name(tmp_path, contents, message):
    path = tmp_path / "pool.safetensors"
    path.write_bytes(contents)
    with pytest.raises(PoolError, match=f'The pool file "pool.safetensors" {message}'):
        load_pool(path)


def test_a_folder_and_a_file_that_is_gone_are_refused(tmp_path):
    (tmp_path / "folder.safetensors").mkdir()
    for name in ("folder.safetensors", "gone.safetensors"):
        with pytest.raises(PoolError, match=f'The pool file "{name}" cannot be read'):
            load_pool(tmp_path / name)


def test_a_foreign_file_and_another_layout_are_refused(tmp_path):
    path = tmp_path / "lora.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(PoolError, match='"lora.safetensors" is not a LiDAR pool: choose one'):
        load_pool(path)
    write(path, {**CONTENTS, "version": 3})
    with pytest.raises(PoolError, match="layout version is 3, this pack reads 2. Draw and save the pool again"):
        load_pool(path)


def test_a_header_nested_too_deep_is_refused(tmp_path):
    path = tmp_path / "pool.safetensors"
    save_file({"latents": torch.zeros(2, 4, 2, 2)}, path, {"lidar_pool": "[" * 100_000})
    with pytest.raises(PoolError, match='"pool.safetensors" cannot be used'):
        load_pool(path)


def test_a_name_that_no_log_can_write_is_escaped(tmp_path):
    path = tmp_path / "\u732b.safetensors"
    path.write_bytes(b"")
    with pytest.raises(PoolError) as error:
        load_pool(path)
    assert str(error.value).isascii()
    assert error.value.__suppress_context__


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": [0, -1]}, "A seed is not a number between 0 and 2.64"),
        ({"seeds": [0, 2**64]}, "A seed is not a number"),
        ({"seeds": [0, "1"]}, "A seed is not a number"),
        ({"seeds": [0]}, "2 latents but 1 seeds"),
        ({"seeds": None}, 'Its "seeds" is missing or of the wrong type'),
        ({"names": ["reward"]}, 'Its "scores.0" is missing'),
        ({"names": [1]}, "name of a reward"),
        ({"recipe": {"name": "reward", "spread": float("nan")}}, 'Its "spread" is nan, not a'),
        ({"recipe": {"name": "reward", "spread": "1"}}, 'Its "spread" is missing or of the wrong type'),
        ({"recipe": {"name": "reward", "spread": 1.0}}, 'made of the scores "reward", but it has ""'),
        ({"recipe": "reward"}, 'Its "recipe"'),
        ({"recipe": {**MIXED, "mode": "most"}}, "Its recipe is of a kind that"),
        ({"recipe": {**MIXED, "weights": [1.0, 1.0]}}, "Its recipe is of a kind that"),
        ({"recipe": {**MIXED, "weights": [-1.0]}}, "weights of a reward mix must be 0 or more"),
        ({"recipe": {**MIXED, "weights": ["1"]}}, 'Its "weights" holds an entry of the wrong type'),
        ({"recipe": {**MIXED, "parts": [None]}}, 'Its "parts" holds an entry of the wrong type'),
        ({"recipe": {**MIXED, "clip": float("inf")}}, 'Its "clip" is inf'),
        ({"origin": {**CONTENTS["origin"], "steps": "8"}}, 'Its "steps" is missing or of the wrong type'),
        ({"origin": {**CONTENTS["origin"], "rows": [0]}}, "names the source rows of 1"),
        ({"origin": {**CONTENTS["origin"], "rows": [0, -1]}}, "A source row is not a number"),
    ],
)
def test_metadata_that_does_not_fit_is_named(tmp_path, change, message):
    with pytest.raises(
        PoolError, match=f'"pool.safetensors" cannot be used: .*{message}.* Draw and save the pool again'
    ):
        load_pool(write(tmp_path / "pool.safetensors", {**CONTENTS, **change}))


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.float8_e4m3fn, torch.complex64, torch.uint16])
@pytest.mark.parametrize("name", ["latents", "rewards"])
def test_tensors_of_a_kind_that_no_sampler_makes_are_refused(tmp_path, name, dtype):
    tensors = {name: torch.zeros((2, 4, 2, 2) if name == "latents" else 2).to(dtype)}
    with pytest.raises(PoolError, match=f'"{name}" .* floating point'):
        load_pool(write(tmp_path / "pool.safetensors", CONTENTS, **tensors))


def test_ten_thousand_damaged_files_are_each_a_pool_or_a_sentence(tmp_path):
    whole = save_pool(make_pool(), tmp_path, "pool").read_bytes()
    path, rng = tmp_path / "damaged.safetensors", random.Random(0)
    read, sentences = 0, []
    for _ in range(10_000):
        path.write_bytes(rng.choice([cut, flipped, another_header])(whole, rng))
        try:
            pool = load_pool(path)
        except PoolError as error:
            sentences.append(str(error))
        else:
            read += 1
            assert torch.isfinite(pool.latents).all()
            assert pool.order().shape == pool.rewards.shape == (len(pool.seeds),)
    assert all(sentence.isascii() for sentence in sentences)
    # Flipped bits of a number are another number.
    assert 300 < read < 5_000


def cut(file, rng):
    return file[: rng.randrange(len(file))]


def flipped(file, rng):
    changed = bytearray(file)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def another_header(file, rng):
    """One value of the header, or of the JSON in its metadata, is another or missing."""
    size = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + size])
    contents = json.loads(header["__metadata__"]["lidar_pool"])
    inner = [contents, contents["origin"], contents["recipe"], *contents["recipe"]["parts"]]
    change_one(rng.choice([header, *header.values(), *inner]), rng)
    if isinstance(header.get("__metadata__"), dict) and "lidar_pool" in header["__metadata__"]:
        header["__metadata__"]["lidar_pool"] = json.dumps(contents)[: rng.choice([None, None, None, 50])]
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + file[8 + size :]


def change_one(values, rng):
    key = rng.choice(list(values))
    others = [
        None,
        True,
        -1,
        0,
        3,
        2**70,
        1e308,
        float("nan"),
        "",
        "F8_E5M2",
        "I64",
        "BF16",
        "\ud800",
        [],
        [1],
        [3],
        {},
    ]
    if rng.random() < 0.2:
        del values[key]
    elif isinstance(values[key], list) and values[key] and rng.random() < 0.5:
        values[key][rng.randrange(len(values[key]))] = rng.choice(others)
    else:
        values[key] = rng.choice(others)
