"""Connected parts of masks, beside kornia's."""

import pytest
import torch
from kornia.contrib import connected_components

from lidar_core.world.blobs import blobs


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_the_parts_are_kornias(share):
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(3, 1, 12, 12, generator=generator)
    masks = torch.nn.functional.interpolate(coarse, (40, 48), mode="bilinear")[:, 0] < share
    ours = blobs(masks)
    theirs = connected_components(masks[:, None].float(), num_iterations=40 * 48)[:, 0]
    assert torch.equal(ours > 0, masks)
    # Each of our numbers stands for one of theirs and the other way round.
    pairs = torch.stack([ours, theirs]).flatten(1).unique(dim=1)
    assert pairs.shape[1] == len(ours.unique()) == len(theirs.unique())


def test_corners_touch_and_masks_of_a_batch_do_not():
    mask = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 1, 0]]).bool()
    assert len(blobs(torch.stack([mask, mask])).unique()) == 5


def test_a_winding_part_is_one():
    mask = torch.ones(33, 33, dtype=torch.bool)
    mask[1::4, :-1], mask[3::4, 1:] = False, False
    assert len(blobs(mask[None]).unique()) == 2
    assert not blobs(torch.zeros(1, 8, 8, dtype=torch.bool)).any()
