"""Trains the learned scorer on renders that fit their caption and renders that do not.

It never sees the verifier or a generated picture.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from ..grammar import COLOURS, RELATIONS, SHAPES, Prompt, sample_prompt, token_ids
from ..scenes import IMAGE_SIZE, PALETTE, Scene, Thing, lay_out, paint, render, signed_distance
from ..scorer import CELLS, PICTURE_SIZE, WIDTH, Scorer
from .record import Stopwatch, save_weights

DAMAGED = len(SHAPES)
"""Shape label of an object that went wrong; NOTHING labels a cell that holds no object's centre."""
NOTHING = len(SHAPES) + 1

_OPPOSITE = dict(zip(RELATIONS, ("right of", "left of", "below", "above"), strict=True))


@dataclass(frozen=True)
class Example:
    """A caption, a picture (3, PICTURE_SIZE, PICTURE_SIZE), whether they agree, and the objects in the picture."""

    caption: str
    picture: torch.Tensor
    kept: bool
    things: Sequence[Thing]
    victim: Thing | None = None

    def labels(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(CELLS,) each: shape and colour of the object whose centre lies in the cell; colour -100 if there is none."""
        shapes, colours = torch.full((CELLS,), NOTHING), torch.full((CELLS,), -100)
        side = int(CELLS**0.5)
        for thing in self.things:
            cell = int(thing.y * side / IMAGE_SIZE) * side + int(thing.x * side / IMAGE_SIZE)
            shapes[cell] = DAMAGED if thing is self.victim else SHAPES.index(thing.shape)
            if thing is not self.victim:
                colours[cell] = COLOURS.index(thing.colour)
        return shapes, colours


def contradict(prompt: Prompt, rng: random.Random) -> Prompt:
    """A prompt near `prompt` whose scenes do not show what `prompt` says."""
    index = rng.randrange(len(prompt.groups))
    group = prompt.groups[index]
    edits = [
        replace(group, shape=rng.choice([shape for shape in SHAPES if shape != group.shape])),
        replace(group, count=rng.choice([n for n in (1, 2, 3, 4) if n != group.count and abs(n - group.count) < 3])),
    ]
    if group.colour:
        edits.append(replace(group, colour=rng.choice([colour for colour in COLOURS if colour != group.colour])))
    groups = list(prompt.groups)
    groups[index] = rng.choice(edits)
    candidates = [replace(prompt, groups=tuple(groups))]
    if prompt.relation:
        candidates += 2 * [replace(prompt, relation=_OPPOSITE[prompt.relation])]
    if len(prompt.groups) == 2:
        first, second = prompt.groups
        candidates.append(Prompt((prompt.groups[1 - index],)))
        if first.colour and second.colour and first.shape != second.shape:
            swapped = (replace(first, colour=second.colour), replace(second, colour=first.colour))
            candidates += 2 * [replace(prompt, groups=swapped)]
    return rng.choice(candidates)


def _damaged(scene: Scene, victim: Thing, rng: random.Random) -> torch.Tensor:
    """A render of `scene` in which `victim` has a typical fault of generated objects: melted, two-coloured or cut."""
    others = tuple(thing for thing in scene.things if thing is not victim)
    picture = render([replace(scene, things=others)], PICTURE_SIZE)[0]
    scale = PICTURE_SIZE / IMAGE_SIZE
    grid = torch.arange(PICTURE_SIZE, dtype=torch.float32) + 0.5
    v, u = torch.meshgrid(grid, grid, indexing="ij")
    radius = victim.radius * scale
    u, v = (u - victim.x * scale) / radius, (v - victim.y * scale) / radius
    distance = signed_distance(victim.shape, u, v)
    colour = PALETTE[COLOURS.index(victim.colour)]
    kind = rng.choice(("melted", "two-coloured", "faded", "cut"))
    if kind == "melted":
        other = signed_distance(rng.choice([shape for shape in SHAPES if shape != victim.shape]), u, v)
        distance = distance.lerp(other, rng.uniform(0.4, 0.7))
    elif kind == "faded":
        colour = colour.lerp(torch.full((3,), scene.background), rng.uniform(0.45, 0.8))
    elif kind == "cut":
        angle = rng.uniform(0, 6.2832)
        side = u * torch.cos(torch.tensor(angle)) + v * torch.sin(torch.tensor(angle))
        distance = torch.minimum(distance, rng.uniform(0.0, 0.4) - side)
    paint(picture, distance * radius, colour)
    if kind == "two-coloured":
        second = PALETTE[COLOURS.index(rng.choice([name for name in COLOURS if name != victim.colour]))]
        paint(picture, torch.minimum(distance, rng.uniform(-0.2, 0.4) - rng.choice((u, v, -u, -v))) * radius, second)
    return picture


def _example(rng: random.Random) -> Example:
    prompt = sample_prompt(rng)
    caption, fate = str(prompt), rng.random()
    kept = fate < 0.5
    scene = lay_out(prompt, rng)
    if 0.5 <= fate < 0.65:
        victim = rng.choice(scene.things)
        return Example(caption, _damaged(scene, victim, rng), False, scene.things, victim)
    if 0.65 <= fate < 0.72:
        scene = _with_stranger(scene, rng)
    elif not kept:
        scene = lay_out(contradict(prompt, rng), rng)
    return Example(caption, render([scene], PICTURE_SIZE)[0], kept, scene.things)


def _with_stranger(scene: Scene, rng: random.Random) -> Scene:
    """`scene` with one more object, which may touch the others."""
    radius = rng.uniform(10, 20)
    x, y = rng.uniform(radius, IMAGE_SIZE - radius), rng.uniform(radius, IMAGE_SIZE - radius)
    return replace(scene, things=(*scene.things, Thing(rng.choice(SHAPES), rng.choice(COLOURS), x, y, radius)))


def _weathered(pictures: torch.Tensor) -> torch.Tensor:
    """Blur and noise like an autoencoder's, so that the scorer does not depend on crisp edges."""
    blurred = functional.avg_pool2d(functional.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    mixed = pictures.lerp(blurred, torch.rand(len(pictures), 1, 1, 1))
    return mixed + 0.04 * torch.rand(len(pictures), 1, 1, 1) * torch.randn_like(mixed)


def train_scorer(path: Path, seed: int, steps: int, batch: int = 64, learning_rate: float = 1e-3) -> None:
    """Fit Scorer to captioned renders and write it to `path`.

    Naming the object in each cell is a second task for the same features, because the log odds alone learn nothing for
    thousands of steps. The two heads of that task are not kept.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = Scorer()
    shape_head, colour_head = nn.Linear(WIDTH, NOTHING + 1), nn.Linear(WIDTH, len(COLOURS))
    modules = nn.ModuleList([model, shape_head, colour_head])
    # Most cells are empty.
    balance = torch.tensor([1.0] * NOTHING + [0.1])
    optimiser = torch.optim.AdamW(modules.parameters(), lr=learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=0.1)
    watch, accuracy = Stopwatch(), 0.5
    for step in (progress := tqdm(range(1, steps + 1), desc="scorer", mininterval=10)):
        examples = [_example(rng) for _ in range(batch)]
        pictures = _weathered(torch.stack([example.picture for example in examples]))
        ids = torch.tensor([token_ids(example.caption) for example in examples])
        truth = torch.tensor([float(example.kept) for example in examples])
        shapes, colours = (torch.stack(labels) for labels in zip(*(e.labels() for e in examples), strict=True))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            tokens = model.tokens(pictures, ids)
            odds = model.log_odds(tokens).float()
            cells = tokens[:, -CELLS:]
            seen_shapes, seen_colours = shape_head(cells).float(), colour_head(cells).float()
        loss = functional.binary_cross_entropy_with_logits(odds, truth)
        loss = loss + functional.cross_entropy(seen_shapes.flatten(0, 1), shapes.flatten(), balance)
        loss = loss + functional.cross_entropy(seen_colours.flatten(0, 1), colours.flatten())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        accuracy = 0.99 * accuracy + 0.01 * ((odds > 0) == (truth > 0.5)).float().mean().item()
        if step % 50 == 0:
            progress.set_postfix(accuracy=f"{accuracy:.3f}")
        if step % 500 == 0 or step == steps:
            record = {"seed": seed, "steps": step, "of": steps, "batch": batch}
            record |= {"seconds": watch.seconds(), "accuracy": accuracy}
            save_weights(path, {f"lidar_demo.{key}": value for key, value in model.state_dict().items()}, record)
