"""The page in Chinese: what the server says is translated, in the error that the page shows and in the panel."""

import pytest
from playwright.sync_api import Error

# One picture against two.
UNEQUAL = """() => {
  const put = (type, batch) => {
    const node = LiteGraph.createNode(type);
    app.rootGraph.add(node);
    const size = node.widgets?.find((widget) => widget.name === "batch_size");
    if (size) size.value = batch;
    return node;
  };
  const vote = put("LiDARBlindVote");
  [1, 2].forEach((batch, slot) => put("EmptyImage", batch).connect(0, vote, slot));
}"""


@pytest.fixture(scope="module")
def chinese(page):
    def speak(language):
        page.set("Comfy.Locale", language)
        page.page.wait_for_timeout(500)
        page.page.reload()
        page.ready()
        page.page.keyboard.press("Escape")

    speak("zh")
    yield page
    speak("en")


def test_an_error_of_the_server_is_shown_in_the_pages_language(chinese):
    page = chinese
    page.do("Comfy.NewBlankWorkflow")
    page.evaluate(UNEQUAL)
    with pytest.raises(Error):
        page.run()
    # See details: the page's list of errors.
    page.page.get_by_role("button", name="\u67e5\u770b\u8be6\u60c5").click()
    page.page.wait_for_timeout(1500)
    page.picture("error_in_chinese")
    shown = page.page.locator("body").inner_text()
    assert "\u201c\u7b2c\u4e00\u7ec4\u201d\u6709 1 \u5f20\u56fe\u50cf" in shown


def test_the_panel_says_in_the_pages_language_why_nothing_is_guided(chinese, demo):
    page = chinese
    page.load(demo)
    for node_type, name, value in (("LiDARKSampler", "strength", 0), ("LiDARKSampler", "steps", 2)):
        page.evaluate(f"() => {{ {page.node(node_type)}.widgets.find((it) => it.name === '{name}').value = {value}; }}")
    page.run()
    page.picture("panel_in_chinese")
    off = "\u5f3a\u5ea6\u4e3a 0\uff1a\u4e0e KSampler \u91c7\u6837\u5b8c\u5168\u76f8\u540c\u3002"
    assert page.panel().locator(".off").inner_text() == off


def test_a_nodes_help_is_in_the_pages_language_with_its_picture(chinese):
    page = chinese
    page.do("Comfy.NewBlankWorkflow")
    page.evaluate(
        """() => {
          const node = LiteGraph.createNode("LiDARKSampler");
          app.rootGraph.add(node);
          node.pos = [100, 200];
          app.canvas.selectItems([node]);
        }"""
    )
    page.page.locator('[data-testid="info-button"]').click()
    text = page.page.locator(".node-help-content")
    text.locator("h1", has_text="LiDAR K\u91c7\u6837\u5668").wait_for(timeout=10_000)
    page.page.wait_for_timeout(500)
    page.picture("help_in_chinese")
    assert text.locator("img").evaluate_all("(images) => images.map((image) => image.naturalWidth > 0)") == [True]
