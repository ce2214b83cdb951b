"""The panel in a real browser without a ComfyUI: how it shows a run's numbers."""

import pytest

from .panel_page import PUBLISHED, RESULTS, REWARDS, SEEDS, pool, texts


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
    # The value of a wired input is not known before the run.
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
        "On average 1.3 samples shared the lead."
    ]
    assert " Your picture followed sample 4. " in texts(show(pool(8, followed=[3])), ".followed")[0]
    assert texts(show(pool(8, followed=[3], led=0)), ".followed")[0].startswith("Your picture followed sample 4. ")
    assert " All 2 pictures followed sample 4. " in texts(show(pool(8, followed=[3, 3])), ".followed")[0]
    assert texts(show(pool(8, followed=[3, 3])), ".mark") == ["followed"]


def test_many_pictures_in_a_row_are_told_by_the_first_and_the_last(show):
    tab = show(pool(8, followed=[0] * 6 + [3, 3]))
    assert " Pictures 1-6 followed sample 1. Pictures 7, 8 followed sample 4. " in texts(tab, ".followed")[0]
    assert texts(tab, ".mark") == ["by 1-6", "by 7, 8"]


def test_a_mark_lies_below_its_picture_and_hides_no_corner(show):
    tab = show(RESULTS)
    for thumb in tab.locator(".thumb.leads").all():
        mark, frame = (thumb.locator(part).bounding_box() for part in (".mark", ".frame"))
        assert mark["y"] >= frame["y"] + frame["height"]


def test_it_says_how_far_the_samples_led(show):
    tab = show(pool(8, led=2, handover=0.5612))
    assert texts(tab, ".followed")[0].startswith("The samples led to step 2 of 5, then the model. Your picture")
    assert tab.locator(".followed").get_attribute("title").endswith("a noise-to-signal ratio of 0.56.")
    assert texts(show(pool(8, led=5)), ".followed")[0].startswith("The samples led every step. ")
    tab = show(pool(8, too_rough=True, followed=[], step=[], pull=[], samples=[]))
    assert texts(tab, ".followed")[0].startswith("The model disagrees with the samples even about the layout")
    assert tab.locator(".followed").evaluate("(part) => part.scrollHeight <= part.clientHeight")


def test_it_says_why_samples_that_are_too_rough_led(show):
    tab = show(pool(8, led=2, chosen_too_rough=True, followed=[3]))
    assert texts(tab, ".followed")[0].startswith(
        "Your choice led for the layout, although the model disagrees even about that. The samples led to step 2 of 5, "
        "then the model. Your picture followed sample 4. "
    )


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


def test_the_published_rules_changes_are_plotted_inside_their_box(show):
    tab = show(PUBLISHED)
    (change,) = (
        [tuple(map(float, point.split(","))) for point in line.get_attribute("points").split()]
        for line in tab.locator(".mean").all()
    )
    assert [x for x, _ in change] == [0, 75, 150, 225]
    assert all(0 <= y <= 44 for _, y in change)
    assert texts(tab, "figcaption") == ["How much LiDAR changed each step"]


def test_where_the_samples_lead_there_is_no_change_to_plot(show):
    assert texts(show(RESULTS), "figcaption") == []


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


PUT = "([number, count]) => window.panel.put(number, count, { filename: '128x96' })"


@pytest.mark.parametrize("before", [{}, RESULTS], ids=["first run", "after another run"])
def test_samples_are_seen_as_soon_as_they_are_drawn(show, pictures, request, before):
    tab = show(before)
    tab.evaluate("() => window.panel.begin('lookahead')")
    assert tab.locator(".live").count() == 0
    for number in range(3):
        tab.evaluate(PUT, [number, 6])
    tab.evaluate("() => window.panel.begin('decoding')")
    tab.evaluate(PUT, [0, 6])
    tab.wait_for_timeout(200)
    tab.screenshot(path=pictures / f"alone_live_{len(before)}.png")
    # Six places, of which three are filled; none of them looks old, and the old ones are gone.
    assert tab.locator(".frame").count() == 6
    assert tab.locator(".live img").count() == 3
    assert tab.locator(".live .thumbs").evaluate("(part) => getComputedStyle(part).opacity") == "1"
    assert tab.locator(".live").evaluate("(part) => getComputedStyle(part, '::after').content") == "none"
    width, height = (tab.locator(".live .frame").first.bounding_box()[side] for side in ("width", "height"))
    assert width / height == pytest.approx(4 / 3, rel=0.05)
    assert tab.get_by_role("img", name="Lookahead samples that are being drawn, not scored yet").count() == 1
    # Cancelled: what was there before comes back.
    tab.evaluate("() => window.panel.end()")
    assert tab.locator(".live").count() == 0
    assert tab.locator(".thumb").count() == (len(REWARDS) if before else 0)


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
