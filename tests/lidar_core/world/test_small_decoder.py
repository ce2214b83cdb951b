"""The decoder that stands in for the world's own when the reward looks."""

import copy

import torch

from lidar_core.world.model import WEIGHTS, World
from lidar_core.world.training.small_decoder import train_small_decoder


def latents_of(world, seed=0):
    return torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(seed))


def test_training_brings_it_nearer_to_the_full_decoder(tmp_path):
    world = World()
    full, errors = world.decode(latents_of(world)), []
    for steps in (1, 60):
        train_small_decoder(WEIGHTS, tmp_path, 0, steps, examples=32)
        fitted = copy.copy(world)
        fitted.folder = tmp_path
        errors.append((fitted.decode(latents_of(world), small=True) - full).abs().mean())
    assert errors[1] < 0.8 * errors[0]


def test_it_shows_what_the_full_decoder_shows_and_leaves_that_alone():
    world = World()
    scene = world.decode(latents_of(world))
    latents = world.autoencoder.encoder(scene.movedim(-1, 1) * 2 - 1)
    full, small = world.decode(latents), world.decode(latents, small=True)
    assert (full - small).abs().mean() < (full - full.mean((1, 2), keepdim=True)).abs().mean() / 2
    assert torch.equal(world.decode(latents), full)
    assert sum(p.numel() for p in world.small_decoder.parameters()) < 70_000
