"""Users' text in messages and logs."""


def quoted(text: str, longest: int = 60) -> str:
    """The start of `text` in quotation marks, in ASCII: a log fails on a character that its encoding lacks."""
    shown = text if len(text) <= longest else text[: longest - 3] + "..."
    return '"' + shown.encode("unicode_escape").decode("ascii") + '"'
