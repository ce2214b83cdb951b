"""Users' words in messages and logs."""

_LONGEST = 60


def quoted(text: str) -> str:
    """The start of `text` in quotation marks, in ASCII: a log whose encoding lacks a character fails on it."""
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    return '"' + shown.encode("unicode_escape").decode("ascii") + '"'
