"""Each shipped workflow opens with every node known, and each node's help opens in the page with its pictures."""

import json

import pytest

from ..host.conftest import ROOT

WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))
PAGES = sorted(path.stem for path in (ROOT / "web" / "docs").glob("*.md"))

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


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_node_of_a_workflow_is_known(page, path):
    workflow = json.loads(path.read_text())
    page.load(workflow)
    assert page.evaluate(UNKNOWN) == []
    assert page.evaluate("() => app.rootGraph.nodes.length") == len(workflow["nodes"])
    page.picture(f"workflow_{path.stem}")


@pytest.mark.parametrize("node_type", PAGES)
def test_a_nodes_help_opens_with_its_pictures(page, node_type):
    page.evaluate(
        """(type) => {
          app.rootGraph.clear();
          const node = LiteGraph.createNode(type);
          app.rootGraph.add(node);
          node.pos = [100, 200];
          app.canvas.selectItems([node]);
        }""",
        node_type,
    )
    page.page.locator('[data-testid="info-button"]').click()
    text = page.page.locator(".node-help-content")
    heading = text.locator("h1", has_text="LiDAR")
    heading.wait_for(timeout=10_000)
    written = (ROOT / "web" / "docs" / f"{node_type}.md").read_text()
    assert heading.first.inner_text() == written.splitlines()[0].removeprefix("# ")
    page.page.wait_for_timeout(300)
    images = text.locator("img").evaluate_all("(images) => images.map((image) => image.naturalWidth > 0)")
    assert images == [True] * written.count("![")
    if images:
        page.picture(f"help_{node_type}")
