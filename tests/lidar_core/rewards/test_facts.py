import pytest

from lidar_core.rewards.checklist import lines_of
from lidar_core.rewards.facts import facts

EXPECTED = {
    "two red cats left of a dog": """
        How many cats are there? two
        Are the cats red? yes
        Does this picture show a dog? yes
        Are the cats left of the dog? yes
    """,
    "A photo of three green squares": """
        How many squares are there? three
        Are the squares green? yes
    """,
    "a red bicycle leaning against a yellow wall, golden hour, masterpiece": """
        Does this picture show a bicycle? yes
        Is the bicycle red? yes
        Does this picture show a wall? yes
        Is the wall yellow? yes
        Is the bicycle leaning against the wall? yes
        Does this picture show golden hour? yes
        Does this picture show masterpiece? yes
    """,
    'a neon sign that says "OPEN 24h" above a blue door': """
        Does this picture show a neon sign? yes
        Does this picture show a door? yes
        Is the door blue? yes
        Is the neon sign above the door? yes
        Does this picture show the text "OPEN 24h", spelled exactly so? yes
    """,
    "one dog and 3 birds": """
        Does this picture show one dog? yes
        How many birds are there? three
    """,
    "a black and white cat on the sofa": """
        Does this picture show a cat? yes
        Is the cat black and white? yes
        Does this picture show the sofa? yes
        Is the cat on the sofa? yes
    """,
    "a cat next to an orange": """
        Does this picture show a cat? yes
        Does this picture show an orange? yes
        Is the cat next to the orange? yes
    """,
    "a woman with blue eyes wearing a hat": """
        Does this picture show a woman? yes
        Does this picture show eyes? yes
        Are the eyes blue? yes
        Does this picture show a hat? yes
        Is the woman wearing the hat? yes
    """,
    "1girl, solo, long hair, solo": """
        Does this picture show 1girl? yes
        Does this picture show solo? yes
        Does this picture show long hair? yes
    """,
    "\u201cWhy?\u201d": """
        Does this picture show the text "Why?", spelled exactly so? yes
    """,
    " , ": "",
    "": "",
}


@pytest.mark.parametrize("prompt", EXPECTED)
def test_a_prompt_becomes_the_lines_of_its_facts(prompt):
    assert facts(prompt) == lines_of(EXPECTED[prompt])


def test_the_demos_prompts_become_counts_and_colours():
    assert [line.answer for line in facts("three green squares")] == ["three", "yes"]
    assert [line.question for line in facts("a red star above a blue circle")][-1] == "Is the star above the circle?"
