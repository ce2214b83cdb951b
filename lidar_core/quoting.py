"""Users' text, as messages, logs and tokenizers can take it."""


def quoted(text: str, longest: int = 60) -> str:
    """The start of `text` in quotation marks, in ASCII: a log fails on a character that its encoding lacks."""
    shown = text if len(text) <= longest else text[: longest - 3] + "..."
    return '"' + shown.encode("unicode_escape").decode("ascii") + '"'


def whole_characters(text: str) -> str:
    """`text` with a mark in place of each half of a character, which a program that cut it may have left; tokenizers
    refuse those."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
