"""Files that are there whole or not at all."""

import os
import uuid
from pathlib import Path


def write_whole(path: Path, contents: bytes) -> None:
    """Write a file of these contents, with its folder. A program that reads it meanwhile sees the whole file, the one
    that it replaces, or none. Its rights are those that the umask leaves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{uuid.uuid4().hex}.part")
    try:
        unfinished.write_bytes(contents)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
