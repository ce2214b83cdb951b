"""Each node's help opens in the page with its picture."""

import pytest

from ..host.conftest import ROOT

PAGES = sorted(path.stem for path in (ROOT / "web" / "docs").glob("*.md"))


@pytest.mark.parametrize("node_type", PAGES)
def test_a_nodes_help_opens_with_its_picture(page, node_type):
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
    assert images == [True] * written.count("![") == [True]
    page.picture(f"help_{node_type}")
