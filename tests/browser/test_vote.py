"""The blind vote page of lidar_bench, opened from the disk as users open it."""

import json
import math
import random

import pytest
from PIL import Image

from lidar_bench.folders import finish
from lidar_bench.prompts import Prompt
from lidar_bench.tables import results
from lidar_bench.vote import write_vote

ARMS = ("lidar", "plain")
PAIRS = 12
WIDTHS = "() => Promise.all([...document.images].map((image) => image.decode().then(() => image.naturalWidth)))"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    out = tmp_path_factory.mktemp("vote")
    for arm in ARMS:
        for index in range(PAIRS):
            picture = out / "picture.png"
            Image.new("RGB", (32, 32), (20 * index, 0, 255)).save(picture)
            prompt = Prompt(index, f"prompt {index} <b>", {})
            record = {"prompt": prompt.text, "rewards": {}, "seconds": 1.0, "model_calls": 1}
            finish(out, arm, prompt, [picture.read_bytes()], record)
    return write_vote(results(out), *ARMS)


@pytest.fixture
def voting(browser, page_file):
    session = browser.new_context()
    page = session.new_page()
    page.goto(page_file.as_uri())
    yield page
    session.close()


def arms_of(page):
    """The arms on the left and on the right."""
    return [page.locator(side).get_attribute("src").split("/")[0] for side in ("#left", "#right")]


def vote_for(page, arm):
    page.locator(("#left", "#right")[arms_of(page).index(arm)]).click()


def test_votes_are_counted_for_the_arm_whatever_its_side(voting):
    sides, prompts = set(), set()
    for turn in range(PAIRS):
        assert voting.inner_text("#count") == f"{turn} of {PAIRS}"
        assert voting.evaluate(WIDTHS) == [32, 32]
        # It is blind.
        assert not any(arm in voting.inner_text("body") for arm in ARMS)
        sides.add(tuple(arms_of(voting)))
        prompts.add(voting.inner_text("#prompt"))
        vote_for(voting, "lidar" if turn < 9 else "plain")
    assert sides == {("lidar", "plain"), ("plain", "lidar")}
    assert prompts == {f"prompt {index} <b>" for index in range(PAIRS)}
    low, high = (round(100 * share) for share in wilson(9, 12))
    assert voting.inner_text("#result") == (
        f"You chose lidar 9 times, plain 3 times and neither 0 times: 75 % for lidar, with a 95 % interval of {low} to "
        f"{high} %. That may be chance."
    )


def wilson(wins, votes):
    """The shares p at which `wins` of `votes` lie 1.96 standard deviations from p votes, by bisection."""

    def far(share):
        return abs(wins / votes - share) > 1.96 * math.sqrt(share * (1 - share) / votes)

    def edge(outside):
        inside = wins / votes
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if far(middle) else (middle, outside)
        return inside

    return edge(0.0), edge(1.0)


def test_a_vote_goes_on_after_the_page_was_closed(voting):
    vote_for(voting, "lidar")
    voting.click("#same")
    prompt = voting.inner_text("#prompt")
    voting.reload()
    assert voting.inner_text("#count") == f"2 of {PAIRS}"
    assert voting.inner_text("#prompt") == prompt
    voting.click("#tally")
    assert voting.inner_text("#result").startswith("You chose lidar once, plain 0 times and neither once: 100 % for")


def test_one_arm_for_every_pair_is_no_chance(voting):
    for _ in range(PAIRS):
        vote_for(voting, "plain")
    assert voting.inner_text("#result").endswith("You prefer plain.")
    # More clicks change nothing.
    vote_for(voting, "lidar")
    assert json.loads(voting.evaluate("localStorage.getItem(location.href)")) == ["plain"] * PAIRS


def test_votes_at_random_are_called_chance(voting):
    rng = random.Random(0)
    for arm in rng.sample(ARMS * (PAIRS // 2), PAIRS):
        vote_for(voting, arm)
    assert voting.inner_text("#result").endswith("That may be chance.")
