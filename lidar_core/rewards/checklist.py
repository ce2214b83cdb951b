"""A checklist: questions about a picture, each with its right answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..errors import LidarError
from ..quoting import quoted
from .question import NO, PLACE, YES, asked

NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_LINE = re.compile(r"(?P<question>.*\?)(?P<answer>[^?]*?)(?:\*\s*(?P<weight>\d+\.?\d*|\.\d+)\s*)?")
_EXAMPLE = "How many cats are there? two"


@dataclass(frozen=True)
class Line:
    """One fact to check. answer: yes, no, a number in digits or as a word, or a few words. weight: 0 or more."""

    question: str
    answer: str
    weight: float = 1.0

    @property
    def spellings(self) -> tuple[str, ...]:
        """The spellings that count as the right answer."""
        if self.answer in ("yes", "no"):
            return YES if self.answer == "yes" else NO
        word = NUMBERS[int(self.answer)] if self.answer.isdigit() and int(self.answer) < len(NUMBERS) else self.answer
        digits = (str(NUMBERS.index(word)),) if word in NUMBERS else ()
        return tuple(dict.fromkeys((*digits, word, word.lower(), word[0].upper() + word[1:])))

    @property
    def rivals(self) -> tuple[str, ...]:
        """The answers that compete with the right one; none: everything that the model could say."""
        return {"yes": NO, "no": YES}.get(self.answer, ())

    def asked(self, prompt: str) -> str:
        """The question as the model gets it, including the form that the answer should have."""
        if self.rivals:
            form = "Yes or No"
        elif self.spellings[0].isdigit():
            form = "one number"
        else:
            form = "one word" if len(self.answer.split()) == 1 else f"{len(self.answer.split())} words"
        return f"{asked(self.question, prompt)} Answer {'' if self.rivals else 'with '}{form}."

    def log_probability(self, spelled: torch.Tensor) -> torch.Tensor:
        """() log probability of the right answer, from those (k,) of its spellings followed by its rivals' spellings.

        Yes and no compete only with each other: how likely the model is to say something else varies from picture to
        picture and does not depend on the fact.
        """
        right = spelled[: len(self.spellings)].logsumexp(0)
        return right - spelled.logsumexp(0) if self.rivals else right.clamp(max=0.0)


def lines_of(text: str) -> list[Line]:
    """The lines of a checklist: `question? answer * weight`. Without an answer it is yes, without a weight 1."""
    lines = [_line(row.strip()) for row in text.splitlines() if row.strip()]
    if lines and not any(line.weight for line in lines):
        raise LidarError("Every line of the checklist has the weight 0: give at least one line more than * 0.")
    return lines


def _line(row: str) -> Line:
    match = _LINE.fullmatch(row)
    if match is None:
        raise LidarError(
            f"The checklist's line {quoted(row)} has no question mark: write a question and its right answer, as in "
            f"{quoted(_EXAMPLE)}."
        )
    answer = match["answer"].strip(" .\t\"'") or "yes"
    small = answer.lower()
    if small in ("yes", "no", *NUMBERS):
        answer = small
    return Line(match["question"].strip(), answer, float(match["weight"] or 1))


def weighted_mean(log_probabilities: torch.Tensor, weights: Sequence[float]) -> torch.Tensor:
    """(n,) from (lines, n) log probabilities in nats: the log of the weighted geometric mean of the probabilities.

    Soft-TIFA GM of GenEval 2 (arXiv 2512.16853), with weights. One missed fact costs more than several certain facts
    gain, and a fact that every picture shows changes nothing.
    """
    shares = torch.tensor(list(weights), dtype=torch.float32)
    return (shares / shares.sum()) @ log_probabilities


def names(lines: Sequence[Line], prompt: str) -> list[str]:
    """The name of each line among the parts of the score."""
    return [f"{asked(line.question, prompt)} {line.answer}" for line in lines]


def reads_prompt(lines: Sequence[Line]) -> bool:
    """Whether a line mentions the prompt, or there are no lines, which are then made from the prompt."""
    return not lines or any(PLACE in line.question for line in lines)
