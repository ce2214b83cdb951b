"""The targets of the student's training, and that the training works."""

import random

import pytest
import torch

from lidar_core.world.lora import merge
from lidar_core.world.model import Text, World
from lidar_core.world.training.student import RANK, chances, new_lora, student_loss
from lidar_core.world.training.trajectories import Trajectories, draw_trajectories, follow, load_trajectories

BATCH = 4


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def points(world):
    return follow(world, random.Random(0), torch.Generator().manual_seed(0), BATCH)


def test_paths_start_at_noise_and_end_where_the_guided_teacher_ends_them(world, points):
    assert len(points.x) % BATCH == 0
    assert points.sigma[:BATCH].tolist() == pytest.approx(BATCH * [float(world.sigmas[-1])])
    assert points.x[:BATCH].std().item() == pytest.approx(float(world.sigmas[-1]), rel=0.1)
    last, text = points.x[-BATCH:], Text(*world.text_encoder(points.ids[:BATCH]))
    torch.testing.assert_close(world.denoise(last, points.sigma[-1], text, 1.5), points.end[:BATCH])
    assert torch.equal(points.end[:BATCH], points.end[-BATCH:])


def test_files_of_trajectories_are_drawn_once(world, tmp_path):
    draw_trajectories(tmp_path, world, 3, 1, BATCH, 1)
    (file,) = tmp_path.iterdir()
    made = file.stat().st_mtime_ns
    draw_trajectories(tmp_path, world, 3, 2, BATCH, 1)
    assert file.stat().st_mtime_ns == made
    first, both = load_trajectories(tmp_path, 3, 1), load_trajectories(tmp_path, 3, 2)
    assert torch.equal(both.x[: len(first.x)], first.x)
    assert not torch.equal(both.x[len(first.x) :][:BATCH], first.x[:BATCH])


def test_a_new_lora_leaves_the_teacher_as_it_is_and_a_step_improves_on_it(world, points):
    lora = new_lora(world.unet, torch.Generator().manual_seed(0))
    assert {tensor.shape[0] for name, tensor in lora.items() if "lora_down" in name} == {RANK}
    for tensor in lora.values():
        tensor.requires_grad_()
    high = Trajectories(*(column[:BATCH] for column in points))
    before = student_loss(world, merge(world.unet.state_dict(), lora), high)
    with torch.no_grad():
        denoised = world.denoise(high.x, high.sigma[0], Text(*world.text_encoder(high.ids)), 1.0)
    assert before.item() == pytest.approx((denoised - high.end).abs().mean().item(), abs=0.05)
    optimiser = torch.optim.Adam(lora.values(), 1e-3)
    for _ in range(5):
        optimiser.zero_grad()
        loss = student_loss(world, merge(world.unet.state_dict(), lora), high)
        loss.backward()
        optimiser.step()
    assert loss < before - 0.02


def test_high_levels_are_drawn_more_often():
    low, middle, high, highest = chances(torch.tensor([0.03, 1.0, 5.0, 14.0]))
    assert low < middle < high == highest
