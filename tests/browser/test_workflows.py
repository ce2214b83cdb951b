"""Each shipped workflow opens with every node known, and with room for its panels in both renderers."""

import itertools
import json

import pytest

from ..host.conftest import ROOT

WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))

UNKNOWN = """() => {
  const unknown = [];
  const visit = (graph) => {
    for (const node of graph.nodes) {
      if (node.subgraph) visit(node.subgraph);
      else if (!node.isVirtualNode && !LiteGraph.registered_node_types[node.type]) unknown.push(node.type);
    }
  };
  visit(app.rootGraph);
  return unknown;
}"""
# The messages of a run of 16 samples.
FILL_THE_PANELS = """() => {
  const tell = (event, detail) => app.api.dispatchCustomEvent(event, { prompt_id: "a run", ...detail });
  const rewards = Array.from({ length: 16 }, (_, rank) => 3 - rank / 3);
  const pool = { rewards, seeds: rewards.map((_, rank) => rank) };
  const lookahead = {
    ...pool,
    thumbnails: rewards.map(() => ({ filename: "none.jpg", full: "none.jpg", subfolder: "", type: "temp" })),
    model_calls: 128,
    seconds: { lookahead: 9, decoding: 2, scoring: 1, measuring: 1 },
  };
  const run = {
    ...pool,
    share: rewards.map((_, rank) => (rank ? 0 : 1)),
    step: [1, 2, 3],
    pull: [[0.5], [0.2], [0.1]],
    samples: [[2], [1], [1]],
    steps: 3,
    model_calls: 3,
    seconds: { sampling: 9 },
  };
  for (const node of app.rootGraph.nodes) {
    const id = String(node.id);
    if (["LiDARKSampler", "LiDARLookahead"].includes(node.type)) {
      tell("executed", { node: id, display_node: id, output: { lidar_lookahead: [lookahead] } });
    }
    if (["LiDARKSampler", "LiDARLookahead", "LiDARGuidance"].includes(node.type)) {
      tell("lidar.run", { node: id, workflow: app.rootGraph.id, ...run });
    }
  }
}"""


@pytest.fixture
def opened(page, path):
    page.page.set_viewport_size({"width": 2600, "height": 1800})
    workflow = json.loads(path.read_text())
    page.load(workflow)
    yield workflow
    page.page.set_viewport_size({"width": 1600, "height": 1000})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_opens_with_room_for_every_node_and_its_panel(page, pictures, opened, path):
    assert page.evaluate(UNKNOWN) == []
    assert page.evaluate("() => app.rootGraph.nodes.length") == len(opened["nodes"])
    page.frame()
    page.picture(f"workflow_{path.stem}")

    page.evaluate(FILL_THE_PANELS)
    page.frame()
    page.picture(f"workflow_{path.stem}_filled")
    boxes = page.boxes()
    for (one, box), (other, next_box) in itertools.combinations(boxes.items(), 2):
        assert not overlap(box, next_box), f"node {one} covers node {other}"
    for group, node in itertools.product(opened["groups"], opened["nodes"]):
        left, top, width, height = group["bounding"]
        whole = [left, top, left + width, top + height]
        assert inside(boxes[node["id"]], whole) or not overlap(boxes[node["id"]], whole), (
            f"{node['type']} sticks out of the group {group['title']}"
        )


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def inside(box, whole):
    return whole[0] <= box[0] and whole[1] <= box[1] and box[2] <= whole[2] and box[3] <= whole[3]
