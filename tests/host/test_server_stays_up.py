"""Inputs that once stopped the server, its queue or the import of the pack."""

import os

import pytest

from .conftest import PACKS, Server
from .demo_graph import demo_graph, error_of, node, succeeded


@pytest.fixture
def start(tmp_path, request):
    """Starts servers on one base folder."""

    def started(*options, environment=None):
        server = Server(tmp_path / "base", *options, packs=packs, environment=environment)
        request.addfinalizer(server.stop)
        packs.clear()
        return server

    packs = dict(PACKS)
    return started


def spoil(folder):
    """Put every kind of unreadable file into the pool folder."""
    (folder / "a folder.safetensors").mkdir()
    (folder / "gone.safetensors").symlink_to("/nowhere/gone.safetensors")
    (folder / "loop.safetensors").symlink_to(folder / "loop.safetensors")
    for number in range(3):
        (folder / f"looping folder {number}").symlink_to(folder)
    (folder / "empty.safetensors").write_bytes(b"")
    os.symlink("/nowhere", os.fsencode(folder) + b"/\xff\xfe.safetensors")
    os.mkfifo(folder / "pipe.safetensors")
    unreadable = folder / "no rights"
    unreadable.mkdir()
    unreadable.chmod(0)


def test_files_that_cannot_be_read_stop_neither_the_queue_nor_the_import(start, tmp_path):
    server = start()
    info = server.get("/object_info")
    graph = demo_graph(info)
    graph["pool"] = node(info, "LiDARSavePool", pool=["sampler", 1], filename_prefix="lidar_pools/a")
    (entry,) = succeeded(server.run(graph))["outputs"]["pool"]["pools"]
    elsewhere = tmp_path / "another disk"
    elsewhere.mkdir()
    folder = server.folder / "output" / "lidar_pools"
    (elsewhere / "b.safetensors").write_bytes((folder / entry["filename"]).read_bytes())
    (folder / "linked").symlink_to(elsewhere)
    for spoiled in (folder, server.folder / "output", server.folder / "models" / "reward_models"):
        spoiled.mkdir(parents=True, exist_ok=True)
        spoil(spoiled)

    for _ in range(2):
        offered = server.get("/object_info")["LiDARLoadPool"]["input"]["required"]["pool_name"][1]["options"]
        assert {f"lidar_pools/{entry['filename']}", "lidar_pools/linked/b.safetensors"} <= set(offered)
        assert "lidar_pools/empty.safetensors" in offered
        assert not {name for name in offered if "gone" in name or "loop" in name or "a folder" in name}

        guided = demo_graph(info)
        guided["pool"] = node(info, "LiDARLoadPool", pool_name="lidar_pools/linked/b.safetensors")
        guided["noise"] = node(info, "Report", anything=["pool", 0])
        succeeded(server.run(guided))
        guided["pool"]["inputs"]["pool_name"] = "lidar_pools/empty.safetensors"
        assert '"empty.safetensors" is empty' in error_of(server.run(guided))
        succeeded(server.run(demo_graph(info, seed=1)))
        assert server.log().count('skips the file "gone.safetensors"') == 1

        server.stop()
        server = start()


def test_a_deleted_folder_of_scorers_leaves_the_loader_on_offer(start):
    server = start()
    folder = server.folder / "models" / "reward_models" / "mine"
    folder.mkdir(parents=True)
    (folder.parent / "a.safetensors").write_bytes(b"")
    (folder / "b.safetensors").write_bytes(b"")

    def offered():
        return server.get("/object_info")["LiDARRewardLoader"]["input"]["required"]["reward_name"][1]["options"]

    assert offered() == ["a.safetensors", "mine/b.safetensors"]
    (folder / "b.safetensors").unlink()
    folder.rmdir()
    assert offered() == ["a.safetensors"]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_of_any_channels_are_previewed(start, channels):
    server = start("--preview-method", "latent2rgb")
    info = server.get("/object_info")
    graph = demo_graph(info, vae=["channels", 0], reward=["reward", 0])
    graph["channels"] = node(info, "VAEOfChannels", vae=["world", 2], channels=channels)
    graph["reward"] = node(info, "LiDARRewardMetric", metric="brightness")
    history = succeeded(server.run(graph))
    (shown,) = [entry for told in history["outputs"].values() for entry in told.get("lidar_lookahead", [])]
    assert len(shown["thumbnails"]) == 4
    succeeded(server.run(demo_graph(info, seed=1)))


CAT, DOG = "\u4e00\u53ea\u732b", "\u4e00\u53ea\U0001f415"


@pytest.mark.parametrize("encoding", ["cp1252", "cp936", "ascii", "utf-8"])
def test_users_words_that_the_log_cannot_write_stop_nothing(start, encoding):
    server = start(environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    info = server.get("/object_info")

    def refused(graph):
        message = error_of(server.run(graph))
        assert message.isascii(), message
        return message

    two = demo_graph(info, positive=["both", 0], model=["tiny", 0], vae=["tiny", 2])
    two["tiny"] = node(info, "TinyCheckpoint", family="SDXL (epsilon)")
    for name, text in (("positive", CAT), ("other", DOG)):
        two[name] = node(info, "CLIPTextEncode", text=text, clip=["tiny", 1])
    two["negative"]["inputs"]["clip"] = ["tiny", 1]
    two["both"] = node(info, "ConditioningCombine", conditioning_1=["positive", 0], conditioning_2=["other", 0])
    assert "upstream of positive" in refused(two)

    assert "embedded demo world" in refused(demo_graph(info, text=CAT))

    load = demo_graph(info)
    load["pool"] = node(info, "LiDARLoadPool", pool_name=f"lidar_pools/{CAT}.safetensors")
    load["report"] = node(info, "Report", anything=["pool", 0])
    assert "No pool file" in refused(load)
    damaged = server.folder / "output" / "lidar_pools" / f"{CAT}.safetensors"
    damaged.parent.mkdir(parents=True, exist_ok=True)
    damaged.write_bytes(b"damaged")
    assert "is no file of weights" in refused(load)
    (damaged.parent / f"{DOG}.safetensors").symlink_to("/nowhere")
    server.get("/object_info")

    save = demo_graph(info)
    save["kept"] = node(info, "LiDARSavePool", pool=["sampler", 1], filename_prefix=f"../{CAT}")
    assert "filename_prefix" in refused(save)

    scorer = server.folder / "models" / "reward_models" / f"{CAT}.safetensors"
    scorer.parent.mkdir(parents=True, exist_ok=True)
    scorer.write_bytes(b"damaged")
    scored = demo_graph(info, reward=["scorer", 0])
    scored["scorer"] = node(info, "LiDARRewardLoader", reward_name=scorer.name)
    refused(scored)
    succeeded(server.run(demo_graph(info, seed=1)))


@pytest.mark.parametrize("sent", [None, {}, {"workflow": None}, {"workflow": "{}"}, {"workflow": []}, {"workflow": {}}])
def test_a_client_may_send_any_workflow_with_its_prompt(server, sent):
    graph = demo_graph(server.get("/object_info"), seed=len(str(sent)))
    extra = {"extra_pnginfo": sent}
    succeeded(server.run(graph, client_id="nobody", extra_data=extra))
