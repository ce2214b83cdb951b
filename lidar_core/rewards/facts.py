"""Turns a prompt into a checklist by fixed rules: its things, counts, colours, places and quoted words.

The rules know English noun phrases of the kind "two red cats left of a dog". Other parts of the prompt become questions
in their own words, so that no words are lost.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .checklist import NUMBERS, Line

COLOURS = frozenset(
    (
        *("red", "orange", "yellow", "green", "blue", "purple", "violet", "pink", "brown", "black", "white"),
        *("grey", "gray", "gold", "silver", "beige", "cyan", "magenta", "turquoise"),
    )
)
_PLACES = (
    "to the left of",
    "to the right of",
    "on the left of",
    "on the right of",
    "left of",
    "right of",
    "on top of",
    "in front of",
    "next to",
    "behind",
    "above",
    "below",
    "under",
    "beneath",
    "beside",
    "inside",
    "between",
    "near",
    "against",
    "on",
    "in",
)
_HOLDING = ("holding", "wearing", "riding", "carrying")
# Words after one of these belong to the thing before it, and so does the rest of the clause.
_WITH = "with"
_PLACE = re.compile(
    rf"\s+(?:is\s+|are\s+)?((?:\w+ing\s+)?(?:{'|'.join(_PLACES)})|{'|'.join(_HOLDING)}|{_WITH})\s+(?=\S)", re.IGNORECASE
)
_OPENING = re.compile(
    r"^(?:an?\s+|the\s+)?(?:\w+\s+)?(?:photo|photograph|picture|image|painting|drawing|illustration|render)\s+of\s+",
    re.IGNORECASE,
)
# With the verb that brings it.
_QUOTED = re.compile(
    '(?:(?:that|which)\\s+)?(?:(?:says?|saying|reads?|reading)\\s+)?(?:"([^"]+)"|\u201c([^\u201d]+)\u201d)'
)
_ARTICLES = frozenset(("a", "an", "the", "some"))
_SINGULAR_ENDINGS = ("ss", "us", "is")


@dataclass(frozen=True)
class _Thing:
    """A noun phrase. noun: without article, number and colours."""

    noun: str
    colours: tuple[str, ...]
    count: int | None
    article: str

    @property
    def plural(self) -> bool:
        if self.count is not None:
            return self.count != 1
        last = self.noun.lower().split()[-1]
        return not self.article and last.endswith("s") and not last.endswith(_SINGULAR_ENDINGS)

    @property
    def named(self) -> bool:
        """Whether the words show that this is a thing and not a mood or a style."""
        return bool(self.article) or self.count is not None or bool(self.colours)

    def lines(self) -> Iterator[Line]:
        if self.count is not None and self.count > 1:
            yield Line(f"How many {self.noun} are there?", NUMBERS[self.count])
        else:
            first = self.article or ("one" if self.count else "")
            yield Line(f"Does this picture show {first} {self.noun}?".replace("  ", " "), "yes")
        if self.colours:
            yield Line(f"{self.be} the {self.noun} {' and '.join(self.colours)}?", "yes")

    @property
    def be(self) -> str:
        return "Are" if self.plural else "Is"


def facts(prompt: str) -> list[Line]:
    """The lines of the prompt, in its order and without repeats; none for an empty prompt."""
    words = [first or second for first, second in _QUOTED.findall(prompt)]
    found = list(_phrases(_OPENING.sub("", _QUOTED.sub(" ", prompt).strip())))
    found += [Line(f'Does this picture show the text "{text}", spelled exactly so?', "yes") for text in words]
    return list(dict.fromkeys(found))


def _phrases(text: str) -> Iterator[Line]:
    for clause in re.split(r"[,.;\n]+|\s+and\s+(?=(?:an?|the|some|" + "|".join(NUMBERS[1:]) + r"|\d+)\s)", text):
        # Nouns and the places between them, in turn.
        pieces = _PLACE.split(clause.strip())
        things = [_thing(piece) for piece in pieces[::2]]
        if not any(thing and thing.named for thing in things):
            if clause.strip():
                yield Line(f"Does this picture show {clause.strip()}?", "yes")
            continue
        for thing in things:
            if thing:
                yield from thing.lines()
        subject = things[0]
        for place, thing in zip(map(str.lower, pieces[1::2]), things[1:], strict=True):
            if place == _WITH:
                continue
            if subject and thing:
                yield Line(f"{subject.be} the {subject.noun} {place} the {thing.noun}?", "yes")
            subject = thing


def _thing(phrase: str) -> _Thing | None:
    """The noun phrase, or None if there is no noun."""
    words = [word for word in phrase.split() if word.lower() != "and"]
    article = words[0].lower() if words and words[0].lower() in _ARTICLES else ""
    words = words[bool(article) :]
    count = _number(words[0]) if words else None
    words = words[count is not None :]
    # The last word is the noun, even if it is also a colour, such as "orange".
    colours = tuple(word.lower() for word in words[:-1] if word.lower() in COLOURS)
    noun = " ".join([*(word for word in words[:-1] if word.lower() not in COLOURS), *words[-1:]])
    return _Thing(noun, colours, count, article) if noun else None


def _number(word: str) -> int | None:
    """The value of a number from one to twelve, else None."""
    if word.lower() in NUMBERS[1:]:
        return NUMBERS.index(word.lower())
    return int(word) if word.isascii() and word.isdigit() and 0 < int(word) < len(NUMBERS) else None
