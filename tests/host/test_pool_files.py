"""LiDAR Save Pool, Load Pool and Merge Pools on a host's folders."""

import os
import re
import subprocess

import pytest
import torch

from .test_nodes import submodule


@pytest.fixture
def folders(tmp_path, monkeypatch):
    import folder_paths

    for name in ("output", "input"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(folder_paths, f"{name}_directory", str(tmp_path / name))
    return tmp_path


@pytest.fixture
def made(pack):
    """Makes a pool of 2 samples of a lookahead seed."""
    pools, origin = submodule(pack, "lidar_core.pools.pool"), submodule(pack, "lidar_core.pools.origin")

    def make(seed=0, prompt="a cat"):
        drawn_by = origin.Origin(steps=8, lookahead_seed=seed, rows=(0, 0), redraws_noise=True)
        generator = torch.Generator().manual_seed(seed)
        return pools.Pool(
            torch.randn(2, 4, 2, 2, generator=generator),
            torch.rand(2, generator=generator),
            (2 * seed, 2 * seed + 1),
            prompt,
            origin=drawn_by,
        )

    return make


def save(pack, pool, prefix):
    return submodule(pack, "nodes.save_pool").LiDARSavePool.execute(pool, prefix)


def load(pack, *args, **kwargs):
    return submodule(pack, "nodes.load_pool").LiDARLoadPool.execute(*args, **kwargs)[0]


def listed(pack):
    return submodule(pack, "nodes.host.pool_files").pool_files()


def test_a_saved_pool_is_handed_on_named_in_the_history_listed_and_loaded(pack, folders, made):
    pool, images = made(), torch.zeros(2, 8, 8, 3)
    output = submodule(pack, "nodes.save_pool").LiDARSavePool.execute(pool, "cats/first", images)
    assert output[0] is pool
    assert output[1] is images
    (entry,) = output.ui["pools"]
    assert re.fullmatch(r"first_[0-9a-f]{16}\.safetensors", entry["filename"])
    assert (entry["subfolder"], entry["type"], entry["samples"]) == ("cats", "output", 2)
    assert (folders / "output" / "cats" / entry["filename"]).is_file()
    assert torch.equal(load(pack, f"cats/{entry['filename']}").latents, pool.latents)


def test_both_folders_are_listed_the_newest_first(pack, folders, made):
    for age, (folder, prefix) in enumerate(
        [("output", "lidar_pools/a/x"), ("output", "bare"), ("input", "lidar_pools/y")]
    ):
        (entry,) = save(pack, made(age), prefix).ui["pools"]
        path = folders / "output" / entry["subfolder"] / entry["filename"]
        moved = folders / folder / path.relative_to(folders / "output").with_name(f"{prefix[-1]}.safetensors")
        moved.parent.mkdir(parents=True, exist_ok=True)
        path.rename(moved)
        os.utime(moved, (1000 - age, 1000 - age))
    assert listed(pack) == ["lidar_pools/a/x.safetensors", "e.safetensors", "lidar_pools/y.safetensors [input]"]
    assert load(pack, "lidar_pools/y.safetensors [input]").seeds == made(2).seeds
    assert load(pack, "lidar_pools/y").seeds == made(2).seeds
    with pytest.raises(ValueError, match="No pool file in the output or input folder matches"):
        load(pack, "lidar_pools/y.safetensors [output]")


def test_a_pattern_loads_the_parts_in_the_order_of_their_seeds(pack, folders, made):
    for seed in (2, 0, 1):
        save(pack, made(seed), f"run/part_{seed}")
    save(pack, made(3), "run/other")
    merged = load(pack, "", "run/part_*", samples=6)
    assert merged.seeds == (0, 1, 2, 3, 4, 5)
    assert load(pack, "", "run").seeds == tuple(range(8))
    assert load(pack, "", "run/part_?_*").seeds == merged.seeds


def test_a_missing_part_stops_the_run_and_is_named(pack, folders, made):
    for seed in (0, 2):
        save(pack, made(seed), "run/part")
    with pytest.raises(ValueError, match=r'"run" holds 4 samples, not 6 \(2 of lookahead seed 0, 2 of lookahead s'):
        load(pack, "", "run", samples=6)


def test_parts_of_another_prompt_are_refused(pack, folders, made):
    save(pack, made(0), "run/part")
    save(pack, made(1, "a dog"), "run/part")
    with pytest.raises(ValueError, match='different prompts, "a (cat|dog)" and "a (cat|dog)"'):
        load(pack, "", "run")


def test_the_fingerprint_changes_with_the_files(pack, folders, made):
    node = submodule(pack, "nodes.load_pool").LiDARLoadPool
    empty = node.fingerprint_inputs("", "run", samples=0)
    save(pack, made(0), "run/part")
    one = node.fingerprint_inputs("", "run")
    save(pack, made(0), "run/part")
    assert node.fingerprint_inputs("", "run") == one
    save(pack, made(1), "run/part")
    assert len({str(entry) for entry in (empty, one, node.fingerprint_inputs("", "run"))}) == 3


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/secret", "a/../../secret", "..\\secret", "C:\\secret", "\0", "\\x"]
)
def test_no_name_leads_out_of_the_folders(pack, folders, made, name):
    (entry,) = save(pack, made(), "pool").ui["pools"]
    (folders / "output" / entry["filename"]).rename(folders / "secret.safetensors")
    with pytest.raises(ValueError, match="leads out of the output and input folder"):
        load(pack, "", name)
    assert submodule(pack, "nodes.load_pool").LiDARLoadPool.fingerprint_inputs(name) == []


@pytest.mark.parametrize("prefix", ["", " ", "..", ".", "a/..", "../../escaped", "/escaped", "../output/../escaped"])
def test_a_prefix_that_names_no_file_below_the_output_folder_is_refused(pack, folders, made, prefix):
    with pytest.raises(ValueError, match="filename_prefix is .* names no file below the output folder"):
        save(pack, made(), prefix)
    assert list(folders.rglob("*.safetensors")) == []


def test_a_disk_that_cannot_be_written_is_named(pack, folders, made):
    (folders / "output" / "taken").write_bytes(b"")
    with pytest.raises(ValueError, match='cannot be saved under "taken/pool"'):
        save(pack, made(), "taken/pool")


def test_as_many_pools_as_are_wired_are_merged(pack, folders, made):
    node = submodule(pack, "nodes.merge_pools").LiDARMergePools
    merged = node.execute({f"pool_{number}": made(number) for number in (11, 2, 1)})[0]
    assert merged.seeds == (2, 3, 4, 5, 22, 23)


def test_of_a_wired_text_the_fingerprint_is_that_of_every_file_that_may_be_a_pool(pack, folders, made):
    """The host knows the text only when it runs the node."""
    node = submodule(pack, "nodes.load_pool").LiDARLoadPool
    for wired in ({"pool_name": "", "pattern": None}, {"pool_name": None}):
        before = node.fingerprint_inputs(**wired)
        assert node.fingerprint_inputs(**wired) == before
        save(pack, made(len(before)), "elsewhere/deeper/part")
        assert node.fingerprint_inputs(**wired) != before
    assert node.fingerprint_inputs("gone", "") == node.fingerprint_inputs("gone") == []


@pytest.mark.parametrize("name", ["\ud83d", "a\ud83d/b*", 300 * "x", 300 * "x" + "/*"])
def test_a_name_that_no_file_has_is_not_found(pack, folders, name):
    with pytest.raises(ValueError, match="No pool file in the output or input folder matches") as raised:
        load(pack, name)
    assert str(raised.value).isascii()
    assert submodule(pack, "nodes.load_pool").LiDARLoadPool.fingerprint_inputs(name) == []


@pytest.fixture
def links(folders):
    """A folder with links to itself, and one so deep that a program that goes down by calling itself fails."""
    folder = folders / "output" / "lidar_pools" / "inner"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"self {number}").symlink_to(folder)
    os.mkfifo(folder / "pipe.safetensors")
    deep = folder
    for _ in range(1200):
        deep = deep / "a"
        deep.mkdir()
    yield folder
    # Python's own functions cannot remove it.
    subprocess.run(["rm", "-r", folder], check=True)


def test_links_to_themselves_pipes_and_deep_folders_end_no_list(pack, folders, links, made, monkeypatch):
    import folder_paths

    save(pack, made(), "lidar_pools/inner/a")
    assert len(listed(pack)) == 1
    assert len(submodule(pack, "nodes.load_pool").LiDARLoadPool.fingerprint_inputs(None)) == 1
    for kind in ("reward_models", "clip_vision"):
        endings = folder_paths.folder_names_and_paths[kind][1]
        monkeypatch.setitem(folder_paths.folder_names_and_paths, kind, ([str(links.parent)], endings))
    files = submodule(pack, "nodes.host.files")
    (name,) = files.reward_files()
    assert files.tower_files() == [name, f"clip_vision/{name}"]
    assert files.reward_path(name).endswith(name)
    with pytest.raises(ValueError, match='"inner/pipe.safetensors" is not there'):
        files.reward_path("inner/pipe.safetensors")


@pytest.mark.parametrize("what", ["a file", "a link to itself"])
def test_a_pool_folder_that_is_none_is_skipped_and_said_once(pack, folders, made, caplog, what):
    submodule(pack, "nodes.host.listing")._say_once.cache_clear()
    save(pack, made(), "bare")
    folder = folders / "output" / "lidar_pools"
    if what == "a file":
        folder.write_bytes(b"")
    else:
        folder.symlink_to(folder)
    for _ in range(2):
        (name,) = listed(pack)
        assert name.startswith("bare_")
    assert sum('cannot list the folder "lidar_pools"' in message for message in caplog.messages) == 1
    with pytest.raises(ValueError, match='cannot be saved under "lidar_pools/pool"'):
        save(pack, made(), "lidar_pools/pool")
