"""Pool files below the host's output and input folders."""

import fnmatch
import os
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import folder_paths

from ...lidar_core.pools.files import save_pool
from ...lidar_core.pools.pool import Pool, PoolError
from ...lidar_core.quoting import quoted
from .listing import files_below, files_in, status

POOL_FOLDER = "lidar_pools"
_ENDING = ".safetensors"


def pool_files() -> list[str]:
    """Files that may be pools, newest first, as patterns for `matching_files`: those in lidar_pools and its subfolders,
    and those directly in the output and input folders."""
    found: list[tuple[float, str]] = []
    for mark, root in _roots().items():
        folder = os.path.join(root, POOL_FOLDER)
        for path in [*files_in(root, [_ENDING]), *files_below(folder, [_ENDING])]:
            about = status(path)
            if about is not None:
                name = os.path.relpath(path, root).replace(os.sep, "/")
                found.append((about.st_mtime, name if mark == "output" else f"{name} [{mark}]"))
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
            paths = sorted(path for root in _roots().values() for path in files_below(root, [_ENDING]))
        else:
            paths = matching_files(pattern)
    except PoolError:
        return []
    files = [(path, status(path)) for path in paths]
    return [(path, about.st_size, about.st_mtime_ns) for path, about in files if about is not None]


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
        return list(files_in(path, [_ENDING]))
    for whole in (path, path + _ENDING):
        if os.path.isfile(whole):
            return [whole]
    folder, name = os.path.split(path)
    return [entry for entry in files_in(folder, [_ENDING]) if fnmatch.fnmatchcase(os.path.basename(entry), name)]
