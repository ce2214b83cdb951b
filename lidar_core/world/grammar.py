"""The language of the embedded world: a closed vocabulary and six families of prompts, after GenEval's six tasks."""

import random
import re
from dataclasses import dataclass
from itertools import permutations, product

from ..errors import LidarError
from ..quoting import quoted

COLOURS = ("red", "green", "blue", "yellow", "purple", "cyan")
SHAPES = ("circle", "square", "triangle", "star", "cross")
PLURALS = {"circle": "circles", "square": "squares", "triangle": "triangles", "star": "stars", "cross": "crosses"}
COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}
RELATIONS = ("left of", "right of", "above", "below")
FAMILIES = ("single object", "two objects", "counting", "colours", "position", "colour attribution")

START, END = "<start>", "<end>"
VOCABULARY = (
    START,
    END,
    *tuple(COUNTS),
    *COLOURS,
    *SHAPES,
    *tuple(PLURALS.values()),
    "and",
    "left",
    "right",
    "above",
    "below",
    "of",
)
TOKEN_IDS = {word: index for index, word in enumerate(VOCABULARY)}
CONTEXT_LENGTH = 16

_SHAPE_OF_WORD = {word: shape for shape, plural in PLURALS.items() for word in (shape, plural)}


class PromptError(LidarError):
    """The prompt lies outside the embedded world's language; the message says where, and lists the known words."""


@dataclass(frozen=True)
class Group:
    """`count` objects of one shape; a colour of None means any colour."""

    count: int
    colour: str | None
    shape: str

    def __str__(self) -> str:
        number = {1: "a", 2: "two", 3: "three", 4: "four"}[self.count]
        noun = self.shape if self.count == 1 else PLURALS[self.shape]
        return " ".join(word for word in (number, self.colour, noun) if word)


@dataclass(frozen=True)
class Prompt:
    """One or two groups of objects, and where the first stands relative to the second, if the prompt says so."""

    groups: tuple[Group, ...]
    relation: str | None = None

    def __str__(self) -> str:
        return f" {self.relation or 'and'} ".join(str(group) for group in self.groups)

    @property
    def family(self) -> str:
        if self.relation:
            return "position"
        if len(self.groups) == 2:
            return "colour attribution" if any(group.colour for group in self.groups) else "two objects"
        if self.groups[0].count > 1:
            return "counting"
        return "colours" if self.groups[0].colour else "single object"


def known_words() -> str:
    """The vocabulary as one line, for messages and help texts."""
    return ", ".join(word for word in VOCABULARY if not word.startswith("<"))


def words_of(text: str) -> list[str]:
    """Lower-case words of `text`; PromptError names the first one outside the vocabulary."""
    words = re.findall(r"[^\s,.]+", text.lower())
    for word in words:
        if word not in TOKEN_IDS or word.startswith("<"):
            raise PromptError(
                f"The embedded demo world does not know the word {quoted(word)} in the prompt {quoted(text)}. "
                f"Use only these words: {known_words()}. Example: a blue square left of a green triangle."
            )
    return words


def token_ids(text: str) -> list[int]:
    """CONTEXT_LENGTH ids: start, the words, then end repeated as padding. Longer prompts raise PromptError."""
    words = words_of(text)
    if len(words) > CONTEXT_LENGTH - 2:
        raise PromptError(
            f"The prompt {quoted(text)} has {len(words)} words; the embedded demo world reads at most "
            f"{CONTEXT_LENGTH - 2}. Shorten it."
        )
    ids = [TOKEN_IDS[START], *(TOKEN_IDS[word] for word in words)]
    return ids + [TOKEN_IDS[END]] * (CONTEXT_LENGTH - len(ids))


def parse(text: str) -> Prompt:
    """Read `text` as a Prompt: one group of objects, or two joined by "and" or a relation."""
    words = words_of(text)
    first, rest = _parse_group(words, text)
    if not rest:
        return Prompt((first,))
    joint = " ".join(rest[:2]) if rest[0] in ("left", "right") else rest[0]
    if joint != "and" and joint not in RELATIONS:
        raise _not_a_scene(text, f'"{joint}" cannot join two groups of objects')
    second, rest = _parse_group(rest[len(joint.split()) :], text)
    if rest:
        raise _not_a_scene(text, f'"{" ".join(rest)}" follows the second group of objects')
    return Prompt((first, second), None if joint == "and" else joint)


def _parse_group(words: list[str], text: str) -> tuple[Group, list[str]]:
    if not words or words[0] not in COUNTS:
        raise _not_a_scene(text, f"a group of objects starts with one of {', '.join(COUNTS)}")
    count, words = COUNTS[words[0]], words[1:]
    colour = None
    if words and words[0] in COLOURS:
        colour, words = words[0], words[1:]
    if not words or words[0] not in _SHAPE_OF_WORD:
        raise _not_a_scene(text, f"a group of objects ends with a shape, one of {', '.join(SHAPES)}")
    return Group(count, colour, _SHAPE_OF_WORD[words[0]]), words[1:]


def _not_a_scene(text: str, why: str) -> PromptError:
    return PromptError(
        f"The prompt {quoted(text)} does not describe a scene of the embedded demo world: {why}. "
        "Examples: a star; two red circles; a blue square left of a green triangle."
    )


def family_prompts(family: str) -> list[Prompt]:
    """Every prompt of one family, in a fixed order."""
    ones = [Group(1, None, shape) for shape in SHAPES]
    coloured = [Group(1, colour, shape) for colour, shape in product(COLOURS, SHAPES)]
    if family == "single object":
        return [Prompt((group,)) for group in ones]
    if family == "two objects":
        return [Prompt(pair) for pair in permutations(ones, 2)]
    if family == "counting":
        return [
            Prompt((Group(count, colour, shape),))
            for count, colour, shape in product((2, 3, 4), (None, *COLOURS), SHAPES)
        ]
    if family == "colours":
        return [Prompt((group,)) for group in coloured]
    pairs = [(a, b) for a, b in permutations(coloured, 2) if a.colour != b.colour]
    if family == "colour attribution":
        return [Prompt(pair) for pair in pairs]
    if family == "position":
        plain = list(permutations(ones, 2))
        return [Prompt(pair, relation) for pair, relation in product(plain + pairs, RELATIONS)]
    raise ValueError(f'Unknown prompt family "{family}"; the families are {", ".join(FAMILIES)}.')


def sample_prompt(rng: random.Random, family: str | None = None) -> Prompt:
    """A random prompt of `family`, or of a random family."""
    return _draw(rng, family or rng.choice(FAMILIES))


def _draw(rng: random.Random, family: str) -> Prompt:
    prompts = _PROMPTS_BY_FAMILY[family]
    if family == "position" and rng.random() < 0.5:
        prompts = prompts[: 20 * len(RELATIONS)]
    if family == "counting" and rng.random() < 0.3:
        prompts = [prompt for prompt in prompts if prompt.groups[0].colour is None]
    return rng.choice(prompts)


_PROMPTS_BY_FAMILY = {family: family_prompts(family) for family in FAMILIES}
