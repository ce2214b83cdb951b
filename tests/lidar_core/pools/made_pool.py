"""A small pool whose every field is set."""

import dataclasses

import torch

from lidar_core.pools.origin import Origin
from lidar_core.pools.pool import Pool

ORIGIN = Origin(8, 7.0, "dpmpp_2m", "karras", 3, 1.0, "SDXL", "SDXL", (0, 1, 0), redraws_noise=True)


def make_pool(seed=0, n=3, **fields):
    generator = torch.Generator().manual_seed(seed)
    rewards = torch.randn(n, generator=generator)
    fields = {"rows": (0, 1, 0)[:n], **fields}
    return Pool(
        torch.randn(n, 4, 2, 2, generator=generator),
        rewards,
        tuple(range(100 * seed, 100 * seed + n)),
        fields.pop("prompt", "a circle"),
        {"scorer": rewards, "other": -rewards},
        dataclasses.replace(ORIGIN, **fields),
        spread=0.7,
    )
