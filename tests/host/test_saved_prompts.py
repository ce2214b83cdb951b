"""API prompts that a release saved run in every later release."""

import json

import pytest

from .demo_graph import succeeded
from .saved_prompts import FOLDER

SAVED = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_a_saved_prompt_runs(server, path):
    succeeded(server.run(json.loads(path.read_text())))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_inputs_that_a_saved_prompt_lacks_are_optional(server, path):
    info = server.get("/object_info")
    ours = [node for node in json.loads(path.read_text()).values() if node["class_type"].startswith("LiDAR")]
    assert len(ours) > 10
    for node in ours:
        required = info[node["class_type"]]["input"].get("required", {})
        assert set(required) <= {name.partition(".")[0] for name in node["inputs"]}, node["class_type"]
