"""Templates in ComfyUI's front end: what the demo compares after a run, and that one is opened without results."""

import json

import pytest

from ..host.conftest import ROOT

COMPARED = """(images) => Promise.all(images.map(async (image) => {
  await image.decode();
  const url = new URL(image.src);
  return [url.searchParams.get("filename").replace(/_.*/, ""), image.naturalWidth];
}))"""


def template(name):
    return json.loads((ROOT / "workflows" / f"{name}.json").read_text())


def test_the_demo_compares_plain_and_guided_pictures_and_opened_again_shows_no_results(page):
    page.load(template("lidar_demo"))
    for node_type, changed in (
        ("EmptyLatentImage", {"batch_size": 2}),
        ("LiDARLookaheadConfig", {"samples": 4, "steps": 4}),
    ):
        for name, value in changed.items():
            page.evaluate(
                f"() => {{ {page.node(node_type)}.widgets.find((it) => it.name === '{name}').value = {value}; }}"
            )
    page.run()
    assert page.panel().locator(".thumb").count() == 4
    page.page.wait_for_timeout(500)
    page.picture("template_demo_ran")
    compare = page.evaluate(f"() => {page.node('ImageCompare')}.widgets.find((it) => it.type === 'imagecompare').value")
    assert {side: len(images) for side, images in compare.items()} == {"beforeImages": 2, "afterImages": 2}
    if page.renderer == "nodes2":
        # The classic canvas says that the slider needs Nodes 2.0, and so does the template's note.
        number = page.evaluate(f"() => {page.node('ImageCompare')}.id")
        shown = page.page.locator(f'[data-node-id="{number}"] img').evaluate_all(COMPARED)
        assert sorted(shown) == [["comfy.compare.a", 128], ["comfy.compare.b", 128]]
    page.load(template("lidar_demo"))
    assert page.panel().locator(".thumb").count() == 0
    assert page.panel().locator(".summary").inner_text() == "the lookahead samples appear here after a run"
    page.picture("template_demo_again")
    assert page.errors == []


@pytest.mark.parametrize("path", sorted((ROOT / "workflows").glob("*.json")), ids=lambda path: path.stem)
def test_a_template_has_no_id_so_that_the_page_gives_each_opening_its_own(path):
    assert "id" not in json.loads(path.read_text())
