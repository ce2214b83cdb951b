from contextlib import contextmanager

import pytest
import torch

from lidar_core.pools.drawing import draw
from lidar_core.pools.origin import Origin
from lidar_core.rewards.reward import SingleReward


class Flat:
    """Latents filled with their seed, and pictures of that brightness."""

    def latents(self, seeds):
        return torch.tensor(seeds, dtype=torch.float32)[:, None, None, None].expand(-1, 4, 2, 2)

    def decoded(self, latents):
        return latents[:, :1].movedim(1, -1).expand(-1, -1, -1, 3) / 100


class Brightness(SingleReward):
    """The mean of a picture; a black one cannot be scored."""

    name, spread, reads_prompt = "brightness", 0.5, False

    def values(self, images, prompt):
        means = images.flatten(1).mean(1)
        return means.where(means > 0, torch.nan)


def test_latents_pictures_and_scores_belong_to_their_seed():
    pool, pictures = draw(Flat(), Brightness(), "a circle", (30, 10, 20), Origin(steps=4, rows=(0, 1, 0)))
    assert pool.seeds == (30, 10, 20)
    assert pool.latents[:, 0, 0, 0].tolist() == [30, 10, 20]
    assert pool.rewards.tolist() == pytest.approx([0.3, 0.1, 0.2])
    assert pool.scores["brightness"].tolist() == pool.rewards.tolist()
    assert pictures[:, 0, 0, 0].tolist() == pytest.approx([0.3, 0.1, 0.2])
    assert (pool.prompt, pool.spread, pool.origin) == ("a circle", 0.5, Origin(steps=4, rows=(0, 1, 0)))


def test_a_sample_that_cannot_be_scored_leaves_its_picture_and_its_row_too():
    pool, pictures = draw(Flat(), Brightness(), "", (30, 0, 20), Origin(rows=(0, 1, 2)))
    assert pool.seeds == (30, 20)
    assert pool.origin.rows == (0, 2)
    assert pictures[:, 0, 0, 0].tolist() == pytest.approx([0.3, 0.2])


def test_the_phases_are_entered_in_turn():
    seen = []

    @contextmanager
    def phase(name):
        seen.append(name)
        yield
        seen.append(f"{name} done")

    draw(Flat(), Brightness(), "", (1, 2), Origin(), phase)
    assert seen == ["lookahead", "lookahead done", "decoding", "decoding done", "scoring", "scoring done"]
