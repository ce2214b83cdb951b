"""Lists files of folders. Nothing here raises, because node schemas need it: what cannot be read is skipped."""

import functools
import logging
import os
import stat
from collections import deque
from collections.abc import Collection, Iterator

from ...lidar_core.quoting import quoted

logger = logging.getLogger(__name__)


def files_in(folder: str, endings: Collection[str]) -> Iterator[str]:
    """The files directly in `folder` with one of these endings; none if it cannot be read."""
    return (entry.path for entry in _entries(folder) if _is_file(entry, endings))


def files_below(folder: str, endings: Collection[str]) -> Iterator[str]:
    """The files with one of these endings in `folder` and in all folders in it. A folder that links lead to as well is
    read once, under its own name where it has one."""
    seen, ahead = set(), deque([folder])
    while ahead:
        inner = ahead.popleft()
        identity = _identity(inner)
        if identity is None or identity in seen:
            continue
        seen.add(identity)
        for entry in _entries(inner):
            if entry.is_dir(follow_symlinks=False):
                ahead.appendleft(entry.path)
            # DirEntry.is_dir raises for a link to itself.
            elif entry.is_symlink() and os.path.isdir(entry.path):
                ahead.append(entry.path)
            elif _is_file(entry, endings):
                yield entry.path


def status(path: str) -> os.stat_result | None:
    """The status of a file; None if it is not a file or cannot be read."""
    try:
        found = os.stat(path)
    except OSError as error:
        _say_once(f"LiDAR skips the file {quoted(os.path.basename(path))}: {quoted(str(error.strerror))}.")
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        _say_unlisted(folder, error)
        return []


def _identity(folder: str) -> tuple[int, int] | str | None:
    """The same for all paths of a folder; None if it cannot be reached."""
    try:
        found = os.stat(folder)
    except OSError as error:
        _say_unlisted(folder, error)
        return None
    # Some network disks number no folders.
    return (found.st_dev, found.st_ino) if found.st_ino else os.path.realpath(folder)


def _say_unlisted(folder: str, error: OSError) -> None:
    """Not of a folder that is not there."""
    if not isinstance(error, FileNotFoundError):
        _say_once(f"LiDAR cannot list the folder {quoted(os.path.basename(folder))}: {quoted(str(error.strerror))}.")


def _is_file(entry: os.DirEntry[str], endings: Collection[str]) -> bool:
    return os.path.splitext(entry.name)[1].lower() in endings and status(entry.path) is not None


# Only once, since the host asks for the lists again and again.
@functools.lru_cache(maxsize=256)
def _say_once(text: str) -> None:
    logger.warning(text)
