"""The panel in a real browser without a ComfyUI: what it makes of a run's numbers, on a node that only holds it."""

import base64
import functools
import http.server
import io
import math
import struct
import threading
import wave

import pytest

from ..host.conftest import ROOT

REWARDS = [2.4999, 1.5, -0.00001234, -7.561]
SEEDS = [11, 4294967295, 13, 14]
STEPS = 5
# As the nodes send it: two of three pictures followed the second sample; the first step was the pool's alone.
RESULTS = {
    "lookahead": {
        "rewards": REWARDS,
        "seeds": SEEDS,
        "scores": {"fit": REWARDS, "sharpness": [1, 2, 3, 4]},
        "thumbnails": [
            {"filename": name, "full": name}
            for name in ("docs/LiDARKSampler.png", "gone.png", "docs/LiDARLookahead.png", "docs/LiDARKSampler.png")
        ],
        "prompt": "two red circles",
        "model_calls": 32,
        "seconds": {"lookahead": 10.34, "decoding": 0.51, "scoring": 3.0, "measuring": 2.0},
    },
    "run": {
        "rewards": REWARDS,
        "seeds": SEEDS,
        "share": [0.25, 0.75, 0, 0],
        "followed": [1, 0, 1],
        "led": 2,
        "step": [1, 2, 3, 4],
        "steps": STEPS,
        "pull": [[None, None, None], [0.1, 0.2, 0.4], [0.05, 0.06, 0.09], [0, 0, 0]],
        "samples": [[1, 1, 1], [1, 1.5, 2], [2, 2.5, 3], [3, 3.5, 4]],
        "model_calls": 9,
        "seconds": {"sampling": 6.0},
    },
}
# The page's colours in its dark and its light theme.
THEMES = {
    "dark": {
        "--input-text": "#ddd",
        "--comfy-menu-bg": "#353535",
        "--descrip-text": "#999",
        "--border-color": "#4e4e4e",
    },
    "light": {"--input-text": "#222", "--comfy-menu-bg": "#f5f5f5", "--descrip-text": "#444", "--border-color": "#888"},
}
OPEN = """async ([results, { width = 330, height = 620, language = "en", theme = {}, properties = {}, ...node }]) => {
  const { Panel } = await import("/panel.js");
  const { wordsOf } = await import("/words.js");
  document.body.replaceChildren();
  document.body.style.cssText = `margin: 0; width: ${width}px; height: ${height}px`;
  for (const name of [...document.documentElement.style]) document.documentElement.style.removeProperty(name);
  for (const [name, value] of Object.entries(theme)) document.documentElement.style.setProperty(name, value);
  window.node = {
    comfyClass: "LiDARKSampler", type: "LiDARKSampler", title: "Mine", graph: {}, properties, size: [width, height],
    addDOMWidget: (name, type, host) => (document.body.append(host), {}),
    computeSize: () => [width, 60], setSize: (size) => (window.node.size = size), setDirtyCanvas: () => {},
    widgets: Object.entries(
      { seed: 5, control_after_generate: "randomize", steps: 5, cfg: 7, strength: 2, start: "fresh noise", follow: "" }
    ).map(([name, value]) => ({ name, value })),
    ...node,
  };
  window.set = (name, value) => {
    window.node.widgets.find((widget) => widget.name === name).value = value;
    window.panel.drawPlan();
  };
  window.said = [];
  window.panel = new Panel(window.node, {
    // "1024x512" is a picture of that size.
    pictureUrl: ({ filename }) => {
      if (filename.startsWith("data:")) return filename;
      const [width, height] = filename.split("x");
      if (!(width > 0 && height > 0)) return "/" + filename;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
        '<rect width="100%" height="100%" fill="teal"/></svg>';
      return "data:image/svg+xml," + encodeURIComponent(svg);
    },
    say: (...words) => window.said.push(words),
    words: wordsOf(language),
    defaults: () => ({ samples: 16, steps: 8 }),
    choose: () => window.panel.drawPlan(),
  });
  window.panel.restore(results);
  await new Promise((resolve) => setTimeout(resolve, 100));
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def tab(browser):
    handler = functools.partial(Quiet, directory=ROOT / "web")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        session = browser.new_context(viewport={"width": 1300, "height": 900})
        opened = session.new_page()
        opened.goto(f"http://127.0.0.1:{files.server_address[1]}/")
        yield opened
        session.close()
        files.shutdown()


@pytest.fixture
def show(tab, pictures, request):
    def show(results, **options):
        tab.evaluate(OPEN, [results, options])
        tab.screenshot(path=pictures / f"alone_{request.node.name}.png")
        return tab

    return show


def texts(tab, part):
    return tab.locator(part).all_inner_texts()


def pool(count, **run):
    """Results of a pool of `count` samples, whose pictures are square unless `size` says otherwise."""
    size = run.pop("size", "256x256")
    rewards = [round(5 - 9 * rank / count, 4) for rank in range(count)]
    known = {"rewards": rewards, "seeds": list(range(count))}
    seconds = {"lookahead": 8, "decoding": 2, "scoring": 1, "measuring": 1}
    lookahead = {
        **known,
        "thumbnails": [{"filename": size, "full": size}] * count,
        "model_calls": 8 * count,
        "seconds": seconds,
    }
    share = [float(rank in run.get("followed", [0])) for rank in range(count)]
    return {"lookahead": lookahead, "run": {**RESULTS["run"], **known, "share": share, "followed": [0], **run}}


def test_before_a_run_it_says_what_will_be_there(show):
    tab = show({})
    assert texts(tab, ".summary") == ["the lookahead samples appear here after a run"]
    assert tab.locator(".thumb, svg, .cost").count() == 0


def test_the_cost_of_the_next_run_follows_the_inputs(show):
    tab = show({})
    assert texts(tab, ".plan") == [
        "Lookahead: 16 x 8 steps + 16 = 144 model calls, about 27 pictures' worth, then up to 5 steps a picture."
    ]
    tab.evaluate("() => window.set('steps', 20)")
    assert "about 6.8 pictures' worth, then up to 20 steps a picture." in texts(tab, ".plan")[0]
    # Without the second half of cfg, a picture costs half of what it did; drawing the lookahead does too.
    tab.evaluate("() => window.set('cfg', 1)")
    assert "about 7.2 pictures' worth" in texts(tab, ".plan")[0]
    tab.evaluate("() => window.set('strength', 0)")
    assert texts(tab, ".plan") == ["Strength 0: exactly KSampler, 20 steps a picture. Nothing looks ahead."]
    # The noise of the best sample has to be looked for.
    tab.evaluate("() => window.set('start', 'best lookahead noise')")
    assert "144 model calls" in texts(tab, ".plan")[0]


WIRED = """(other) => {
  const widgets = Object.entries({ samples: 32, steps: 4, cfg: 1 }).map(([name, value]) => ({ name, value }));
  const inputs = [{ name: "model" }, { name: "sigmas" }, { name: "samples", widget: { name: "samples" } }];
  const config = {
    type: "LiDARLookaheadConfig", widgets, inputs, isInputConnected: (slot) => inputs[slot].name === other,
    getInputNode: () => ({ type: "Other" }),
  };
  Object.assign(window.node, {
    inputs: [{ name: "lookahead" }], isInputConnected: () => true, getInputNode: () => config,
  });
  window.set("steps", 20);
}"""


def test_a_wired_config_tells_the_cost(show):
    tab = show({})
    tab.evaluate(WIRED, None)
    # cfg 1 makes a lookahead's call half as dear as the picture's.
    assert "32 x 4 steps + 16 = 144 model calls, about 3.6 pictures' worth," in texts(tab, ".plan")[0]
    tab.evaluate(WIRED, "model")
    assert texts(tab, ".plan") == ["Lookahead: 32 x 4 steps + 16 = 144 model calls, then up to 20 steps a picture."]
    # What is wired to an input is not known before the run.
    for other in ("samples", "sigmas"):
        tab.evaluate(WIRED, other)
        assert texts(tab, ".plan") == [""]


def test_after_a_run_the_plan_knows_how_many_steps_called_the_model(show):
    tab = show(RESULTS)
    assert texts(tab, ".plan")[0].endswith(", then 3 of 5 steps a picture.")
    tab.evaluate("() => window.set('steps', 6)")
    assert texts(tab, ".plan")[0].endswith(", then up to 6 steps a picture.")


def test_samples_come_in_their_order_with_who_followed_them_and_what_is_known_of_each(show):
    tab = show(RESULTS)
    assert texts(tab, ".reward") == ["2.5", "1.5", "0.0", "-7.6"]
    assert texts(tab, ".mark") == ["by 2", "by 1, 3"]
    assert texts(tab, ".summary") == ["4 samples, best 2.5, mean -0.9"]
    assert tab.locator(".thumb").nth(1).get_attribute("title").split("\n") == [
        "#2: reward 1.5",
        "fit 1.5",
        "sharpness 2.00",
        "led 75% of the guided steps",
        f"seed {SEEDS[1]}",
    ]


def test_it_says_which_sample_each_picture_followed(show):
    assert texts(show(RESULTS), ".followed") == [
        "The samples led to step 2 of 5, then the model. Picture 2 followed sample 1. Pictures 1, 3 followed sample 2. "
        "On average 2.1 samples shared the lead."
    ]
    assert " Your picture followed sample 4. " in texts(show(pool(8, followed=[3])), ".followed")[0]
    assert texts(show(pool(8, followed=[3], led=0)), ".followed")[0].startswith("Your picture followed sample 4. ")
    assert " All 2 pictures followed sample 4. " in texts(show(pool(8, followed=[3, 3])), ".followed")[0]
    assert texts(show(pool(8, followed=[3, 3])), ".mark") == ["followed"]


def test_it_says_how_far_the_samples_led(show):
    tab = show(pool(8, led=2, handover=0.5612))
    assert texts(tab, ".followed")[0].startswith("The samples led to step 2 of 5, then the model. Your picture")
    assert tab.locator(".followed").get_attribute("title").endswith("a noise-to-signal ratio of 0.56.")
    assert texts(show(pool(8, led=5)), ".followed")[0].startswith("The samples led every step. ")
    tab = show(pool(8, too_rough=True, followed=[], step=[], pull=[], samples=[]))
    assert texts(tab, ".followed")[0].startswith("The model disagrees with the samples even about the layout")
    assert tab.locator(".followed").evaluate("(part) => part.scrollHeight <= part.clientHeight")


def test_the_pictures_own_rewards_stand_beside_the_samples(show):
    own = {"scores": [0.5, 3.25, None], "kept": [1, 0], "comparable": True}
    tab = show({**RESULTS, "own": own})
    sentences = texts(tab, ".followed")[0]
    assert sentences.startswith("Your pictures' rewards: 3.3, 0.5; the lookahead samples' -0.9 on average, 2.5 at best")
    # The best picture comes first: it was the second of the batch.
    assert "Picture 1 followed sample 1. Picture 2 followed sample 2." in sentences
    assert texts(tab, ".mark") == ["by 1", "by 2"]
    mixed = show({**RESULTS, "own": {**own, "comparable": False}})
    assert texts(mixed, ".followed")[0].startswith("Your pictures' rewards: 3.25, 0.50. ")
    many = {"scores": [1.0] * 3 + [2.0] * 3, "kept": list(range(6)), "comparable": True}
    assert texts(show({"off": "Off.", "own": many}), ".followed") == ["Your pictures' rewards: 1.50 on average."]


def test_the_followed_sample_is_scrolled_into_view(show):
    tab = show(pool(400, followed=[250]))
    inside = """(thumb) => {
      const [own, list] = [thumb, thumb.parentElement].map((part) => part.getBoundingClientRect());
      return own.top >= list.top - 1 && own.bottom <= list.bottom + 1;
    }"""
    assert tab.locator(".thumb.leads").evaluate(inside)
    assert not tab.locator(".thumb").first.evaluate(inside)


def test_the_bars_show_where_a_reward_lies_in_the_pools_spread(tab):
    rewards = [3, 1, 1, 1, 1, 1, 1, 1, 1, -7]
    middle = sum(rewards) / len(rewards)
    deviation = (sum((reward - middle) ** 2 for reward in rewards) / len(rewards)) ** 0.5
    widths = tab.evaluate("async (rewards) => (await import('/samples.js')).bars(rewards)", rewards)
    expected = [0.5 + (reward - middle) / (4 * deviation) for reward in rewards]
    assert widths == pytest.approx([min(1, max(0.04, width)) for width in expected])
    assert widths[-1] == 0.04
    assert tab.evaluate("async () => (await import('/samples.js')).bars([2, 2])") == [0.5, 0.5]


def test_a_picture_that_the_host_no_longer_has_gives_way_to_its_rank(show):
    tab = show(RESULTS)
    tab.locator(".frame.bare").wait_for()
    ranks = tab.locator(".frame.bare").evaluate_all("(frames) => frames.map((frame) => frame.dataset.rank)")
    assert ranks == ["#2"]
    assert tab.locator(".frame img").count() == 3


@pytest.mark.parametrize("count", [3, 16, 64, 400])
@pytest.mark.parametrize("size", ["256x256", "256x144", "144x256"])
def test_thumbnails_use_the_room_that_there_is(show, count, size):
    def measure(**room):
        tab = show(pool(count, size=size), **room)
        tab.wait_for_timeout(200)
        return tab.locator(".thumbs").evaluate(
            """(list) => {
              const frame = list.querySelector(".frame").getBoundingClientRect();
              return [frame.width, frame.width / frame.height, list.scrollHeight > list.clientHeight + 1];
            }"""
        )

    small, shape, scrolls = measure()
    large, *_ = measure(width=800, height=880)
    width, height = (int(side) for side in size.split("x"))
    assert shape == pytest.approx(width / height, rel=0.05)
    assert small >= 55
    assert large > small or count >= 64
    assert scrolls == (count > 16 or (count == 16 and size != "256x144"))


def test_the_plot_stays_in_its_box_and_shades_the_steps_that_skipped_the_model(show):
    tab = show(RESULTS)
    (change,) = (
        [tuple(map(float, point.split(","))) for point in line.get_attribute("points").split()]
        for line in tab.locator(".mean").all()
    )
    assert [x for x, _ in change] == [75, 150, 225]
    assert all(0 <= y <= 44 for _, y in change)
    shaded = tab.locator(".alone")
    assert [float(shaded.get_attribute(name)) for name in ("x", "width")] == [0, 75]
    assert texts(tab, "figcaption") == ["How much LiDAR changed each step"]


def test_the_costs_are_told_and_a_reused_lookahead_shows_no_seconds(show):
    assert texts(show(RESULTS), ".cost div") == [
        "Lookahead\n12 s\n32 model calls",
        "Decoding\n0.5 s",
        "Scoring\n3.0 s",
        "Sampling\n6.0 s\n9 model calls",
    ]
    reused = {**RESULTS, "lookahead": {**RESULTS["lookahead"], "reused": True}}
    assert texts(show(reused), ".cost div") == [
        "Lookahead\nreused",
        "Decoding\nreused",
        "Scoring\nreused",
        "Sampling\n6.0 s\n9 model calls",
    ]


def test_during_a_new_lookahead_the_old_samples_are_seen_to_be_old(show, pictures):
    tab = show(RESULTS)

    def looks():
        script = "(part) => [getComputedStyle(part).opacity, getComputedStyle(part.parentElement, '::after').content]"
        return tab.locator(".thumbs").evaluate(script)

    fresh = looks()
    assert fresh == ["1", "none"]
    for phase in ("lookahead", "decoding", "scoring", "measuring"):
        tab.evaluate("(phase) => window.panel.begin(phase)", phase)
        assert looks() == ["0.35", '"From the run before"']
    tab.screenshot(path=pictures / "alone_old_samples.png")
    # The sampling is of these samples, but which of them it follows is not known yet.
    tab.evaluate("() => window.panel.begin('sampling')")
    assert looks() == fresh
    assert tab.locator(".followed").evaluate("(part) => getComputedStyle(part).opacity") == "0.35"
    tab.evaluate("() => window.panel.end()")
    assert looks() == fresh
    assert tab.locator(".followed").evaluate("(part) => getComputedStyle(part).opacity") == "1"


def test_time_left_is_told_once_the_run_has_shown_its_pace(show):
    tab = show({})
    tab.evaluate("() => { window.panel.begin('lookahead'); window.panel.advance(0.1); }")
    assert texts(tab, ".summary") == ["Looking ahead\u2026 10%"]
    # Ten seconds for a quarter of the bar: half of it is left.
    tab.evaluate("() => { window.panel.started = performance.now() - 10000; window.panel.advance(0.35); }")
    assert texts(tab, ".summary") == ["Looking ahead\u2026 35%, about 26 s left"]
    tab.evaluate("() => window.panel.end()")
    assert texts(tab, ".summary") == ["the lookahead samples appear here after a run"]


def test_a_guidance_that_does_nothing_says_why(show):
    tab = show({"off": "The strength is 0."})
    assert texts(tab, ".off") == ["The strength is 0."]


def test_it_folds_and_the_workflow_remembers(show):
    tab = show(RESULTS)
    tab.locator(".head").click()
    assert tab.locator(".thumb").count() == 0
    properties = tab.evaluate("() => window.node.properties")
    assert show(RESULTS, properties=properties).locator(".thumb").count() == 0
    tab.locator(".head").click()
    assert tab.locator(".thumb").count() == len(REWARDS)
    assert tab.evaluate("() => window.node.properties") == {}


def test_a_sample_opens_large_and_the_keys_lead_round(show):
    tab = show(RESULTS)
    tab.locator(".thumb").first.click()
    facts = tab.locator("dialog .facts")
    assert "Scored for: two red circles" in facts.inner_text()
    assert facts.inner_text().startswith("#1: reward 2.5")
    tab.keyboard.press("ArrowLeft")
    assert facts.inner_text().startswith("#4: reward -7.6")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    assert facts.inner_text().startswith("#2: reward 1.5")
    tab.keyboard.press("Escape")
    assert not tab.locator("dialog").is_visible()


@pytest.mark.parametrize(("size", "shown"), [("400x300", (400, 300)), ("64x64", (64, 64)), ("3000x1500", (1191, 596))])
def test_the_large_view_shows_a_sample_at_its_own_size_where_it_fits(show, pictures, size, shown):
    results = pool(3)
    results["lookahead"]["thumbnails"] = [{"filename": "32x32", "full": size}] * 3
    tab = show(results)
    tab.locator(".thumb").first.click()
    tab.wait_for_timeout(100)
    tab.screenshot(path=pictures / f"alone_large_{size}.png")
    box = tab.locator("dialog img").bounding_box()
    assert (box["width"], box["height"]) == pytest.approx(shown, abs=8)


def tone(seconds):
    """A WAV file of a tone, as an address."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        samples = [round(8000 * math.sin(0.3 * index)) for index in range(round(8000 * seconds))]
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return "data:audio/wav;base64," + base64.b64encode(file.getvalue()).decode()


def songs(seconds, count=3):
    results = pool(count)
    results["lookahead"]["thumbnails"] = [
        {"filename": "256x128", "full": "256x128", "sound": tone(seconds + rank)} for rank in range(count)
    ]
    return results


def test_a_sound_is_played_to_its_end_by_the_keyboard(show):
    tab = show(songs(0.6))
    playing = tab.locator(".frame.playing")
    tab.locator(".thumb").first.focus()
    tab.keyboard.press("Space")
    assert playing.count() == 1
    assert not tab.locator("dialog").is_visible()
    tab.wait_for_timeout(200)
    assert playing.count() == 1
    # Only a sound that is really played comes to its end.
    playing.wait_for(state="detached", timeout=5000)
    tab.keyboard.press("Enter")
    assert tab.locator("dialog").is_visible()


def test_one_sound_plays_at_a_time_and_its_button_stops_it(show):
    tab = show(songs(30))
    buttons = tab.get_by_title("Play or stop (Space)")
    ranks = "frames => frames.map(frame => frame.dataset.rank)"
    buttons.nth(0).click()
    buttons.nth(2).click()
    assert tab.locator(".frame.playing").evaluate_all(ranks) == ["#3"]
    buttons.nth(2).click()
    assert tab.locator(".frame.playing").count() == 0
    assert not tab.locator("dialog").is_visible()
    buttons.nth(1).click()
    tab.locator(".thumb").nth(1).click(position={"x": 40, "y": 10})
    player = tab.locator("dialog audio")
    assert tab.locator(".frame.playing").count() == 0
    assert player.evaluate(
        "audio => new Promise(done => audio.readyState ? done(audio.duration) : "
        "(audio.onloadedmetadata = () => done(audio.duration)))"
    ) == pytest.approx(31, abs=0.1)


def test_a_film_plays_while_it_is_pointed_at_and_in_the_large_view(show):
    results = pool(3)
    entry = {"filename": "256x144", "full": "832x468", "film": "250x140"}
    results["lookahead"]["thumbnails"] = [entry] * 3
    tab = show(results)
    width = "image => new Promise(done => setTimeout(() => done(image.naturalWidth), 100))"
    image = tab.locator(".frame img").first
    assert image.evaluate(width) == 256
    tab.locator(".frame").first.hover()
    assert image.evaluate(width) == 250
    tab.mouse.move(0, 0)
    assert image.evaluate(width) == 256
    tab.locator(".thumb").first.click()
    assert tab.locator("dialog img").evaluate(width) == 250


def test_a_samples_noise_goes_to_the_sampler(show):
    tab = show(RESULTS)
    tab.locator(".thumb").nth(2).click(button="right", delay=150)
    tab.get_by_role("menuitem", name="Use this noise").click()
    values = "() => window.node.widgets.filter(({ name }) => /seed|control|start/.test(name)).map(({ value }) => value)"
    assert tab.evaluate(values) == [13, "fixed", "fresh noise"]
    assert tab.evaluate("() => window.said") == [
        [
            "success",
            "Noise set",
            "Mine starts its first picture from this sample's noise: seed 13, fixed. It may still follow another "
            "sample: choose Follow this one as well.",
        ]
    ]


FOLLOWED = "() => window.node.widgets.find(({ name }) => name === 'follow').value"


def test_a_click_makes_the_pictures_follow_a_sample_and_another_gives_the_choice_back(show, pictures):
    tab = show(RESULTS)
    assert tab.locator(".choice").count() == 0
    tab.locator(".thumb").nth(2).click()
    tab.get_by_role("button", name="Follow this one").click()
    assert tab.evaluate(FOLLOWED) == "13"
    assert "chosen" in tab.locator("dialog .facts").inner_text()
    tab.keyboard.press("Escape")
    tab.locator(".thumb").nth(0).click(button="right", delay=150)
    tab.get_by_role("menuitem", name="Follow this one too").click()
    assert tab.evaluate(FOLLOWED) == "13, 11"
    assert tab.locator(".choice span").inner_text() == "You chose samples 3, 1."
    assert [thumb.locator(".pick").count() for thumb in tab.locator(".thumb").all()] == [1, 0, 1, 0]
    tab.screenshot(path=pictures / "alone_chosen.png")
    assert tab.evaluate(CUT) == []
    tab.locator(".choice button").click()
    assert tab.evaluate(FOLLOWED) == ""
    assert tab.locator(".choice, .pick").count() == 0


def test_what_is_written_into_follow_is_shown(show):
    tab = show(RESULTS)
    tab.evaluate("() => window.set('follow', '#2, 99')")
    assert tab.locator(".choice span").inner_text() == "You chose sample 2."
    tab.locator(".thumb").nth(1).click(button="right", delay=150)
    tab.get_by_role("menuitem", name="Use this noise").click()
    assert tab.evaluate("() => window.said")[0][2].endswith("fixed. It follows this sample, as you chose.")


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


FOCUSED = "() => window.panel.host.shadowRoot.activeElement?.getAttribute('aria-label') ?? null"


def test_the_keyboard_reaches_every_sample_by_one_stop_of_tab(show):
    tab = show(pool(12, followed=[2]))
    tab.locator(".head").focus()
    tab.keyboard.press("Tab")
    # The followed sample is the stop at first.
    assert tab.evaluate(FOCUSED).startswith("Lookahead sample 3 of 12: #3: reward 3.50")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(FOCUSED).startswith("Lookahead sample 4 of 12")
    tab.keyboard.press("ArrowDown")
    columns = tab.evaluate("() => window.panel.samples.columns")
    assert tab.evaluate(FOCUSED).startswith(f"Lookahead sample {4 + columns} of 12")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowLeft")
    assert tab.evaluate(FOCUSED).startswith("Lookahead sample 1 of 12")
    tab.keyboard.press("End")
    assert tab.evaluate(FOCUSED).startswith("Lookahead sample 12 of 12")
    tab.keyboard.press("Tab")
    assert not (tab.evaluate(FOCUSED) or "").startswith("Lookahead sample")


def test_focus_returns_from_the_large_view_to_the_sample_that_was_seen_last(show):
    tab = show(pool(12))
    tab.locator(".thumb").first.focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Escape")
    assert tab.evaluate(FOCUSED).startswith("Lookahead sample 2 of 12")


def test_dialogs_menus_and_pictures_have_names(show):
    tab = show(RESULTS)
    assert tab.get_by_role("toolbar", name="Lookahead samples, best first").count() == 1
    assert tab.locator(".thumb img").first.get_attribute("alt") == "Lookahead sample 1 of 4"
    assert tab.get_by_role("img", name="How much LiDAR changed each step").count() == 1
    tab.locator(".thumb").first.click()
    assert tab.get_by_role("dialog", name="Lookahead sample 1 of 4").count() == 1
    assert tab.locator("dialog img").get_attribute("alt") == "Lookahead sample 1 of 4: two red circles"
    tab.keyboard.press("Escape")
    tab.locator(".thumb").first.click(button="right", delay=150)
    assert tab.get_by_role("menu", name="What to do with this sample").count() == 1


# The size and the contrast of every piece of text against the nearest opaque ground.
LEGIBILITY = """() => {
  const channels = (colour) => {
    const numbers = colour.match(/[\\d.e-]+/g).map(Number);
    return colour.startsWith("color(") ? numbers.map((number, at) => (at < 3 ? number * 255 : number)) : numbers;
  };
  const luminance = (colour) => {
    const linear = (part) => (part <= 0.04045 * 255 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    const [red, green, blue] = channels(colour).map(linear);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (part) => {
    const ground = getComputedStyle(part).backgroundColor;
    return (channels(ground)[3] ?? 1) === 1 ? ground : groundOf(part.parentElement);
  };
  const parts = [...window.panel.host.shadowRoot.querySelectorAll(".panel *")].filter(
    (part) => [...part.childNodes].some((child) => child.nodeType === 3 && child.data.trim()) && part.checkVisibility()
  );
  return parts.map((part) => {
    const { color, fontSize } = getComputedStyle(part);
    const [light, dark] = [luminance(color), luminance(groundOf(part))].sort((one, other) => other - one);
    return [part.className || part.localName, parseFloat(fontSize), (light + 0.05) / (dark + 0.05)];
  });
}"""


@pytest.mark.parametrize("theme", THEMES)
def test_words_are_large_and_dark_enough(show, pictures, theme):
    tab = show({**RESULTS}, theme=THEMES[theme])
    tab.locator(".thumb").first.click()
    tab.screenshot(path=pictures / f"alone_dialog_{theme}.png")
    seen = tab.evaluate(LEGIBILITY)
    tab.keyboard.press("Escape")
    seen += show({"off": "The strength is 0."}, theme=THEMES[theme]).evaluate(LEGIBILITY)
    assert {"plan", "summary", "mark", "facts", "dim", "note off"} <= {name for name, *_ in seen}
    assert not [(name, size) for name, size, _ in seen if size < 12]
    assert not [(name, contrast) for name, _, contrast in seen if contrast < 4.5]


CUT = """() => [...window.panel.host.shadowRoot.querySelectorAll(
  ".plan, .choice span, .followed, .reward, .mark, figcaption, .cost, .cost div, .cost b, .cost span"
)].filter((part) => part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1)
  .map((part) => part.className || part.localName)"""


@pytest.mark.parametrize("language", ["en", "zh", "ja", "ko"])
@pytest.mark.parametrize("width", [330, 400])
def test_nothing_is_cut_off_at_the_width_of_a_node(show, width, language):
    assert show(RESULTS, width=width, language=language).evaluate(CUT) == []


def test_the_panel_speaks_the_pages_language(show):
    tab = show(RESULTS, language="zh-TW")
    assert texts(tab, "figcaption") == ["LiDAR \u5bf9\u6bcf\u4e00\u6b65\u7684\u6539\u53d8\u91cf"]
    assert texts(show(RESULTS, language="fr"), "figcaption") == ["How much LiDAR changed each step"]


def test_every_language_says_everything(tab):
    kinds = tab.evaluate(
        """async () => {
          const { LANGUAGES } = await import("/words.js");
          const kind = (value) => (typeof value === "object" ? Object.keys(value).sort().join() : typeof value);
          const kinds = (words) => Object.fromEntries(Object.entries(words).map(([key, value]) => [key, kind(value)]));
          return Object.fromEntries(Object.entries(LANGUAGES).map(([language, words]) => [language, kinds(words)]));
        }"""
    )
    assert sorted(kinds) == ["en", "ja", "ko", "zh"]
    assert kinds["zh"] == kinds["ja"] == kinds["ko"] == kinds["en"]


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ([0, 0], ["0.00", "0.00"]),
        ([2.4999, 1.5, -0.0001], ["2.50", "1.50", "0.00"]),
        ([21.5, 20.25, 19], ["21.50", "20.25", "19.00"]),
        ([0.2512, 0.2498], ["0.25120", "0.24980"]),
        ([-12345.678, 20.1], ["-12346", "20"]),
        ([1234567, 1], ["1.23e+6", "1.00e+0"]),
        ([-0.00001234, 0], ["-1.23e-5", "0.00e+0"]),
    ],
)
def test_rewards_of_a_pool_are_written_alike(tab, numbers, written):
    script = "async (numbers) => numbers.map((await import('/numbers.js')).alike(numbers))"
    assert tab.evaluate(script, numbers) == written
