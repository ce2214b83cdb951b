"""The blind vote of lidar_bench in a real browser: what it counts and the sentence that it ends in."""

import pytest
from PIL import Image

from lidar_bench.tables import Results
from lidar_bench.vote import write_vote

ARMS = ("lidar", "plain")
WIDTHS = "() => Promise.all([...document.images].map((image) => image.decode().then(() => image.naturalWidth)))"


@pytest.fixture
def vote(browser, tmp_path):
    prompts = {index: {"prompt": f"prompt {index} </script>"} for index in range(10)}
    for index in prompts:
        for arm, side in zip(ARMS, (32, 16), strict=True):
            picture = tmp_path / arm / f"{index:05d}" / "samples" / "0000.png"
            picture.parent.mkdir(parents=True)
            Image.new("RGB", (side, side)).save(picture)
    path = write_vote(Results(tmp_path, dict.fromkeys(ARMS, prompts), {}), *ARMS)
    session = browser.new_context()
    page = session.new_page()
    page.goto(path.as_uri())
    yield page
    session.close()


def choose(page, arm):
    """Vote as somebody who can tell the arms apart."""
    sides = {side: page.locator(f"#{side}").get_attribute("src").split("/")[0] for side in ("left", "right")}
    assert sorted(sides.values()) == list(ARMS)
    (side,) = [side for side, shown in sides.items() if shown == arm]
    page.locator(f"#{side}").dispatch_event("click")
    return side


def test_ten_votes_for_one_are_more_than_chance(vote):
    sides = {choose(vote, "lidar") for _ in range(10)}
    assert sides == {"left", "right"}
    # Wilson's interval of 10 in 10 begins at 10 / (10 + 1.96 ** 2).
    assert vote.locator("#result").inner_text() == (
        "You chose lidar 10 times, plain 0 times and neither 0 times: 100 % for lidar, with a 95 % interval of 72 to "
        "100 %. You prefer lidar."
    )


def test_a_few_mixed_votes_may_be_chance_and_a_reload_keeps_them(vote):
    for arm in ("lidar", "plain", "lidar"):
        choose(vote, arm)
    vote.get_by_role("button", name="Neither").click()
    vote.reload()
    assert vote.locator("#count").inner_text() == "4 of 10"
    vote.get_by_role("button", name="Count the votes").click()
    # 2 in 3: (2/3 + 0.640) / 2.281 = 0.573, give or take 0.365.
    assert vote.locator("#result").inner_text() == (
        "You chose lidar 2 times, plain once and neither once: 67 % for lidar, with a 95 % interval of 21 to 94 %. "
        "That may be chance."
    )


def test_before_a_vote_it_says_that_there_is_none(vote):
    vote.get_by_role("button", name="Count the votes").click()
    assert vote.locator("#result").inner_text() == "No picture was preferred yet."


def test_each_prompt_comes_once_with_both_pictures_and_no_arm_is_named(vote):
    seen = set()
    for _ in range(10):
        seen.add(vote.locator("#prompt").inner_text())
        assert sorted(vote.evaluate(WIDTHS)) == [16, 32]
        assert not any(arm in vote.locator("body").inner_text() for arm in ARMS)
        vote.locator("#left").click()
    assert seen == {f"prompt {index} </script>" for index in range(10)}
