"""How far a picture is from anything that the embedded world's renderer draws. It reads no prompt and never guides.

The nearest render is rebuilt from the picture alone: on an even background, each blob gets the shape, size and colour
of the world that fit it best. The remaining difference is what no render shows: soft or wavy outlines, bent shapes,
impure colours, ghosts, noise.
"""

import itertools
from functools import cache
from typing import NamedTuple

import torch

from lidar_core.world.blobs import blobs
from lidar_core.world.grammar import SHAPES
from lidar_core.world.scenes import PALETTE, paint, signed_distance

_CONTRAST = 0.25
_SMALLEST_AREA = 12
_SIZES = (0.92, 0.96, 1.0, 1.04, 1.08)
_SHIFTS = (-0.5, 0.0, 0.5)
_BACKGROUND = (0.82, 0.98)
"""The renderer's greys."""


class _Box(NamedTuple):
    """An object's centre and the mean of its two sides, in pixels or in units of its radius."""

    x: float
    y: float
    side: float


def flaws(pictures: torch.Tensor) -> torch.Tensor:
    """(N,) root mean square differences between pictures (N, H, W, 3) in [0, 1] and their nearest renders, in 1/255."""
    return torch.stack([255 * (picture - nearest_render(picture)).square().mean().sqrt() for picture in pictures.cpu()])


def nearest_render(picture: torch.Tensor) -> torch.Tensor:
    """(H, W, 3) the render that is most like one picture (H, W, 3)."""
    border = torch.cat([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    background = border.median(0).values.mean().clamp(*_BACKGROUND)
    render = background.expand(3, *picture.shape[:2]).clone()
    objects = (picture - background).norm(dim=2) > _CONTRAST
    labels = blobs(objects[None])[0]
    units = {shape: _unit_box(shape) for shape in SHAPES}
    for label in labels.unique():
        blob = labels == label
        if label > 0 and blob.sum() >= _SMALLEST_AREA:
            colour = PALETTE[torch.cdist(picture[blob], PALETTE).mean(0).argmin()]
            paint(render, _outline(picture, blob, colour - background, background, units), colour)
    return render.movedim(0, 2)


class _Place(NamedTuple):
    """Where an object stands, in pixels."""

    shape: str
    x: float
    y: float
    radius: float

    def distance(self, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Distance from the outline to the pixels at (u, v), positive inside."""
        return self.radius * signed_distance(self.shape, (u - self.x) / self.radius, (v - self.y) / self.radius)


def _outline(
    picture: torch.Tensor, blob: torch.Tensor, way: torch.Tensor, background: torch.Tensor, units: dict[str, _Box]
) -> torch.Tensor:
    """(H, W) distance in pixels to the outline of the object that covers the blob best.

    way: from the background to the object's colour; the position of a pixel along it is the pixel's covered share.
    """
    covered = ((picture - background) @ way / way.square().sum()).clamp(0, 1)
    found = _box(blob)
    near = tuple(
        slice(max(0, int(centre - found.side / 2 - 6)), int(centre + found.side / 2 + 6))
        for centre in (found.y, found.x)
    )
    v, u = torch.meshgrid(*(torch.arange(float(count)) + 0.5 for count in blob.shape), indexing="ij")

    def error(place: _Place) -> float:
        return float(((place.distance(u[near], v[near]) + 0.5).clamp(0, 1) - covered[near]).square().sum())

    sized = []
    for (shape, unit), size in itertools.product(units.items(), _SIZES):
        radius = size * found.side / unit.side
        sized.append(_Place(shape, found.x - radius * unit.x, found.y - radius * unit.y, radius))
    shape, x, y, radius = min(sized, key=error)
    moved = [_Place(shape, x + right, y + down, radius) for right, down in itertools.product(_SHIFTS, _SHIFTS)]
    return min(moved, key=error).distance(u, v)


@cache
def _unit_box(shape: str) -> _Box:
    grid = torch.linspace(-1.2, 1.2, 241)
    v, u = torch.meshgrid(grid, grid, indexing="ij")
    found = _box(signed_distance(shape, u, v) > 0)
    return _Box(0.01 * (found.x - 120.5), 0.01 * (found.y - 120.5), 0.01 * found.side)


def _box(mask: torch.Tensor) -> _Box:
    rows, columns = mask.nonzero().unbind(1)
    top, bottom, left, right = (float(end) for axis in (rows, columns) for end in (axis.min(), axis.max() + 1))
    return _Box((left + right) / 2, (top + bottom) / 2, (bottom - top + right - left) / 2)
