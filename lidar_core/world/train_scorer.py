"""Trains the learned scorer on renders: pictures that keep to their caption against pictures that do not.

It never sees the verifier, nor a generated picture.
"""

import random
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional
from tqdm import tqdm

from .grammar import COLOURS, RELATIONS, SHAPES, Prompt, sample_prompt, token_ids
from .record import Stopwatch, save_weights
from .scenes import IMAGE_SIZE, PALETTE, Scene, Thing, lay_out, paint, render, signed_distance
from .scorer import PICTURE_SIZE, Scorer

_OPPOSITE = dict(zip(RELATIONS, ("right of", "left of", "below", "above"), strict=True))


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


def _damaged(scene: Scene, rng: random.Random) -> torch.Tensor:
    """A render of `scene` in which one object went wrong as generated ones do: melted, two-coloured or half there."""
    victim = rng.choice(scene.things)
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


def _example(rng: random.Random) -> tuple[str, torch.Tensor, bool]:
    """A caption, a picture (3, PICTURE_SIZE, PICTURE_SIZE), and whether the picture keeps to the caption."""
    prompt = sample_prompt(rng)
    fate = rng.random()
    if fate < 0.5:
        return str(prompt), render([lay_out(prompt, rng)], PICTURE_SIZE)[0], True
    if fate < 0.65:
        return str(prompt), _damaged(lay_out(prompt, rng), rng), False
    if fate < 0.72:
        scene = lay_out(prompt, rng)
        return str(prompt), render([_with_stranger(scene, rng)], PICTURE_SIZE)[0], False
    return str(prompt), render([lay_out(contradict(prompt, rng), rng)], PICTURE_SIZE)[0], False


def _with_stranger(scene: Scene, rng: random.Random) -> Scene:
    """`scene` with one more object, which may touch the others."""
    radius = rng.uniform(10, 20)
    place = [rng.uniform(radius, IMAGE_SIZE - radius) for _ in range(2)]
    return replace(scene, things=(*scene.things, Thing(rng.choice(SHAPES), rng.choice(COLOURS), *place, radius)))


def _weathered(pictures: torch.Tensor) -> torch.Tensor:
    """Blur and noise, as an autoencoder leaves them, so that the scorer does not live on crisp edges."""
    blurred = functional.avg_pool2d(functional.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    mixed = pictures.lerp(blurred, torch.rand(len(pictures), 1, 1, 1))
    return mixed + 0.04 * torch.rand(len(pictures), 1, 1, 1) * torch.randn_like(mixed)


def train_scorer(path: Path, seed: int, steps: int, batch: int = 64, learning_rate: float = 1e-3) -> None:
    """Fit Scorer to captioned renders and write it to `path`."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = Scorer()
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=0.1)
    watch, accuracy = Stopwatch(), 0.5
    for step in (progress := tqdm(range(1, steps + 1), desc="scorer", mininterval=10)):
        captions, pictures, kept = zip(*(_example(rng) for _ in range(batch)), strict=True)
        truth = torch.tensor(kept, dtype=torch.float32)
        ids = torch.tensor([token_ids(caption) for caption in captions])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            odds = model(_weathered(torch.stack(pictures)), ids).float()
        loss = functional.binary_cross_entropy_with_logits(odds, truth)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        accuracy = 0.99 * accuracy + 0.01 * ((odds > 0) == (truth > 0.5)).float().mean().item()
        if step % 50 == 0:
            progress.set_postfix(accuracy=f"{accuracy:.3f}")
        if step % 500 == 0 or step == steps:
            record = {"seed": seed, "steps": step, "of": steps, "batch": batch}
            record |= {"seconds": watch.seconds(), "accuracy": accuracy}
            save_weights(path, {f"lidar_demo.{key}": value for key, value in model.state_dict().items()}, record)
