"""Joins pools that were drawn and scored alike."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from ..quoting import quoted
from .pool import Pool, PoolError


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
