"""Has a language model turn a prompt into a checklist: what it is asked, and what of its answer is used."""

import re

from .checklist import Line, lines_of

LONGEST_ANSWER = 400
"""Tokens; a line takes about 15."""
_MOST_LINES = 12
_REQUEST = """\
Write a checklist for a picture of this description:
{prompt}

Write one line for each fact of the description: each thing, number, colour, place and text. Each line is a question \
about the picture and its right answer, which is yes or a number. Write nothing else.
For the description "two red cats left of a dog" the lines are:
How many cats are there? two
Are the cats red? yes
Is there a dog? yes
Are the cats left of the dog? yes"""
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d+[.)])\s*")


def request(prompt: str) -> str:
    return _REQUEST.format(prompt=prompt)


def written_lines(answer: str) -> list[Line]:
    """The questions of the answer, without bullets and repeats; other rows are ignored."""
    rows = [_BULLET.sub("", row) for row in answer.replace("\uff1f", "?").splitlines()]
    found = [line for row in rows if "?" in row for line in lines_of(row)]
    return list(dict.fromkeys(found))[:_MOST_LINES]
