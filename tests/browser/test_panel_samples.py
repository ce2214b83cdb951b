"""The panel in a real browser without a ComfyUI: what can be done with a lookahead sample."""

import base64
import io
import math
import struct
import wave
from pathlib import Path

import pytest

from ..host.conftest import ROOT
from .panel_page import CUT, PUBLISHED, RESULTS, pool


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
    """A WAV file of a tone, as a data URL."""
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


def test_a_sample_can_be_saved(show):
    results = pool(3)
    results["lookahead"]["thumbnails"] = [{"filename": "32x32", "full": "docs/LiDARKSampler.png"}] * 3
    tab = show(results)
    tab.locator(".thumb").nth(1).click(button="right", delay=150)
    with tab.expect_download() as saved:
        tab.get_by_role("menuitem", name="Save it").click()
    picture = ROOT / "web" / "docs" / "LiDARKSampler.png"
    assert Path(saved.value.path()).read_bytes() == picture.read_bytes()


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
    tab = show(PUBLISHED)
    assert tab.get_by_role("toolbar", name="Lookahead samples, best first").count() == 1
    assert tab.locator(".thumb img").first.get_attribute("alt") == "Lookahead sample 1 of 4"
    assert tab.get_by_role("img", name="How much LiDAR changed each step").count() == 1
    tab.locator(".thumb").first.click()
    assert tab.get_by_role("dialog", name="Lookahead sample 1 of 4").count() == 1
    assert tab.locator("dialog img").get_attribute("alt") == "Lookahead sample 1 of 4: two red circles"
    tab.keyboard.press("Escape")
    tab.locator(".thumb").first.click(button="right", delay=150)
    assert tab.get_by_role("menu", name="What to do with this sample").count() == 1
