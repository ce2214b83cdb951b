"""The probabilities of lines for boxes that are known exactly."""

from itertools import product

import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.rewards.detection import COLOURS, Box, Colour, Count, Place, colour_share, facts_of, relations

LABELS = ("cat", "dog", "hot dog", "apple")
PICTURE = torch.zeros(100, 200, 3)


def box(label, left, top, right, bottom, score=1.0):
    return Box(label, score, left, top, right, bottom)


CAT, OTHER_CAT = box("cat", 0.0, 0.4, 0.2, 0.8), box("cat", 0.5, 0.4, 0.7, 0.8)
DOG = box("dog", 0.75, 0.4, 0.95, 0.8)


def test_certain_boxes_make_certain_counts():
    boxes = [CAT, OTHER_CAT, DOG]
    for number, expected in ((0, 0), (1, 0), (2, 1), (3, 0), (9, 0)):
        assert Count("cat", number).probability(boxes, PICTURE) == expected
    assert Count("cat", None).probability(boxes, PICTURE) == 1
    assert Count("apple", None).probability(boxes, PICTURE) == 0
    assert Count("apple", 0).probability(boxes, PICTURE) == 1


def test_the_number_of_uncertain_boxes_is_that_of_all_their_outcomes():
    scores = [0.9, 0.6, 0.4, 0.35]
    boxes = [box("cat", 0, 0, 1, 1, score) for score in scores]
    found = [Count("cat", number).probability(boxes, PICTURE) for number in range(5)]
    expected = [0.0] * 5
    for outcome in product((True, False), repeat=4):
        odds = 1.0
        for there, score in zip(outcome, scores, strict=True):
            odds *= score if there else 1 - score
        expected[sum(outcome)] += odds
    assert found == pytest.approx(expected)
    assert Count("cat", None).probability(boxes, PICTURE) == pytest.approx(1 - expected[0])


def test_boxes_of_a_low_score_are_no_boxes():
    assert Count("cat", 0).probability([box("cat", 0, 0, 1, 1, 0.3)], PICTURE) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (CAT, DOG, {"left of"}),
        (DOG, CAT, {"right of"}),
        (box("cat", 0.4, 0.0, 0.6, 0.2), box("dog", 0.4, 0.6, 0.6, 0.8), {"above"}),
        (box("cat", 0.0, 0.0, 0.2, 0.2), box("dog", 0.7, 0.7, 0.9, 0.9), {"left of", "above"}),
        # The centres differ by less than a tenth of both widths.
        (box("cat", 0.40, 0.4, 0.60, 0.6), box("dog", 0.43, 0.4, 0.63, 0.6), set()),
        (CAT, CAT, set()),
    ],
)
def test_places_follow_genevals_rule(one, other, expected):
    assert relations(one, other, 1.0) == expected


def test_a_place_is_measured_in_pixels_not_in_shares():
    """In a picture of 200 x 100 pixels 0.3 of the width is further than 0.35 of the height."""
    one, other = box("cat", 0.1, 0.1, 0.15, 0.15), box("dog", 0.4, 0.45, 0.45, 0.5)
    assert relations(one, other, 0.5) == {"left of"}
    assert "above" in relations(one, other, 2.0)


def test_any_pair_may_stand_in_the_place():
    boxes = [CAT, OTHER_CAT, box("dog", 0.25, 0.4, 0.45, 0.8, 0.5)]
    assert Place("cat", "left of", "dog").probability(boxes, PICTURE) == 0.5
    assert Place("cat", "right of", "dog").probability(boxes, PICTURE) == 0.5
    assert Place("cat", "above", "dog").probability(boxes, PICTURE) == 0
    assert Place("cat", "left of", "cat").probability(boxes, PICTURE) == 1


def test_a_colour_is_that_of_the_middle_of_the_best_box():
    picture = torch.zeros(100, 200, 3)
    picture[10:50, 20:100] = torch.tensor(COLOURS["blue"])
    picture[20:40, 40:80] = torch.tensor(COLOURS["red"])
    boxes = [box("apple", 0.1, 0.1, 0.5, 0.5, 0.8), box("apple", 0.6, 0.6, 0.9, 0.9, 0.9)]
    assert Colour("apple", "red").probability(boxes, picture) == pytest.approx(0.8)
    assert Colour("apple", "black").probability(boxes, picture) == pytest.approx(0.9)
    assert Colour("apple", "blue").probability(boxes, picture) == 0


@pytest.mark.parametrize("colour", COLOURS)
def test_shades_of_a_colour_have_its_name(colour):
    shades = torch.tensor(COLOURS[colour]) * torch.linspace(0.92, 1.0, 5)[:, None]
    assert colour_share(shades, colour) == 1


def test_a_box_that_is_a_point_still_has_a_pixel():
    assert Colour("apple", "black").probability([box("apple", 1, 1, 1, 1)], PICTURE) == 1


def test_lines_become_facts():
    text = "cat x 2\n\n hot dog \nDog left of cat\napple: Red\napple:gray\ncat x0"
    assert facts_of(text, LABELS) == {
        "cat x 2": Count("cat", 2),
        "hot dog": Count("hot dog", None),
        "Dog left of cat": Place("dog", "left of", "cat"),
        "apple: Red": Colour("apple", "red"),
        "apple:gray": Colour("apple", "grey"),
        "cat x0": Count("cat", 0),
    }


def test_what_cannot_be_found_is_refused():
    with pytest.raises(LidarError, match=r'knows no "cats": did you mean cat\?'):
        facts_of("cats x 2", LABELS)
    with pytest.raises(LidarError, match=r'knows no "xylophone": it knows apple, cat, dog, hot dog'):
        facts_of("xylophone", LABELS)
    with pytest.raises(LidarError, match=r'no colour "mauve": it knows red'):
        facts_of("apple: mauve", LABELS)
    with pytest.raises(LidarError, match="nothing to look for"):
        facts_of("\n", LABELS)
