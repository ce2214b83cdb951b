"""The measure of picture quality: its values for renders, and that it ranks damaged pictures as worse."""

import random

import pytest
import torch
from kornia.filters import gaussian_blur2d

from benchmarks.flaws import flaws, nearest_render
from benchmarks.prompts import cases
from lidar_core.world.grammar import SHAPES
from lidar_core.world.run import Runner
from lidar_core.world.scenes import Scene, Thing, lay_out, render


def drawn(scenes):
    return render(scenes).movedim(1, -1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_render_is_found_again(shape):
    scene = Scene((Thing(shape, "blue", 40.3, 71.8, 19.4), Thing("circle", "red", 96.0, 30.0, 14.0)), 0.9)
    picture = drawn([scene])[0]
    assert flaws(picture[None]).item() < 6
    missed = (nearest_render(picture) - picture).abs().amax(2) > 0.5
    # Only pixels at the outline differ.
    assert missed.float().mean() < 0.002


def test_every_known_spoiling_shows(world):
    rng = random.Random(0)
    clean = drawn([lay_out(case.prompt, rng) for case in cases("tuning", 2)])

    def blurred(width):
        return gaussian_blur2d(clean.movedim(-1, 1), (13, 13), (width, width)).movedim(1, -1)

    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    ranks = [
        [clean, blurred(1.0), blurred(2.0)],
        [clean, clean + 0.02 * noise, clean + 0.05 * noise],
        [clean, clean.lerp(clean.mean((1, 2), keepdim=True), 0.2), clean.lerp(clean.mean((1, 2), keepdim=True), 0.4)],
        # Bent shapes: rows slide against each other.
        [clean, torch.cat([clean[:, :64], clean[:, 64:].roll(4, 2)], 1)],
    ]
    for family in ranks:
        values = [flaws(pictures).mean().item() for pictures in family]
        assert values == sorted(values)
        assert values[-1] > 1.5 * values[0]


def test_an_empty_picture_and_a_ghost():
    empty = torch.full((1, 128, 128, 3), 0.9)
    assert flaws(empty).item() == pytest.approx(0, abs=1e-3)
    ghost = empty.clone()
    ghost[:, 40:80, 40:80, 0] -= 0.2
    assert flaws(ghost).item() > 5


def test_fewer_steps_and_more_cfg_are_worse(world):
    def sampled(steps, cfg=1.5):
        found = []
        for case in cases("tuning", 1):
            latents = Runner(world, cfg, "karras").latents(str(case.prompt), case.seeds(2), steps, "dpmpp_2m")
            found.append(flaws(world.decode(latents)))
        return torch.cat(found).mean().item()

    assert sampled(8) < sampled(4) < sampled(3) < sampled(2)
    assert sampled(8) < sampled(8, 6.0)
