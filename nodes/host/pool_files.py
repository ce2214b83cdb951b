"""Pool files below the host's output and input folders."""

import fnmatch
import functools
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import folder_paths

from ...lidar_core.pools.files import save_pool
from ...lidar_core.pools.pool import Pool, PoolError
from ...lidar_core.quoting import quoted

logger = logging.getLogger(__name__)

POOL_FOLDER = "lidar_pools"
_EXTENSION = ".safetensors"


def pool_files() -> list[str]:
    """Files that may be pools, newest first, as patterns for `matching_files`: those in lidar_pools and its subfolders,
    and those directly in the output and input folders."""
    found: list[tuple[float, str]] = []
    for mark, root in _roots().items():
        folder = os.path.join(root, POOL_FOLDER)
        for path in [*_files_in(root), *_files_below(folder)]:
            status = _status(path)
            if status is not None:
                name = os.path.relpath(path, root).replace(os.sep, "/")
                found.append((status.st_mtime, name if mark == "output" else f"{name} [{mark}]"))
    return [name for _, name in sorted(found, reverse=True)]


def matching_files(pattern: str) -> list[str]:
    """The paths of the pool files that `pattern` names: a file, a folder, or a name with * and ?.

    `pattern` is relative to the output and the input folder; it may end in " [output]" or " [input]" for one of them.
    """
    roots = _roots()
    for mark in roots:
        if pattern.endswith(f" [{mark}]"):
            pattern, roots = pattern.removesuffix(f" [{mark}]"), {mark: roots[mark]}
            break
    parts = PurePosixPath(pattern.replace("\\", "/")).parts
    if ".." in parts or pattern.startswith(("/", "\\")) or PureWindowsPath(pattern).drive or "\0" in pattern:
        raise PoolError(
            f"{quoted(pattern)} leads out of the output and input folder: name a file or folder below them."
        )
    if not parts:
        raise PoolError("No pool is named: choose a file, or give a folder or pattern below the output folder.")
    try:
        os.fsencode(pattern)
    except UnicodeEncodeError:
        # Half of a character, which no file's name has.
        return []
    return sorted(path for root in roots.values() for path in _matches(os.path.join(root, *parts)))


def fingerprint(pattern: str | None) -> list[tuple[str, int, int]]:
    """Path, size and time of each file that `pattern` names now; of every file that may be a pool if it is None."""
    try:
        if pattern is None:
            paths = sorted(path for root in _roots().values() for path in _files_below(root))
        else:
            paths = matching_files(pattern)
    except PoolError:
        return []
    entries = [(path, _status(path)) for path in paths]
    return [(path, status.st_size, status.st_mtime_ns) for path, status in entries if status is not None]


def saved_file(pool: Pool, filename_prefix: str) -> dict[str, Any]:
    """Save `pool` below the output folder, and return the file in the form of the host's history."""
    parts = PurePosixPath(os.path.normpath(filename_prefix).replace("\\", "/")).parts
    if not filename_prefix.strip() or not parts or ".." in parts or os.path.isabs(filename_prefix):
        raise PoolError(
            f"filename_prefix is {quoted(filename_prefix)}, which names no file below the output folder: give a name "
            'such as "lidar_pools/pool".'
        )
    try:
        folder, name, _, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix, folder_paths.get_output_directory()
        )
        path = save_pool(pool, folder, name)
    except (OSError, ValueError) as error:
        raise PoolError(f"The pool cannot be saved under {quoted(filename_prefix)}: {quoted(str(error))}.") from None
    return {"filename": path.name, "subfolder": subfolder, "type": "output", "samples": len(pool)}


def _roots() -> dict[str, str]:
    return {"output": folder_paths.get_output_directory(), "input": folder_paths.get_input_directory()}


def _matches(path: str) -> list[str]:
    if os.path.isdir(path):
        return list(_files_in(path))
    for whole in (path, path + _EXTENSION):
        if os.path.isfile(whole):
            return [whole]
    folder, name = os.path.split(path)
    return [entry for entry in _files_in(folder) if fnmatch.fnmatchcase(os.path.basename(entry), name)]


def _files_in(folder: str) -> Iterator[str]:
    """The files directly in `folder` that have the extension; none if it cannot be read."""
    try:
        names = os.listdir(folder)
    except OSError as error:
        _say_unlisted(error)
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(_EXTENSION) and _status(path) is not None:
            yield path


def _files_below(folder: str) -> Iterator[str]:
    """The files of `folder` and of all folders in it; links are followed once."""
    seen = set()
    for inner, folders, _ in os.walk(folder, onerror=_say_unlisted, followlinks=True):
        seen.add(os.path.realpath(inner))
        folders[:] = [name for name in folders if os.path.realpath(os.path.join(inner, name)) not in seen]
        yield from _files_in(inner)


def _status(path: str) -> os.stat_result | None:
    """The status of a file; None if it is not a file or cannot be read."""
    try:
        status = os.stat(path)
    except OSError as error:
        _say_once(f"LiDAR skips the pool file {quoted(os.path.basename(path))}: {quoted(str(error.strerror))}.")
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _say_unlisted(error: OSError) -> None:
    """Not of a folder that is not there."""
    if not isinstance(error, FileNotFoundError):
        folder = os.path.basename(str(error.filename))
        _say_once(f"LiDAR cannot list the folder {quoted(folder)}: {quoted(str(error.strerror))}.")


# Only once, since the host asks for the list again and again.
@functools.lru_cache(maxsize=256)
def _say_once(text: str) -> None:
    logger.warning(text)
