"""Pools as safetensors files, layout version 1.

Tensors: "latents" (n, ...), "rewards" (n,), and "scores.<name>" (n,) for each single reward. Metadata, all strings:
"format" is "lidar-pool", "version" is "1", "prompt" is plain text, "seeds" and "settings" are JSON, "spread" is a
number and may be missing.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .pool import Pool, PoolError

FORMAT, VERSION = "lidar-pool", "1"
_SCORE = "scores."


def save_pool(pool: Pool, path: Path) -> None:
    """Write `pool` to `path`; whoever reads meanwhile sees the old file or the new one, never a part."""
    tensors = {"latents": pool.latents.contiguous(), "rewards": pool.rewards}
    # A single reward's scores often are the rewards, and safetensors refuses tensors that share memory.
    tensors |= {_SCORE + name: numbers.clone() for name, numbers in pool.scores.items()}
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "prompt": pool.prompt,
        "seeds": json.dumps(pool.seeds),
        "settings": json.dumps(dict(pool.settings), sort_keys=True),
        "spread": repr(pool.spread),
    }
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
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise PoolError(f'The pool file "{path.name}" cannot be read, it may be cut short: {error}.') from error
    if metadata.get("format") != FORMAT:
        raise PoolError(f'The file "{path.name}" is not a LiDAR pool: choose one that LiDAR Save Pool wrote.')
    if metadata.get("version") != VERSION:
        raise PoolError(
            f'The pool file "{path.name}" has the layout version {metadata.get("version")}, this pack reads version '
            f"{VERSION}: update the pack."
        )
    return Pool(
        tensors["latents"],
        tensors["rewards"],
        tuple(json.loads(metadata["seeds"])),
        metadata["prompt"],
        {name.removeprefix(_SCORE): numbers for name, numbers in tensors.items() if name.startswith(_SCORE)},
        json.loads(metadata["settings"]),
        float(metadata.get("spread", 0)),
    )


def merge_pools(pools: Sequence[Pool]) -> Pool:
    """All samples of pools of one prompt, model, size and reward; a sample that is in several counts once."""
    first = pools[0]
    for other in pools[1:]:
        for what, ours, theirs in (
            ("prompts", first.prompt, other.prompt),
            ("latent shapes", tuple(first.latents.shape[1:]), tuple(other.latents.shape[1:])),
            ("models", first.settings.get("model"), other.settings.get("model")),
            ("latent formats", first.settings.get("latent_format"), other.settings.get("latent_format")),
            ("rewards", sorted(first.scores), sorted(other.scores)),
        ):
            if ours != theirs:
                raise PoolError(
                    f"The pools to merge have different {what}, {ours!r} and {theirs!r}: merge pools that were drawn "
                    "and scored alike."
                )
    latents = torch.cat([pool.latents for pool in pools])
    seeds = tuple(seed for pool in pools for seed in pool.seeds)
    kept: list[int] = []
    for index, seed in enumerate(seeds):
        if not any(seeds[other] == seed and torch.equal(latents[other], latents[index]) for other in kept):
            kept.append(index)
    return Pool(
        latents[kept],
        torch.cat([pool.rewards for pool in pools])[kept],
        tuple(seeds[index] for index in kept),
        first.prompt,
        {name: torch.cat([pool.scores[name] for pool in pools])[kept] for name in first.scores},
        first.settings,
        max(pool.spread for pool in pools),
    )
