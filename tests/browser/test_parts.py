"""LiDAR Lookahead and LiDAR Guidance, two nodes of one pool, with a panel each; many samples; the light theme."""

import pytest

SAMPLES = 24

# The demo's own nodes, with LiDAR KSampler replaced by the nodes that it expands to.
TAKE_APART = """() => {
  const graph = app.rootGraph;
  const of = (type, title) => graph.nodes.find((node) => node.type === type && (!title || node.title === title));
  const whole = of("LiDARKSampler");
  const put = (type, x) => {
    const node = LiteGraph.createNode(type);
    // Before it is added: old front ends lay it out then and there.
    node.pos = [x, 0];
    graph.add(node);
    return node;
  };
  const [look, guide, sampler] = [put("LiDARLookahead", 690), put("LiDARGuidance", 1090), put("KSampler", 1440)];
  const wire = (from, output, to, input) => from.connect(from.findOutputSlot(output), to, to.findInputSlot(input));
  const loader = of("LiDARDemoLoader");
  const [positive, negative] = [of("CLIPTextEncode", "Prompt"), of("CLIPTextEncode", "Negative prompt (empty)")];
  const empty = of("EmptyLatentImage");
  for (const [node, input] of [[look, "model"], [guide, "model"]]) wire(loader, "model", node, input);
  for (const name of ["vae", "reward"]) wire(loader, name, look, name);
  for (const node of [look, sampler]) {
    wire(positive, "CONDITIONING", node, "positive");
    wire(negative, "CONDITIONING", node, "negative");
    wire(empty, "LATENT", node, "latent_image");
  }
  wire(of("LiDARLookaheadConfig"), "lookahead", look, "lookahead");
  wire(look, "pool", guide, "pool");
  wire(guide, "model", sampler, "model");
  wire(sampler, "LATENT", of("VAEDecode"), "samples");
  const set = (node, name, value) => (node.widgets.find((widget) => widget.name === name).value = value);
  set(of("LiDARLookaheadConfig"), "samples", SAMPLES);
  // The model lets samples of fewer steps lead nothing.
  set(of("LiDARLookaheadConfig"), "steps", 8);
  // ComfyUI before 0.19 does not send a cached lookahead to a page that has not seen it.
  set(of("LiDARLookaheadConfig"), "lookahead_seed", Date.now() % 1e6);
  set(sampler, "steps", 8);
  set(sampler, "cfg", 1.5);
  set(sampler, "seed", Date.now() % 1e6);
  graph.remove(whole);
  of("VAEDecode").pos = [1440, 400];
  of("SaveImage").pos = [1440, 500];
  app.canvas.ds.scale = 0.7;
  app.canvas.setDirty(true, true);
}"""


def take_apart(samples):
    return TAKE_APART.replace("SAMPLES", str(samples))


@pytest.fixture(scope="module", autouse=True)
def after_a_run(page, demo):
    page.load(demo)
    page.evaluate(take_apart(SAMPLES))
    page.run()
    page.picture("parts")
    yield
    page.set("Comfy.ColorPalette", "dark")


def titles(page, node_type):
    return [thumb.get_attribute("title") for thumb in page.panel(node_type).locator(".thumb").all()]


def test_both_panels_show_the_same_samples_and_who_leads(page):
    assert len(titles(page, "LiDARLookahead")) == SAMPLES
    assert titles(page, "LiDARLookahead") == titles(page, "LiDARGuidance")
    for node_type in ("LiDARLookahead", "LiDARGuidance"):
        panel = page.panel(node_type)
        assert panel.locator(".leads").count() >= 1
        assert panel.locator("svg").count() == 1
        assert panel.locator(".cost div").count() == 4


@pytest.mark.parametrize("node_type", ["LiDARLookahead", "LiDARGuidance"])
def test_a_new_node_is_wide_enough_for_its_panel(page, node_type):
    cut = (
        page.panel(node_type)
        .locator(".plan, .followed, .reward, .mark, figcaption, .cost, .cost div, .cost b, .cost span")
        .evaluate_all(
            "(parts) => parts.filter((part) => part.scrollWidth > part.clientWidth + 1 || "
            "part.scrollHeight > part.clientHeight + 1).map((part) => part.className + ': ' + part.textContent)"
        )
    )
    assert cut == []


def test_many_samples_scroll_inside_the_panel(page):
    thumbs = page.panel("LiDARLookahead").locator(".thumbs")
    assert thumbs.evaluate("(list) => list.scrollHeight > list.clientHeight")
    *_, bottom = page.node_box("LiDARLookahead")
    box = page.panel("LiDARLookahead").bounding_box()
    assert box["y"] + box["height"] <= bottom + 1
    last = page.panel("LiDARLookahead").locator(".thumb").last
    last.scroll_into_view_if_needed()
    assert last.is_visible()
    page.picture("parts_scrolled")


def test_a_samples_noise_goes_to_the_sampler_that_the_guidance_leads_to(page):
    thumb = page.panel("LiDARLookahead").locator(".thumb").first
    seed = int(thumb.get_attribute("title").split("seed ")[1])
    thumb.click(button="right")
    page.panel("LiDARLookahead").get_by_role("menuitem", name="Use this noise").click()
    assert page.widget_values("KSampler")[:2] == [seed, "fixed"]
    page.picture("parts_noise_used")


RATING = """() => {
  const graph = app.rootGraph;
  const look = graph.nodes.find(({ type }) => type === "LiDARLookahead");
  const learner = LiteGraph.createNode("LiDARRewardFromRatings");
  learner.pos = [690, 700];
  graph.add(learner);
  look.connect(look.findOutputSlot("images"), learner, learner.findInputSlot("images"));
}"""


def test_stars_are_saved_with_the_workflow_and_shown_when_it_is_opened_again(page):
    page.evaluate(RATING)
    page.page.wait_for_timeout(1000)
    panel = page.panel("LiDARLookahead")
    assert panel.locator(".thumb .stars").count() == SAMPLES
    # The first samples are in sight, whichever leads.
    panel.locator(".thumbs").evaluate("(list) => { list.scrollTop = 0; }")
    panel.locator(".thumb").nth(1).locator(".stars > *").nth(3).click()
    panel.locator(".thumb").nth(0).focus()
    page.page.keyboard.press("2")
    page.page.wait_for_timeout(600)
    assert page.widget_values("LiDARRewardFromRatings")[0] == "1: 2\n2: 4"
    page.picture("rated")
    saved = page.evaluate("() => app.rootGraph.serialize()")
    page.load(saved)
    stars = [thumb.locator(".stars .on").count() for thumb in panel.locator(".thumb").all()]
    assert stars == [2, 4] + [0] * (SAMPLES - 2)
    # The host receives them like any input.
    output = page.evaluate("async () => (await app.graphToPrompt()).output")
    (sent,) = [node["inputs"] for node in output.values() if node["class_type"] == "LiDARRewardFromRatings"]
    assert sent["ratings"] == "1: 2\n2: 4"
    page.evaluate(f"() => app.rootGraph.remove({page.node('LiDARRewardFromRatings')})")
    page.page.wait_for_timeout(600)
    assert panel.locator(".stars").count() == 0


def test_the_light_theme_is_followed(page):
    page.set("Comfy.ColorPalette", "light")
    page.picture("parts_light")
    colour = page.panel("LiDARLookahead").locator(".reward").first.evaluate("(text) => getComputedStyle(text).color")
    red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")[:3])
    assert max(red, green, blue) < 128
