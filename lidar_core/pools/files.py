"""Pools as safetensors files, layout version 2.

Tensors: "latents" (n, ...), "rewards" (n,), and "scores.<i>" (n,) for the i-th single reward. The metadata has one
key, "lidar_pool", whose value is a JSON object: version, prompt, seeds, names (of the single rewards), recipe with the
fields of `Single` or `Mixed` (or null), and origin with those of `Origin`. Readers ignore unknown keys.
"""

import hashlib
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..errors import LidarError
from ..networks.downloads import looks_like
from ..quoting import quoted
from ..rewards.recipe import MODES, Mixed, Recipe, Single
from ..whole_file import write_whole
from .origin import Origin
from .pool import Pool, PoolError

KEY, VERSION = "lidar_pool", 2
_LARGEST_SEED = 2**64 - 1


def save_pool(pool: Pool, folder: Path | str, name: str) -> Path:
    """Write `pool` to a file in `folder` named `name` and a hash of its contents, and return the path.

    The same pool gives the same file, and no other pool has its name. A program that reads it meanwhile sees the whole
    file or none.
    """
    tensors = {"latents": pool.latents.contiguous(), "rewards": pool.rewards}
    # The scores of a single reward may be the rewards themselves, and safetensors refuses tensors that share memory.
    tensors |= {f"scores.{index}": numbers.clone() for index, numbers in enumerate(pool.scores.values())}
    contents = {
        "version": VERSION,
        "prompt": pool.prompt,
        "seeds": pool.seeds,
        "names": list(pool.scores),
        "recipe": None if pool.recipe is None else asdict(pool.recipe),
        "origin": asdict(pool.origin),
    }
    file = save(tensors, {KEY: json.dumps(contents, sort_keys=True)})
    path = Path(folder) / f"{name}_{hashlib.sha256(file).hexdigest()[:16]}.safetensors"
    if path.is_file() and path.read_bytes() == file:
        return path
    write_whole(path, file)
    return path


def load_pool(path: Path) -> Pool:
    """The pool in `path`; PoolError says what is wrong with the file."""
    name = quoted(path.name)
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get(KEY)
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        # Not chained: the cause holds the unquoted name, which the log may be unable to encode.
        failed_copy = looks_like(path) if path.is_file() else None
        raise PoolError(f"The pool file {name} {failed_copy or f'cannot be read: {quoted(str(error))}.'}") from None
    if text is None:
        raise PoolError(f"The file {name} is not a LiDAR pool: choose one that LiDAR Save Pool wrote.")
    try:
        contents = json.loads(text)
        version = _stored(contents, "version", int)
        if version != VERSION:
            raise PoolError(f"Its layout version is {version}, this pack reads {VERSION}.")
        return _pool(tensors, contents)
    except (LidarError, json.JSONDecodeError, RecursionError) as error:
        raise PoolError(f"The pool file {name} cannot be used: {error} Draw and save the pool again.") from None


def _pool(tensors: dict[str, torch.Tensor], contents: object) -> Pool:
    names, seeds, origin = (
        _stored(contents, key, kind) for key, kind in (("names", list), ("seeds", list), ("origin", dict))
    )
    recipe = _stored(contents, "recipe", dict | None)
    if not all(isinstance(name, str) for name in names):
        raise PoolError("The name of a reward is not text.")
    if not all(isinstance(seed, int) and 0 <= seed <= _LARGEST_SEED for seed in seeds):
        raise PoolError("A seed is not a number between 0 and 2^64.")
    return Pool(
        _stored(tensors, "latents", torch.Tensor),
        _stored(tensors, "rewards", torch.Tensor),
        tuple(seeds),
        _stored(contents, "prompt", str),
        {name: _stored(tensors, f"scores.{index}", torch.Tensor) for index, name in enumerate(names)},
        _origin(origin),
        None if recipe is None else _recipe(recipe),
    )


def _recipe(stored: dict[str, object]) -> Recipe:
    if "parts" not in stored:
        return Single(_stored(stored, "name", str), _number(stored, "spread"))
    parts = tuple(_recipe(part) for part in _each(stored, "parts", dict))
    weights = tuple(_each(stored, "weights", float))
    mode = _stored(stored, "mode", str)
    if mode not in MODES or len(weights) != len(parts) or not all(map(math.isfinite, weights)):
        raise PoolError("Its recipe is of a kind that this pack does not know.")
    return Mixed(mode, parts, weights, _number(stored, "clip"))


def _origin(stored: dict[str, object]) -> Origin:
    known: dict[str, Any] = {}
    for name, kind in get_type_hints(Origin).items():
        if name == "rows":
            rows = _stored({"rows": [], **stored}, name, list)
            if not all(isinstance(row, int) and row >= 0 for row in rows):
                raise PoolError("A source row is not a number of 0 or more.")
            known[name] = tuple(rows)
        elif name in stored:
            known[name] = _stored(stored, name, kind)
    return Origin(**known)


def _each(contents: object, name: str, kind: type) -> list[Any]:
    entries = _stored(contents, name, list)
    if not all(isinstance(entry, kind) for entry in entries):
        raise PoolError(f'Its "{name}" holds an entry of the wrong type.')
    return entries


def _number(contents: object, name: str) -> float:
    """A finite number of 0 or more."""
    number: float = _stored(contents, name, float)
    if not 0 <= number < math.inf:
        raise PoolError(f'Its "{name}" is {number:g}, not a number of 0 or more.')
    return number


def _stored(contents: object, name: str, kind: Any) -> Any:
    missing = object()
    value = contents.get(name, missing) if isinstance(contents, dict) else missing
    if not isinstance(value, kind):
        raise PoolError(f'Its "{name}" is missing or of the wrong type.')
    return value
