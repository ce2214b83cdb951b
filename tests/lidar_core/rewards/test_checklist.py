import math

import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.rewards.checklist import Line, lines_of, names, reads_prompt, weighted_mean


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("Is there a cat?", Line("Is there a cat?", "yes")),
        ("  Is there a cat? No. ", Line("Is there a cat?", "no")),
        ("How many cats? 2 * 0.5", Line("How many cats?", "2", 0.5)),
        ("How many cats? Two*3", Line("How many cats?", "two", 3)),
        ('What does it say? "OPEN"', Line("What does it say?", "OPEN")),
        ('Does it read "Why?"? yes * 2', Line('Does it read "Why?"?', "yes", 2)),
        ("What is 2 * 3? six", Line("What is 2 * 3?", "six")),
        ("Is it red? * .5", Line("Is it red?", "yes", 0.5)),
    ],
)
def test_a_line_is_a_question_its_answer_and_a_weight(row, line):
    assert lines_of(f"\n{row}\n\n") == [line]


def test_wrong_checklists_are_refused():
    with pytest.raises(LidarError, match=r'line "two cats" has no question mark.*"How many cats are there\? two"'):
        lines_of("Is it red?\ntwo cats")
    with pytest.raises(LidarError, match="Every line of the checklist has the weight 0"):
        lines_of("Is it red? yes * 0\nIs it blue? no * 0")
    assert lines_of(" \n") == []


@pytest.mark.parametrize(
    ("answer", "spellings", "form"),
    [
        ("yes", ("Yes", "yes"), "Answer Yes or No."),
        ("no", ("No", "no"), "Answer Yes or No."),
        ("2", ("2", "two", "Two"), "Answer with one number."),
        ("twelve", ("12", "twelve", "Twelve"), "Answer with one number."),
        ("40", ("40",), "Answer with one number."),
        ("red", ("red", "Red"), "Answer with one word."),
        ("OPEN", ("OPEN", "open"), "Answer with one word."),
        ("open late", ("open late", "Open late"), "Answer with 2 words."),
    ],
)
def test_an_answer_has_its_spellings_and_asks_for_its_form(answer, spellings, form):
    line = Line("Is it {prompt}?", answer)
    assert line.spellings == spellings
    assert line.asked("a cat") == f"Is it a cat? {form}"


def test_yes_is_weighed_against_no_alone_and_a_word_against_everything():
    probabilities = torch.tensor([0.2, 0.1, 0.05, 0.05]).log()
    assert Line("?", "yes").log_probability(probabilities).exp().item() == pytest.approx(0.75)
    assert Line("?", "red").log_probability(probabilities[:2]).exp().item() == pytest.approx(0.3)


def test_rounding_gives_no_probability_above_one():
    assert Line("?", "red").log_probability(torch.tensor([0.0, -20.0])) == 0


def test_the_score_is_the_log_of_the_weighted_geometric_mean():
    probabilities = torch.tensor([[0.9, 0.5], [0.01, 0.5], [1.0, 1.0]])
    found = weighted_mean(probabilities.log(), [1, 3, 0])
    expected = [math.log((0.9 * 0.01**3) ** (1 / 4)), math.log(0.5)]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_a_fact_that_every_picture_shows_alike_changes_no_difference():
    found = torch.tensor([[-0.1, -2.0], [-0.7, -0.7]])
    spread = weighted_mean(found, [1, 1]).diff()
    torch.testing.assert_close(2 * spread, weighted_mean(found[:1], [1]).diff())


def test_lines_say_whether_they_read_the_prompt_and_what_they_are_called():
    assert reads_prompt(lines_of("Is it {prompt}?"))
    assert not reads_prompt(lines_of("Is it red?"))
    assert reads_prompt([])
    assert names(lines_of("Is it {prompt}?\nHow many? 2"), "a cat") == ["Is it a cat? yes", "How many? 2"]
