"""LiDAR Blind Vote: the pairs that it shows in ComfyUI's front end, and the sentence that it ends in."""

import pytest

# Pictures of one colour: the first ones red, the second ones green, in shades that tell the pairs apart.
BUILD = """(shades) => {
  const graph = app.rootGraph;
  const put = (type, x, y) => {
    const node = LiteGraph.createNode(type);
    node.pos = [x, y];
    graph.add(node);
    return node;
  };
  const set = (node, name, value) => (node.widgets.find((widget) => widget.name === name).value = value);
  const batch = (channel, y) => shades.map((shade, number) => {
    const node = put("EmptyImage", 0, y + 40 * number);
    node.flags.collapsed = true;
    for (const side of ["width", "height"]) set(node, side, 64 + 32 * (side === "width"));
    set(node, "color", shade * channel);
    return node;
  }).reduce((one, other) => {
    const both = put("ImageBatch", 230, other.pos[1]);
    both.flags.collapsed = true;
    one.connect(0, both, 0);
    other.connect(0, both, 1);
    return both;
  });
  const vote = put("LiDARBlindVote", 460, 60);
  batch(0x10000, 60).connect(0, vote, 0);
  batch(0x100, 500).connect(0, vote, 1);
  app.canvas.ds.scale = 1;
  app.canvas.ds.offset = [200, 60];
  app.canvas.setDirty(true, true);
}"""
SHADES = [250, 220, 190, 160, 130, 100]
# Which side is green: 0 left, 1 right.
GREEN = """(images) => images.map((image) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  canvas.drawImage(image, 0, 0, 1, 1);
  const [red, green] = canvas.getImageData(0, 0, 1, 1).data;
  return green > red;
}).indexOf(true)"""


class Vote:
    def __init__(self, page):
        self.page = page
        self.panel = page.panel("LiDARBlindVote")

    @property
    def question(self):
        return self.panel.locator(".question").inner_text()

    @property
    def told(self):
        return self.panel.locator(".told").inner_text()

    def press(self, button):
        self.panel.get_by_role("button", name=button).click()

    def green(self):
        """The side of the second picture."""
        self.page.page.wait_for_timeout(150)
        return self.panel.locator(".side img").evaluate_all(GREEN)

    def choose(self, green):
        side = self.green()
        self.panel.locator(".side").nth(side if green else 1 - side).click()
        return side


@pytest.fixture
def vote(page):
    page.page.set_viewport_size({"width": 1600, "height": 1000})
    page.do("Comfy.NewBlankWorkflow")
    page.evaluate(BUILD, SHADES)
    opened = Vote(page)
    assert opened.question == "The pairs of pictures appear here after a run."
    page.run()
    return opened


def test_somebody_who_always_likes_the_second_is_told_so_with_an_interval(page, vote):
    page.picture("blind_vote")
    sides = []
    for number in range(1, len(SHADES) + 1):
        assert vote.question == f"Pair {number} of {len(SHADES)}: click the better picture."
        assert vote.told == ""
        sides.append(vote.choose(green=True))
    assert set(sides) == {0, 1}
    assert vote.question == "Every pair of this run is judged. Run it with another seed for more."
    # Wilson's interval of 0 in 6 ends at 1.96 ** 2 / (6 + 1.96 ** 2).
    assert vote.told == "You preferred LiDAR in 0 of 6 pairs (0 %, 95 % interval 0 to 39 %). You prefer plain."
    page.picture("blind_vote_told")


def test_votes_lie_in_the_workflow_and_a_pair_that_comes_again_is_not_asked_again(page, vote):
    first_side = vote.choose(green=False)
    vote.choose(green=True)
    vote.press("Neither")
    saved = page.evaluate("() => app.rootGraph.serialize()")
    page.run()
    assert vote.question.startswith("Pair 4 of 6")
    page.load(saved)
    assert vote.question.startswith("Pair 4 of 6")
    vote.press("Count the votes")
    # 1 in 2: 0.5 give or take 1.96 / sqrt(4 (2 + 1.96 ** 2)).
    assert vote.told == (
        "You preferred LiDAR in 1 of 2 pairs (50 %, 95 % interval 9 to 91 %). That may be chance. One more pair was a "
        "tie."
    )
    vote.press("Start again")
    assert vote.question.startswith("Pair 1 of 6")
    assert vote.told == ""
    assert vote.green() == first_side
    assert page.evaluate(f"() => {page.node('LiDARBlindVote')}.properties['lidar-sampling.votes'] ?? null") is None


def test_its_buttons_have_names_and_the_keyboard_votes(page, vote):
    panel = vote.panel
    assert panel.locator(".side img").evaluate_all("(images) => images.map((image) => image.alt)") == [
        "Left picture",
        "Right picture",
    ]
    panel.locator(".side").first.focus()
    page.page.keyboard.press("Enter")
    assert vote.question.startswith("Pair 2 of 6")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    assert vote.question.startswith("Pair 3 of 6")
    assert page.errors == []


@pytest.mark.parametrize(("chosen", "votes"), [(0, 1), (14, 20), (10, 10), (3, 50), (480, 1000)])
def test_the_interval_holds_what_the_votes_do_not_exclude(tab, chosen, votes):
    """Its ends are where the normal test of a share of p is at its 95 % limit, found by halving."""
    interval = tab.evaluate("async (votes) => (await import('/wilson.js')).wilson(...votes)", [chosen, votes])
    share = chosen / votes

    def excluded(p):
        return (share - p) ** 2 > 1.96**2 * p * (1 - p) / votes

    def end(inside, outside):
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if excluded(middle) else (middle, outside)
        return inside

    assert interval == pytest.approx([end(share, 0), end(share, 1)], abs=1e-12)


SENTENCES = """async ([votes, language]) => {
  const [{ verdict }, { wordsOf }] = [await import("/vote.js"), await import("/words.js")];
  return verdict(votes, ["LiDAR", "plain"], wordsOf(language).vote);
}"""


def test_the_sentence_names_the_winner_chance_and_ties_in_each_language(tab):
    def told(*counts, language="en"):
        return tab.evaluate(
            SENTENCES,
            [[vote for vote, count in zip((0, 1, None), counts, strict=True) for _ in range(count)], language],
        )

    assert told(14, 6, 3) == (
        "You preferred LiDAR in 14 of 20 pairs (70 %, 95 % interval 48 to 85 %). That may be chance. 3 more pairs were "
        "ties."
    )
    assert told(19, 1, 0).endswith("(95 %, 95 % interval 76 to 99 %). You prefer LiDAR.")
    assert told(0, 0, 2) == "No picture was preferred yet."
    for language in ("zh", "ja", "ko"):
        sentence = told(14, 6, 3, language=language)
        assert all(number in sentence for number in ("14", "20", "70", "48", "85", "3", "LiDAR"))
