"""The panel in a real browser without a ComfyUI: what it makes of a run's numbers, on a node that only holds it."""

import functools
import http.server
import threading

import pytest

from ..host.conftest import ROOT

REWARDS = [2.4999, 1.5, -0.00001234, -7.561]
SEEDS = [11, 4294967295, 13, 14]
STEPS = 5
# As the nodes send it: the second sample pulled in three of four evaluations; the first step was the pool's alone.
RESULTS = {
    "lookahead": {
        "rewards": REWARDS,
        "seeds": SEEDS,
        "scores": {"fit": REWARDS, "sharpness": [1, 2, 3, 4]},
        "thumbnails": ["docs/LiDARKSampler.png", "gone.png", "docs/LiDARLookahead.png", "docs/LiDARKSampler.png"],
        "prompt": "two red circles",
        "evaluations": 32,
        "seconds": {"lookahead": 12.34, "decoding": 0.51, "scoring": 3.0},
    },
    "run": {
        "rewards": REWARDS,
        "seeds": SEEDS,
        "share": [0.25, 0.75, 0, 0],
        "step": [1, 2, 3, 4],
        "steps": STEPS,
        "pull": [[None, None, None], [0.1, 0.2, 0.4], [0.05, 0.06, 0.09], [0, 0, 0]],
        "samples": [[1, 1, 1], [1, 1.5, 2], [2, 2.5, 3], [3, 3.5, 4]],
        "evaluations": 8,
        "seconds": {"sampling": 6.0},
    },
}
OPEN = """async ([results, properties]) => {
  const { Panel } = await import("/panel.js");
  document.body.replaceChildren();
  document.body.style.cssText = "margin: 0; width: 400px; height: 420px";
  const node = {
    comfyClass: "LiDARKSampler", type: "LiDARKSampler", title: "Mine", properties, size: [400, 420],
    addDOMWidget: (name, type, host) => (document.body.append(host), {}),
    computeSize: () => [400, 60], setSize: (size) => (node.size = size), setDirtyCanvas: () => {},
    widgets: [{ name: "seed", value: 5 }, { name: "control_after_generate", value: "randomize" }],
  };
  window.node = node;
  window.said = [];
  const page = { pictureUrl: (file) => "/" + file, say: (...words) => window.said.push(words) };
  window.panel = new Panel(node, page);
  window.panel.restore(results);
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def tab(browser):
    handler = functools.partial(Quiet, directory=ROOT / "web")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        session = browser.new_context(viewport={"width": 400, "height": 420})
        opened = session.new_page()
        opened.goto(f"http://127.0.0.1:{files.server_address[1]}/")
        yield opened
        session.close()
        files.shutdown()


@pytest.fixture
def show(tab):
    def show(results, properties=None):
        tab.evaluate(OPEN, [results, properties or {}])
        return tab

    return show


def texts(tab, part):
    return tab.locator(part).all_inner_texts()


def test_before_a_run_it_says_what_will_be_there(show):
    tab = show({})
    assert texts(tab, ".summary") == ["the lookahead appears here after a run"]
    assert tab.locator(".thumb, svg, .cost").count() == 0


def test_samples_come_in_their_order_with_who_pulled_and_what_is_known_of_each(show):
    tab = show(RESULTS)
    assert texts(tab, ".reward") == ["2.5", "1.5", "-1.2e-5", "-7.56"]
    assert texts(tab, ".share") == ["25%", "75%"]
    assert texts(tab, ".summary") == ["4 samples, best 2.5, mean -0.89"]
    assert tab.locator(".thumb").nth(1).get_attribute("title").split("\n") == [
        "#2: reward 1.5",
        "fit 1.5",
        "sharpness 2",
        "pulled hardest in 75% of the guided evaluations",
        f"seed {SEEDS[1]}",
    ]


def test_a_picture_that_the_host_no_longer_has_gives_way_to_its_rank(show):
    tab = show(RESULTS)
    tab.locator(".frame.bare").wait_for()
    ranks = tab.locator(".frame.bare").evaluate_all("(frames) => frames.map((frame) => frame.dataset.rank)")
    assert ranks == ["#2"]
    assert tab.locator(".frame img").count() == 3


def test_the_plots_stay_in_their_boxes_and_shade_the_steps_without_a_pull(show):
    tab = show(RESULTS)
    pull, samples = (
        [tuple(map(float, point.split(","))) for point in line.get_attribute("points").split()]
        for line in tab.locator(".mean").all()
    )
    assert [x for x, _ in samples] == [0, 37.5, 75, 112.5]
    assert [x for x, _ in pull] == [37.5, 75, 112.5]
    assert all(0 <= y <= 44 for _, y in pull + samples)
    shaded = tab.locator(".alone")
    assert [float(shaded.get_attribute(name)) for name in ("x", "width")] == [0, 37.5]
    assert texts(tab, "figcaption") == ["pull\nup to 40%", "samples that pull\nof 4"]


def test_the_costs_are_told_and_a_reused_lookahead_says_so(show):
    assert texts(show(RESULTS), ".cost div") == [
        "Lookahead\n12 s\n32 evals",
        "Decoding\n0.5 s",
        "Scoring\n3.0 s",
        "Sampling\n6.0 s\n8 evals",
    ]
    reused = {**RESULTS, "lookahead": {**RESULTS["lookahead"], "reused": True}}
    assert texts(show(reused), ".cost div")[0] == "Lookahead\n12 s\nreused"


def test_a_guidance_that_does_nothing_says_why(show):
    tab = show({"off": "The strength is 0."})
    assert texts(tab, ".off") == ["The strength is 0."]


def test_it_folds_and_the_workflow_remembers(show):
    tab = show(RESULTS)
    tab.locator(".head").click()
    assert tab.locator(".thumb").count() == 0
    properties = tab.evaluate("() => window.node.properties")
    assert show(RESULTS, properties).locator(".thumb").count() == 0
    tab.locator(".head").click()
    assert tab.locator(".thumb").count() == 4
    assert tab.evaluate("() => window.node.properties") == {}


def test_a_sample_opens_large_and_the_keys_lead_round(show):
    tab = show(RESULTS)
    tab.locator(".thumb").first.click()
    facts = tab.locator("dialog .facts")
    assert "Scored for: two red circles" in facts.inner_text()
    assert facts.inner_text().startswith("#1: reward 2.5")
    tab.keyboard.press("ArrowLeft")
    assert facts.inner_text().startswith("#4: reward -7.56")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    assert facts.inner_text().startswith("#2: reward 1.5")
    tab.keyboard.press("Escape")
    assert not tab.locator("dialog").is_visible()


def test_a_samples_noise_goes_to_the_sampler(show):
    tab = show(RESULTS)
    tab.locator(".thumb").nth(2).click(button="right", delay=150)
    tab.get_by_role("menuitem", name="Use this noise").click()
    assert tab.evaluate("() => window.node.widgets.map((widget) => widget.value)") == [13, "fixed"]
    assert tab.evaluate("() => window.said") == [
        ["success", "Noise set", "Mine starts its first picture from this sample's noise: seed 13, fixed."]
    ]


def test_the_menu_closes_on_a_click_elsewhere_and_on_escape(show):
    tab = show(RESULTS)
    menu, thumb = tab.locator(".menu"), tab.locator(".thumb").nth(2)
    thumb.click(button="right", delay=150)
    assert menu.is_visible()
    tab.locator(".summary").dispatch_event("pointerdown")
    assert not menu.is_visible()
    thumb.click(button="right", delay=150)
    tab.keyboard.press("Escape")
    assert not menu.is_visible()


def test_nothing_is_cut_off_at_the_width_of_a_node(show):
    tab = show(RESULTS)
    cut = tab.locator(".thumb, .reward, figcaption, .cost div, .cost b, .cost span").evaluate_all(
        "(parts) => parts.filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.className)"
    )
    assert cut == []


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-12345.678, "-12300"),
        (1234567, "1.2e+6"),
        (-0.00001234, "-1.2e-5"),
        (2.4999, "2.5"),
        (-7.561, "-7.56"),
    ],
)
def test_long_rewards_are_written_short(tab, number, text):
    assert tab.evaluate("async (number) => (await import('/numbers.js')).short(number)", number) == text
