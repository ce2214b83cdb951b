"""How exactly the text in a picture matches the wanted text."""

import re
from collections.abc import Sequence

from ..errors import LidarError

_QUOTED = re.compile('"([^"]+)"|\u201c([^\u201d]+)\u201d')


def wanted(texts: str, prompt: str) -> list[str]:
    """What the picture should say: the lines of `texts`, or the words in double quotation marks in the prompt."""
    found = [line.strip() for line in texts.splitlines() if line.strip()]
    found = found or [(straight or curly).strip() for straight, curly in _QUOTED.findall(prompt)]
    if not found:
        raise LidarError(
            "LiDAR Reward Text has nothing to look for: put the words that the picture should say in quotation marks "
            'in the prompt, as in a sign that says "OPEN", or write them into text.'
        )
    return list(dict.fromkeys(found))


def distance(one: str, other: str) -> int:
    """Levenshtein (1966): the fewest letters to insert, drop or change that turn one into the other."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, against in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != against))
    return row[-1]


def exactness(lines: Sequence[str], text: str, match_case: bool) -> float:
    """Between 0 and 1: 1 - distance / length of the longer, for the words in a row of `lines` that match best.

    lines: the text of the picture in reading order. Whole words are compared, so that an extra letter counts. A text
    may continue on the next line. The space between words counts as one letter.
    """
    if not match_case:
        lines, text = [line.casefold() for line in lines], text.casefold()
    words = [word for line in lines for word in line.split()]
    text = " ".join(text.split())
    longest = 2 * len(text.split())
    runs = (
        " ".join(words[start:stop])
        for start in range(len(words))
        for stop in range(start + 1, min(start + longest, len(words)) + 1)
    )
    return max((1 - distance(run, text) / max(len(run), len(text)) for run in runs), default=0.0)
