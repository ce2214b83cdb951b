from functools import cache

import pytest

from lidar_core.errors import LidarError
from lidar_core.rewards.spelling import distance, exactness, wanted

WORDS = ["", "a", "open", "oepn", "OPEN", "opening", "pen", "closed", "\u00fcber"]


@pytest.mark.parametrize("one", WORDS)
@pytest.mark.parametrize("other", WORDS)
def test_the_distance_is_that_of_its_recursive_definition(one, other):
    @cache
    def defined(left, right):
        if not left or not right:
            return len(left) + len(right)
        changed = defined(left[1:], right[1:]) + (left[0] != right[0])
        return min(defined(left[1:], right) + 1, defined(left, right[1:]) + 1, changed)

    assert distance(one, other) == defined(one, other)


@pytest.mark.parametrize(
    ("lines", "text", "expected"),
    [
        (["OPEN"], "OPEN", 1),
        (["we are OPEN now"], "OPEN", 1),
        (["HAPPY", "BIRTHDAY", "Anna"], "HAPPY BIRTHDAY", 1),
        (["OEPN"], "OPEN", 0.5),
        (["OPENN"], "OPEN", 0.8),
        (["O PEN"], "OPEN", 0.8),
        (["open"], "OPEN", 0),
        (["xyz"], "OPEN", 0),
        ([], "OPEN", 0),
        ([" "], "OPEN", 0),
        (["OPEN   LATE"], "OPEN  LATE", 1),
    ],
)
def test_exactness_is_that_of_the_words_that_match_best(lines, text, expected):
    assert exactness(lines, text, match_case=True) == pytest.approx(expected)


def test_case_can_be_left_out():
    assert exactness(["Open"], "OPEN", match_case=False) == 1


def test_what_is_wanted_stands_in_the_lines_or_in_the_prompts_quotation_marks():
    assert wanted("OPEN\n\n late ", 'a sign that says "no"') == ["OPEN", "late"]
    assert wanted(" ", 'a sign "A b", a door \u201cC\u201d and again "A b"') == ["A b", "C"]
    with pytest.raises(LidarError, match="nothing to look for"):
        wanted("", "a sign that says 'no'")
