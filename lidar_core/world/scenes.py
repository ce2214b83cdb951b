"""Scenes of coloured shapes: layout by rejection sampling, rendering by signed distance functions."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .grammar import COLOURS, SHAPES, Prompt

IMAGE_SIZE = 128
PALETTE = torch.tensor(
    [
        [0.86, 0.16, 0.16],
        [0.13, 0.62, 0.24],
        [0.15, 0.30, 0.86],
        [0.96, 0.80, 0.10],
        [0.58, 0.20, 0.70],
        [0.10, 0.75, 0.80],
    ]
)


@dataclass(frozen=True)
class Thing:
    """One object; centre (x to the right, y down) and radius in pixels of an IMAGE_SIZE picture."""

    shape: str
    colour: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Scene:
    things: tuple[Thing, ...]
    background: float


def stands(relation: str, dx: float, dy: float, margin: float) -> bool:
    """Whether a first thing at offset (dx, dy) pixels from a second stands in `relation` to it by at least `margin`."""
    along = {"left of": -dx, "right of": dx, "above": -dy, "below": dy}[relation]
    return along >= margin


def lay_out(prompt: Prompt, rng: random.Random) -> Scene:
    """A random scene that shows exactly what `prompt` says: no overlap, nothing cut by the border."""
    wanted = [(group.shape, group.colour) for group in prompt.groups for _ in range(group.count)]
    largest = {1: 26, 2: 23}.get(len(wanted), 18)
    while True:
        things: list[Thing] = []
        for shape, colour in wanted:
            radius = rng.uniform(0.7 * largest, largest)
            low, high = radius + 4, IMAGE_SIZE - radius - 4
            things.append(
                Thing(shape, colour or rng.choice(COLOURS), rng.uniform(low, high), rng.uniform(low, high), radius)
            )
        if _apart(things) and _related(things, prompt):
            return Scene(tuple(things), rng.uniform(0.82, 0.98))


def _apart(things: Sequence[Thing]) -> bool:
    return all(
        math.hypot(a.x - b.x, a.y - b.y) > a.radius + b.radius + 5
        for index, a in enumerate(things)
        for b in things[:index]
    )


def _related(things: Sequence[Thing], prompt: Prompt) -> bool:
    if prompt.relation is None:
        return True
    count = prompt.groups[0].count
    first, second = things[:count], things[count:]
    return all(
        stands(
            prompt.relation, a.x - b.x, a.y - b.y, margin=abs(a.y - b.y) if "of" in prompt.relation else abs(a.x - b.x)
        )
        for a in first
        for b in second
    )


def signed_distance(shape: str, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Distance to the outline of a unit-radius shape at (u, v), positive inside; u to the right, v down, same shape."""
    if shape == "circle":
        return 1.0 - torch.hypot(u, v)
    if shape == "square":
        return 0.85 - torch.maximum(u.abs(), v.abs())
    if shape == "triangle":
        slope = math.hypot(1.8, 1.0)
        return torch.minimum(0.8 - v, (1.0 + v - 1.8 * u.abs()) / slope)
    if shape == "cross":
        across = torch.minimum(0.95 - u.abs(), 0.33 - v.abs())
        upright = torch.minimum(0.33 - u.abs(), 0.95 - v.abs())
        return torch.maximum(across, upright)
    if shape == "star":
        return _star_distance(u, v)
    raise ValueError(f'Unknown shape "{shape}"; the shapes are {", ".join(SHAPES)}.')


def _star_distance(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Five points of radius 1.1, notches of radius 0.5, one point up; folded into one tenth of the star."""
    outer, inner, sector = 1.1, 0.5, math.pi / 5
    angle = torch.remainder(torch.atan2(u, -v) + sector, 2 * sector) - sector
    radius = torch.hypot(u, v)
    along, across = radius * torch.cos(angle), radius * torch.sin(angle.abs())
    tip, notch = (outer, 0.0), (inner * math.cos(sector), inner * math.sin(sector))
    edge = (notch[0] - tip[0], notch[1] - tip[1])
    length = math.hypot(*edge)
    return (edge[1] * (tip[0] - along) + edge[0] * across) / length


def render(scenes: Sequence[Scene], size: int = IMAGE_SIZE) -> torch.Tensor:
    """(N, 3, size, size) float32 in [0, 1], antialiased over one pixel."""
    scale = size / IMAGE_SIZE
    grid = torch.arange(size, dtype=torch.float32) + 0.5
    ys, xs = torch.meshgrid(grid, grid, indexing="ij")
    pictures = torch.empty(len(scenes), 3, size, size)
    for picture, scene in zip(pictures, scenes, strict=True):
        picture.fill_(scene.background)
        for thing in scene.things:
            radius = thing.radius * scale
            distance = signed_distance(thing.shape, (xs - thing.x * scale) / radius, (ys - thing.y * scale) / radius)
            paint(picture, distance * radius, PALETTE[COLOURS.index(thing.colour)])
    return pictures


def paint(picture: torch.Tensor, distance: torch.Tensor, colour: torch.Tensor) -> None:
    """Lay `colour` (3,) over `picture` (3, H, W) in place where `distance` (H, W), in pixels, is positive."""
    coverage = (distance + 0.5).clamp(0, 1)
    picture.lerp_(colour[:, None, None].expand_as(picture), coverage)
