"""Tells what an unreadable file of weights really is; most often its download failed."""

import json
from pathlib import Path

from ..quoting import quoted

_LFS = b"version https://git-lfs"
_MARKUP = b"<"
# The beginning of a text file, which tells the encoding.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A server's message is short; a file of weights is not.
_LONGEST_MESSAGE = 1024
# The beginning of what torch.save writes. A zip file ends in a directory, with at most 64 KiB of comment after it.
_ZIP, _END_RECORD, _END_RECORD_WITHIN = b"PK\x03\x04", b"PK\x05\x06", 66_000
_CUT_SHORT = "is cut short: only the first part of it was downloaded. Download it again."


def looks_like(path: Path) -> str | None:
    """What the file is instead of weights, and what to do; None if that is unclear."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(1024)
        if not start:
            return "is empty: its download failed. Download it again."
        if start.startswith(_LFS):
            return (
                "is a Git LFS pointer, a few lines of text that stand for the real file: run `git lfs pull` where you "
                "cloned it, or download the file itself from its page."
            )
        text = start.removeprefix(_BYTE_ORDER_MARK).strip()
        if text.startswith(_MARKUP) and _is_text(text):
            return (
                "is a web page: the download got the page about the file, or one that asks you to log in. Download "
                "the file itself."
            )
        if size < _LONGEST_MESSAGE and _is_text(text):
            return (
                f"is no file of weights but the words {quoted(text.decode('utf-8', 'replace'))}: the server refused "
                "the download. Download it again, signed in if its page asks for it."
            )
        if start.startswith(_ZIP):
            file.seek(max(0, size - _END_RECORD_WITHIN))
            return None if _END_RECORD in file.read() else _CUT_SHORT
        header = int.from_bytes(start[:8], "little")
        if path.suffix.lower() in (".safetensors", ".sft") and start[8:9] == b"{":
            file.seek(8)
            if 8 + header > size or _end(file.read(header)) > size - 8 - header:
                return _CUT_SHORT
    return None


def _is_text(start: bytes) -> bool:
    """Whether the start of a file is text: no bytes that control anything but lines and tabs."""
    return min(start.translate(None, b"\t\n\r"), default=0) >= ord(" ")


def _end(header: bytes) -> int:
    """The end of the last tensor of a safetensors file, counted from the header's end; 0 if the header is invalid."""
    try:
        entries = json.loads(header).items()
        return max(entry["data_offsets"][1] for name, entry in entries if name != "__metadata__")
    except (ValueError, LookupError, TypeError, AttributeError):
        return 0
