"""A real server process runs the bundled demo workflow."""

import io
import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from .workflow_api import api_prompt

WORKFLOW = Path(__file__).parents[2] / "workflows" / "lidar_demo.json"
LIDAR, LIDAR_SAVED, PLAIN, PLAIN_SAVED = "6", "9", "7", "11"


@pytest.fixture(scope="module")
def demo(server):
    return api_prompt(json.loads(WORKFLOW.read_text()), server.get("/object_info"))


def outputs(history, node):
    return list(history["outputs"][node]["images"])


def pictures(server, history, node):
    decoded = [Image.open(io.BytesIO(server.image(entry))) for entry in outputs(history, node)]
    return torch.stack([torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8) for image in decoded])


def succeeded(history):
    assert history["status"]["status_str"] == "success", history["status"]["messages"]
    return history


@pytest.fixture(scope="module")
def shown(server):
    """What the server tells of each node of the pack that a user can see."""
    info = server.get("/object_info")
    pack = {name: told for name, told in info.items() if told["python_module"] == "custom_nodes.lidar-sampling"}
    return {name: told for name, told in pack.items() if not told.get("dev_only")}


def test_every_node_is_offered_with_a_tooltip_on_each_input(shown):
    assert len(shown) >= 25
    for node_id, told in shown.items():
        assert told["category"].split("/")[0] == "LiDAR", node_id
        for group in ("required", "optional"):
            for name, spec in told["input"].get(group, {}).items():
                assert spec[1].get("tooltip"), f"{node_id}.{name} has no tooltip"


def test_every_node_has_a_help_page_where_the_front_end_looks_for_it(server, shown):
    for node_id in shown:
        page = server.raw(f"/extensions/lidar-sampling/docs/{node_id}.md").decode()
        assert page.startswith("# LiDAR "), node_id


def test_the_demo_workflow_returns_pictures_and_queues_repeat_them(server, demo):
    first = succeeded(server.run(demo))
    lidar, plain = pictures(server, first, LIDAR_SAVED), pictures(server, first, PLAIN_SAVED)
    assert len(lidar) == len(plain) == 8
    assert not torch.equal(lidar, plain)

    other = json.loads(json.dumps(demo))
    other[LIDAR]["inputs"]["seed"] += 1
    reseeded = pictures(server, succeeded(server.run(other)), LIDAR_SAVED)
    assert not torch.equal(reseeded, lidar)

    # The sampler ran with another seed in between, so this one samples anew.
    assert torch.equal(pictures(server, succeeded(server.run(demo)), LIDAR_SAVED), lidar)


def test_strength_zero_is_the_stock_sampler(server, demo):
    off = json.loads(json.dumps(demo))
    off[LIDAR]["inputs"]["strength"] = 0.0
    for sampler in (LIDAR, PLAIN):
        # A seed that no other test uses, or an old host would leave the cached pictures out of its history.
        off[sampler]["inputs"]["seed"] = 4242
    history = succeeded(server.run(off))
    assert torch.equal(pictures(server, history, LIDAR_SAVED), pictures(server, history, PLAIN_SAVED))


def test_an_unknown_word_is_refused_with_the_vocabulary(server, demo):
    wrong = json.loads(json.dumps(demo))
    wrong["2"]["inputs"]["text"] = "a pink elephant"
    history = server.run(wrong)
    assert history["status"]["status_str"] == "error"
    (error,) = [data for name, data in history["status"]["messages"] if name == "execution_error"]
    assert 'does not know the word "pink"' in error["exception_message"]
    assert "circles" in error["exception_message"]
