"""Joins pools that were drawn and scored alike."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from ..quoting import quoted
from .pool import Pool, PoolError


def merge_pools(pools: Sequence[Pool]) -> Pool:
    """All samples of pools of one prompt, model, size and reward; a sample that is in several pools counts once.

    A mix compares the samples of a pool with each other, so its rewards are computed anew from the scores of all.
    """
    first = pools[0]
    for other in pools[1:]:
        _check_alike(first, other)
    latents = torch.cat([pool.latents for pool in pools])
    seeds = [seed for pool in pools for seed in pool.seeds]
    rows = [row for pool in pools for row in _rows(pool)]
    # Another machine draws the same sample a little differently, so seed and row identify it where the noise is known.
    drawn = all(pool.origin.redraws_noise for pool in pools)
    drawers = [pool.origin.lookahead_seed for pool in pools for _ in pool.seeds]
    same_noise: dict[tuple[int, int], list[int]] = {}
    for index, sample in enumerate(zip(seeds, rows, strict=True)):
        others = same_noise.setdefault(sample, [])
        if drawn and others:
            _check_not_by_chance(drawers[others[0]], drawers[index])
        elif not any(torch.equal(latents[other], latents[index]) for other in others):
            others.append(index)
    kept = sorted(index for others in same_noise.values() for index in others)
    lookahead_seeds = {pool.origin.lookahead_seed for pool in pools}
    scores = {name: torch.cat([pool.scores[name] for pool in pools])[kept] for name in first.scores}
    rewards = torch.cat([pool.rewards for pool in pools])[kept]
    return Pool(
        latents[kept],
        rewards if first.recipe is None else first.recipe.combined(scores),
        tuple(seeds[index] for index in kept),
        first.prompt,
        scores,
        replace(
            first.origin,
            handover=None,
            measured_with=None,
            lookahead_seed=lookahead_seeds.pop() if len(lookahead_seeds) == 1 else None,
            rows=tuple(rows[index] for index in kept) if all(pool.origin.rows for pool in pools) else (),
            rows_differ=any(pool.origin.rows_differ for pool in pools),
            redraws_noise=drawn,
        ),
        first.recipe,
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
        ("recipes of the reward", first.recipe, other.recipe),
    ):
        if ours != theirs:
            raise PoolError(
                f"The pools to merge have different {what}, {quoted(str(ours))} and {quoted(str(theirs))}: merge "
                "pools that were drawn and scored alike."
            )


def _rows(pool: Pool) -> tuple[int, ...]:
    return pool.origin.rows or (0,) * len(pool)


def _check_not_by_chance(first: int | None, second: int | None) -> None:
    """Refuse two pools of different lookahead seeds that have a sample in common."""
    if first is not None and second is not None and first != second:
        raise PoolError(
            f"The pools of the lookahead seeds {first} and {second} have a sample in common by chance: draw one of "
            "them with another lookahead seed."
        )
