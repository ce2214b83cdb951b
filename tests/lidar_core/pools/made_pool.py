"""A small pool whose every field is set."""

import dataclasses

import torch

from lidar_core.pools.origin import Origin
from lidar_core.pools.pool import Pool
from lidar_core.rewards.recipe import Mixed, Single

ORIGIN = Origin(8, 7.0, "dpmpp_2m", "karras", 3, 1.0, "SDXL", "SDXL", (0, 1, 0), redraws_noise=True)
RECIPE = Mixed("min", (Single("scorer", 0.7), Single("other")), (1.0, 2.0), 2.5)


def make_pool(seed=0, n=3, **fields):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(n, generator=generator)
    fields = {"rows": (0, 1, 0)[:n], **fields}
    return Pool(
        torch.randn(n, 4, 2, 2, generator=generator),
        RECIPE.combined({"scorer": scores, "other": -scores}),
        tuple(range(100 * seed, 100 * seed + n)),
        fields.pop("prompt", "a circle"),
        {"other": -scores, "scorer": scores},
        dataclasses.replace(ORIGIN, **fields),
        RECIPE,
    )
