"""Pools as safetensors files, layout version 2.

Tensors: "latents" (n, ...), "rewards" (n,), and "scores.<i>" (n,) for the i-th single reward. Metadata, all strings:
"format" is "lidar-pool", "version" is "2", "pool" is a JSON object: prompt, seeds, names (of the single rewards),
spread, and origin with the fields of `Origin`. Readers ignore keys that they do not know.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..quoting import quoted
from .origin import Origin
from .pool import Pool, PoolError

FORMAT, VERSION = "lidar-pool", "2"
_LARGEST_SEED = 2**64 - 1


def save_pool(pool: Pool, path: Path) -> None:
    """Write `pool` to `path`; whoever reads meanwhile sees the old file or the new one, never a part."""
    tensors = {"latents": pool.latents.contiguous(), "rewards": pool.rewards}
    # A single reward's scores often are the rewards, and safetensors refuses tensors that share memory.
    tensors |= {f"scores.{index}": numbers.clone() for index, numbers in enumerate(pool.scores.values())}
    contents = {
        "prompt": pool.prompt,
        "seeds": pool.seeds,
        "names": list(pool.scores),
        "spread": pool.spread,
        "origin": asdict(pool.origin),
    }
    metadata = {"format": FORMAT, "version": VERSION, "pool": json.dumps(contents, sort_keys=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    try:
        save_file(tensors, unfinished, metadata)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise


def load_pool(path: Path) -> Pool:
    """The pool in `path`; PoolError says what is wrong with a file that holds none."""
    name = quoted(path.name)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise PoolError(f"The pool file {name} cannot be read, it may be cut short: {error}.") from error
    if metadata.get("format") != FORMAT:
        raise PoolError(f"The file {name} is not a LiDAR pool: choose one that LiDAR Save Pool wrote.")
    if metadata.get("version") != VERSION:
        raise PoolError(
            f"The pool file {name} has the layout version {metadata.get('version')}, this pack reads version "
            f"{VERSION}: draw and save the pool again with this version of the pack."
        )
    try:
        return _pool(tensors, json.loads(metadata.get("pool", "")))
    except (PoolError, json.JSONDecodeError) as error:
        raise PoolError(f"The pool file {name} is damaged: draw and save the pool again. ({error})") from error


def _pool(tensors: dict[str, torch.Tensor], contents: object) -> Pool:
    names, seeds, origin = (
        _stored(contents, key, kind) for key, kind in (("names", list), ("seeds", list), ("origin", dict))
    )
    if not all(isinstance(name, str) for name in names):
        raise PoolError("A name of a reward is no text.")
    if not all(isinstance(seed, int) and 0 <= seed <= _LARGEST_SEED for seed in seeds):
        raise PoolError("A seed is no number between 0 and 2^64.")
    return Pool(
        _stored(tensors, "latents", torch.Tensor),
        _stored(tensors, "rewards", torch.Tensor),
        tuple(seeds),
        _stored(contents, "prompt", str),
        {name: _stored(tensors, f"scores.{index}", torch.Tensor) for index, name in enumerate(names)},
        _origin(origin),
        _stored(contents, "spread", float),
    )


def _origin(stored: dict[str, object]) -> Origin:
    known: dict[str, Any] = {}
    for name, kind in get_type_hints(Origin).items():
        if name == "rows":
            rows = stored.get(name)
            if not isinstance(rows, list) or not all(isinstance(row, int) and row >= 0 for row in rows):
                raise PoolError("The source rows are no list of whole numbers.")
            known[name] = tuple(rows)
        else:
            known[name] = _stored(stored, name, kind)
    return Origin(**known)


def _stored(contents: object, name: str, kind: Any) -> Any:
    value = contents.get(name) if isinstance(contents, dict) else None
    if not isinstance(value, kind):
        raise PoolError(f'Its "{name}" is missing or of another kind.')
    return value


def merge_pools(pools: Sequence[Pool]) -> Pool:
    """All samples of pools of one prompt, model, size and reward; a sample that is in several counts once."""
    first = pools[0]
    for other in pools[1:]:
        _check_alike(first, other)
    latents = torch.cat([pool.latents for pool in pools])
    seeds = [seed for pool in pools for seed in pool.seeds]
    rows = [row for pool in pools for row in pool.origin.rows or (0,) * len(pool)]
    # Another machine draws the same sample a little differently; without known noise only the sample itself tells.
    drawn = all(pool.origin.redraws_noise for pool in pools)
    kept: list[int] = []
    for index in range(len(seeds)):
        alike = (other for other in kept if (seeds[other], rows[other]) == (seeds[index], rows[index]))
        if not any(drawn or torch.equal(latents[other], latents[index]) for other in alike):
            kept.append(index)
    lookahead_seeds = {pool.origin.lookahead_seed for pool in pools}
    return Pool(
        latents[kept],
        torch.cat([pool.rewards for pool in pools])[kept],
        tuple(seeds[index] for index in kept),
        first.prompt,
        {name: torch.cat([pool.scores[name] for pool in pools])[kept] for name in first.scores},
        replace(
            first.origin,
            handover=None,
            measured_with=None,
            lookahead_seed=lookahead_seeds.pop() if len(lookahead_seeds) == 1 else None,
            rows=tuple(rows[index] for index in kept) if all(pool.origin.rows for pool in pools) else (),
            redraws_noise=drawn,
        ),
        max(pool.spread for pool in pools),
    )


def _check_alike(first: Pool, other: Pool) -> None:
    for what, ours, theirs in (
        ("prompts", first.prompt, other.prompt),
        ("latent shapes", tuple(first.latents.shape[1:]), tuple(other.latents.shape[1:])),
        ("models", first.origin.model, other.origin.model),
        ("latent formats", first.origin.latent_format, other.origin.latent_format),
        ("steps", first.origin.steps, other.origin.steps),
        ("cfgs", first.origin.cfg, other.origin.cfg),
        ("samplers", first.origin.sampler_name, other.origin.sampler_name),
        ("schedulers", first.origin.scheduler, other.origin.scheduler),
        ("denoises", first.origin.denoise, other.origin.denoise),
        ("rewards", sorted(first.scores), sorted(other.scores)),
    ):
        if ours != theirs:
            raise PoolError(
                f"The pools to merge have different {what}, {quoted(str(ours))} and {quoted(str(theirs))}: merge "
                "pools that were drawn and scored alike."
            )
