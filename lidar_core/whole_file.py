"""Files that are there whole or not at all."""

import contextlib
import os
import time
import uuid
from pathlib import Path

# Seconds without a change, after which the program that wrote an unfinished file must have ended.
_ABANDONED_AFTER = 3600


def write_whole(path: Path, contents: bytes) -> None:
    """Write a file of these contents, with its folder. A program that reads it meanwhile sees the whole file, the one
    that it replaces, or none. Its rights are those that the umask leaves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path.parent)
    unfinished = path.with_name(f"lidar_{uuid.uuid4().hex}.part")
    try:
        unfinished.write_bytes(contents)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _remove_abandoned(folder: Path) -> None:
    """Remove the unfinished files of programs that were killed while they wrote."""
    for unfinished in folder.glob("lidar_*.part"):
        # Another program may remove it first.
        with contextlib.suppress(OSError):
            if unfinished.stat().st_mtime < time.time() - _ABANDONED_AFTER:
                unfinished.unlink()
