"""Installed from the registry's archive, run, removed: only the user's own files stay, and the host boots again."""

import json
import re
import shutil

import pytest

from ..test_shipped_files import shipped_files
from .conftest import ROOT, Server
from .workflow_api import api_prompt

# Files that the user asked for: SaveImage's pictures and LiDAR Save Pool's file. The host deletes the previews.
USERS_OWN = [
    "output",
    "output/LiDAR",
    # For the reward models that the user downloads.
    "models",
    "models/reward_models",
    "output/lidar_pools",
    *(f"output/LiDAR/demo_{half}_0000{number}_.png" for half in ("lidar", "plain") for number in (1, 2)),
    "output/lidar_pools/kept_HASH.safetensors",
]


def contents(folder):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    return {re.sub(r"_[0-9a-f]{16}\.", "_HASH.", name) for name in names}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder in which the pack would write if it wrote outside the host's folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / ".cache"))
    return folder


def test_nothing_of_the_pack_stays_but_what_the_user_saved(tmp_path, home):
    Server(tmp_path / "bare", packs={}).stop()
    bare = contents(tmp_path / "bare")
    outside = contents(home)

    base = tmp_path / "base"
    pack = base / "custom_nodes" / "lidar-sampling"
    for file in shipped_files():
        copy = pack / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    server = Server(base, packs={})
    prompt = api_prompt(json.loads((pack / "workflows" / "lidar_demo.json").read_text()), server.get("/object_info"))
    for node in prompt.values():
        if node["class_type"] == "EmptyLatentImage":
            node["inputs"]["batch_size"] = 2
    prompt["kept"] = {
        "class_type": "LiDARSavePool",
        "inputs": {"pool": ["6", 1], "filename_prefix": "lidar_pools/kept"},
    }
    prompt["shown"] = {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}}
    history = server.run(prompt)
    assert history["status"]["status_str"] == "success", history["status"]["messages"]
    assert [name for name in contents(base) if name.startswith("temp/")]
    server.stop()

    shutil.rmtree(pack)
    again = Server(base, packs={})
    offered = again.get("/object_info")
    again.stop()
    assert "KSampler" in offered
    assert not [name for name in offered if name.startswith("LiDAR")]
    assert "lidar" not in again.log().lower()
    assert sorted(contents(base) - bare) == sorted(USERS_OWN)
    assert contents(home) == outside
