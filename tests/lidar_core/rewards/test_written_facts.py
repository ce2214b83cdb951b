"""The checklist that a language model writes: which rows of its answer are used."""

from lidar_core.rewards.checklist import Line
from lidar_core.rewards.written_facts import request, written_lines


def test_questions_are_used_and_other_rows_are_not():
    answer = (
        "Here is the checklist:\n"
        "1. How many cats are there? Two.\n"
        "- Are the cats red? yes\n"
        "\u2022 Is there a dog?\n"
        "* Is there a dog? yes\n"
        "Hope this helps!"
    )
    assert written_lines(answer) == [
        Line("How many cats are there?", "two"),
        Line("Are the cats red?", "yes"),
        Line("Is there a dog?", "yes"),
    ]


def test_questions_in_other_scripts_are_used():
    assert written_lines("\u6709\u51e0\u53ea\u732b\uff1f2") == [Line("\u6709\u51e0\u53ea\u732b?", "2")]


def test_an_answer_that_goes_on_and_on_gives_twelve_lines():
    assert len(written_lines("\n".join(f"Is there thing {number}? yes" for number in range(40)))) == 12
    assert written_lines("No.") == []


def test_the_model_is_told_the_prompt_as_it_stands():
    assert "\na {strange} prompt\n" in request("a {strange} prompt")
