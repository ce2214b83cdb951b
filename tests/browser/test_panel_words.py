"""The panel in a real browser without a ComfyUI: its words, in every language and theme."""

import pytest

from .panel_page import CUT, PUBLISHED, RESULTS, THEMES, texts

# The size of every text, and its contrast against the nearest opaque background.
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
    tab = show(PUBLISHED, theme=THEMES[theme])
    tab.locator(".thumb").first.click()
    tab.screenshot(path=pictures / f"alone_dialog_{theme}.png")
    seen = tab.evaluate(LEGIBILITY)
    tab.keyboard.press("Escape")
    seen += show({"off": "The strength is 0."}, theme=THEMES[theme]).evaluate(LEGIBILITY)
    assert {"plan", "summary", "mark", "facts", "dim", "note off"} <= {name for name, *_ in seen}
    assert not [(name, size) for name, size, _ in seen if size < 12]
    assert not [(name, contrast) for name, _, contrast in seen if contrast < 4.5]


VOTE = """async ([language, theme, votes]) => {
  const [{ Vote }, { wordsOf }] = [await import("/vote.js"), await import("/words.js")];
  document.body.replaceChildren();
  document.body.style.cssText = "margin: 0; width: 440px; height: 400px";
  for (const [name, value] of Object.entries(theme)) document.documentElement.style.setProperty(name, value);
  const node = {
    comfyClass: "LiDARBlindVote", properties: {}, size: [440, 520], setSize: () => {},
    addDOMWidget: (name, type, host) => (document.body.append(host), {}),
  };
  window.panel = new Vote(node, { pictureUrl: ({ full }) => "/docs/" + full, words: wordsOf(language).vote });
  const pictures = [{ full: "LiDARKSampler.png" }, { full: "LiDARLookahead.png" }];
  const pairs = votes.map((_, number) => ({ id: String(number), left: number % 2, pictures }));
  window.panel.show({ pairs: [...pairs, { id: "last", left: 0, pictures }], names: ["LiDAR", "plain"] });
  for (const vote of votes) window.panel.vote(vote);
  window.panel.tell();
}"""


@pytest.mark.parametrize("language", ["en", "zh", "ja", "ko"])
@pytest.mark.parametrize("theme", THEMES)
def test_the_vote_is_legible_and_its_sentence_fits(tab, pictures, language, theme):
    tab.evaluate(VOTE, [language, THEMES[theme], [0] * 14 + [1] * 6 + [None] * 3])
    tab.screenshot(path=pictures / f"alone_vote_{language}_{theme}.png")
    seen = tab.evaluate(LEGIBILITY)
    assert {"question", "told", "button"} <= {name for name, *_ in seen}
    assert not [(name, size) for name, size, _ in seen if size < 12]
    assert not [(name, contrast) for name, _, contrast in seen if contrast < 4.5]
    for part in (".told", ".question", ".actions"):
        assert tab.locator(part).evaluate("(part) => part.scrollHeight <= part.clientHeight")


@pytest.mark.parametrize("language", ["en", "zh", "ja", "ko"])
@pytest.mark.parametrize("width", [330, 400])
def test_nothing_is_cut_off_at_the_width_of_a_node(show, width, language):
    for results in (RESULTS, PUBLISHED):
        assert show(results, width=width, language=language).evaluate(CUT) == []


def test_the_panel_speaks_the_pages_language(show):
    tab = show(PUBLISHED, language="zh-TW")
    assert texts(tab, "figcaption") == ["LiDAR \u5bf9\u6bcf\u4e00\u6b65\u7684\u6539\u53d8\u91cf"]
    assert texts(show(PUBLISHED, language="fr"), "figcaption") == ["How much LiDAR changed each step"]


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
