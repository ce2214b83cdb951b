"""The panel in a real browser without a ComfyUI: rating lookahead samples for LiDAR Reward from Ratings."""

import pytest

from lidar_core.rewards.taste import comparisons

from .panel_page import CUT, pool, texts

# A node that learns from ratings of the samples' pictures, as ComfyUI's graph has it.
LEARNER = """(ratings) => {
  window.learner = {
    type: "LiDARRewardFromRatings", properties: {},
    inputs: [{ name: "images" }, { name: "ratings", widget: { name: "ratings" } }],
    isInputConnected: (slot) => slot === 0 || window.wired === true, setDirtyCanvas: () => {},
    widgets: [{ name: "ratings", value: ratings }],
  };
  window.wired = false;
  window.node.outputs = [{ name: "pool", type: "LIDAR_POOL" }, { name: "images", type: "IMAGE" }];
  window.node.getOutputNodes = (slot) => (slot === 1 ? [window.learner] : null);
  window.panel.refit();
}"""
RATINGS = "() => window.learner.widgets[0].value"
FOCUSED = "() => window.panel.host.shadowRoot.activeElement?.getAttribute('aria-label') ?? null"


def samples(prompt="two red circles", count=6):
    results = pool(count)
    results["lookahead"]["prompt"] = prompt
    return results


@pytest.fixture
def rate(show):
    def rate(ratings="", results=None, **options):
        tab = show(results or samples(), **options)
        tab.evaluate(LEARNER, ratings)
        return tab

    return rate


def stars(tab):
    return [thumb.locator(".stars .on").count() for thumb in tab.locator(".thumb").all()]


def test_stars_are_there_only_where_a_node_learns_from_them(show, rate):
    assert show(samples()).locator(".stars, .rated").count() == 0
    tab = rate()
    assert tab.locator(".thumb .stars").count() == 6
    assert texts(tab, ".rated span") == ["Rate the samples: stars, or the keys 1 to 5."]
    tab.evaluate("() => { window.wired = true; window.panel.drawPlan(); }")
    assert tab.locator(".stars, .rated").count() == 0
    # A run whose samples are not known has ranks without pictures.
    assert rate(results={"run": samples()["run"]}).locator(".stars, .rated").count() == 0


def test_a_click_on_a_star_is_written_into_ratings_and_a_second_one_takes_it_back(rate, pictures):
    tab = rate()
    tab.locator(".thumb").nth(2).locator(".stars > *").nth(4).click()
    tab.locator(".thumb").nth(0).locator(".stars > *").nth(1).click()
    assert tab.evaluate(RATINGS) == "1: 2\n3: 5"
    assert stars(tab) == [2, 0, 5, 0, 0, 0]
    assert not tab.locator("dialog").is_visible()
    assert texts(tab, ".rated span") == ["2 rated, 1 comparison (20 are good)."]
    assert "5 stars" in tab.locator(".thumb").nth(2).get_attribute("title")
    tab.screenshot(path=pictures / "alone_rated.png")
    assert tab.evaluate(CUT) == []
    tab.locator(".thumb").nth(2).locator(".stars > *").nth(4).click()
    assert tab.evaluate(RATINGS) == "1: 2"
    assert stars(tab) == [2, 0, 0, 0, 0, 0]


def test_the_keys_rate_and_keep_the_focus(rate):
    tab = rate()
    tab.locator(".thumb").first.focus()
    for key in ("4", "ArrowRight", "1", "ArrowRight", "3", "0"):
        tab.keyboard.press(key)
    assert tab.evaluate(RATINGS) == "1: 4\n2: 1"
    assert tab.evaluate(FOCUSED).startswith("Lookahead sample 3 of 6")
    tab.keyboard.press("Control+5")
    assert tab.evaluate(RATINGS) == "1: 4\n2: 1"


def test_the_large_view_rates_by_keys_and_buttons(rate, pictures):
    tab = rate()
    tab.locator(".thumb").nth(1).click(position={"x": 20, "y": 20})
    tab.keyboard.press("5")
    assert "5 stars" in tab.locator("dialog .facts").inner_text()
    tab.keyboard.press("ArrowRight")
    tab.get_by_role("button", name="2 stars").click()
    assert tab.locator("dialog .stars .on").count() == 2
    tab.screenshot(path=pictures / "alone_rated_large.png")
    assert tab.evaluate(RATINGS) == "2: 5\n3: 2"
    tab.keyboard.press("Escape")
    assert stars(tab) == [0, 5, 2, 0, 0, 0]


def test_what_was_typed_is_shown_and_kept(rate):
    tab = rate("5 > 6 > 4; 2: 3")
    assert stars(tab) == [0, 3, 0, 0, 0, 0]
    tab.locator(".thumb").nth(0).locator(".stars > *").nth(0).click()
    assert tab.evaluate(RATINGS) == "5 > 6 > 4\n1: 1\n2: 3"
    # Two of the chain, and one of two marks.
    assert texts(tab, ".rated span") == ["2 rated, 3 comparisons (20 are good)."]
    tab.evaluate("() => { window.learner.widgets[0].value = '6: 4'; window.panel.drawPlan(); }")
    assert stars(tab) == [0, 0, 0, 0, 0, 4]


@pytest.mark.parametrize("ratings", ["3 > 1 > 2\n7: 4, 8: 4.5; 9: 4", "1: 5\n2: 4\n3: 5\n4: 1\n1: 2", "1 > 2\n" * 6])
def test_comparisons_are_counted_as_the_node_counts_them(rate, ratings):
    expected = len(comparisons(ratings + "\n10 > 11 > 12 > 13 > 14 > 15", 16)) - 5
    assert rate(ratings).evaluate("async () => (await import('/rate.js')).comparisons(window.node)") == expected


def test_ratings_of_other_samples_are_not_shown_and_not_mixed(rate):
    tab = rate()
    tab.locator(".thumb").nth(0).locator(".stars > *").nth(3).click()
    for other in (samples("a blue star"), {**samples(), "lookahead": {**samples()["lookahead"], "seeds": [9] * 6}}):
        tab.evaluate("(results) => window.panel.show(results)", other)
        assert stars(tab) == [0] * 6
        assert texts(tab, ".rated span") == ["The ratings are of other samples."]
        tab.locator(".thumb").first.focus()
        tab.keyboard.press("2")
        assert tab.evaluate(RATINGS) == "1: 4"
        assert tab.evaluate("() => window.said.pop()") == ["warn", "Not rated", "The ratings are of other samples."]
    tab.evaluate("(results) => window.panel.show(results)", samples())
    assert stars(tab) == [4, 0, 0, 0, 0, 0]
    tab.evaluate("(results) => window.panel.show(results)", samples("a blue star"))
    tab.get_by_role("button", name="Start anew").click()
    assert tab.evaluate(RATINGS) == ""
    tab.locator(".thumb").first.focus()
    tab.keyboard.press("2")
    assert stars(tab) == [2, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("language", ["en", "zh", "ja", "ko"])
def test_no_sentence_is_cut(rate, pictures, language):
    tab = rate(
        "\n".join(f"{number}: {number % 5 + 1}" for number in range(1, 17)), samples(count=16), language=language
    )
    assert tab.evaluate(CUT) == []
    tab.screenshot(path=pictures / f"alone_rated_{language}.png")
    tab.evaluate("() => { window.learner.widgets[0].value = '1: 3'; window.panel.drawPlan(); }")
    assert tab.evaluate(CUT) == []
    tab.evaluate("() => { window.learner.widgets[0].value = ''; window.panel.drawPlan(); }")
    assert tab.evaluate(CUT) == []


def test_pictures_are_as_large_as_their_stars_allow(rate):
    """Without them six columns would do."""
    tab = rate(results=samples(count=16), width=520, height=616)
    assert tab.evaluate("() => window.panel.samples.columns") == 7
    assert tab.locator(".thumbs").evaluate("(list) => list.scrollHeight <= list.clientHeight")
