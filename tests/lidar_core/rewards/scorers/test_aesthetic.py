import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.rewards.scorers.kinds import scorer_of
from lidar_core.rewards.scorers.scorer import Ingredients

from . import tiny_clip
from .test_clip_parity import PICTURES, checkpoint

HUGGING_FACE = tiny_clip.hugging_face_weights()


def reward(head, tower=None):
    second = None if tower is None else checkpoint(tower, "tower.safetensors")
    return scorer_of(Ingredients(checkpoint(head, "head.pth"), tiny_clip.VOCABULARY, second))


def prefixed(prefix, weights):
    return {f"{prefix}{name}": value for name, value in weights.items()}


COMBINED = {
    "shunk031's layout": {**tiny_clip.laion_linear(), **HUGGING_FACE},
    "imscore's layout": {**prefixed("mlp.", tiny_clip.laion_linear()), **prefixed("clip.", HUGGING_FACE)},
    "wrapped": {**prefixed("module.", tiny_clip.laion_linear()), **prefixed("module.", HUGGING_FACE)},
    "without the text tower": {
        **tiny_clip.laion_linear(),
        **{name: value for name, value in HUGGING_FACE.items() if name.startswith("vis")},
    },
}


@pytest.mark.parametrize("layout", COMBINED)
def test_head_and_tower_in_one_file_score_as_in_two(layout, caplog):
    expected = reward(tiny_clip.laion_linear(), HUGGING_FACE).values(PICTURES[0], "")
    assert torch.equal(reward(COMBINED[layout]).values(PICTURES[0], ""), expected)
    assert not caplog.messages


def test_an_open_clip_tower_will_do_as_well():
    assert reward(tiny_clip.laion_linear(), tiny_clip.open_clip_weights()).values(PICTURES[0], "").isfinite().all()


def test_v2_5_and_siglip_in_one_file():
    head, tower = tiny_clip.v2_5_head(), tiny_clip.siglip_weights()
    expected = reward(head, tower).values(PICTURES[1], "")
    assert torch.equal(reward({**prefixed("layers.", head), **tower}).values(PICTURES[1], ""), expected)


def test_a_head_alone_asks_for_its_tower():
    with pytest.raises(LidarError, match=r'"head.pth" is only the head of LAION .* in picture_tower, OpenAI\'s CLIP'):
        reward(tiny_clip.laion_linear())
    with pytest.raises(LidarError, match="in picture_tower, SigLIP so400m"):
        reward(tiny_clip.v2_5_head())


def test_a_tower_of_another_size_is_refused():
    head = tiny_clip.head_weights(80, (0, 2, 4, 6, 7), "layers.")
    with pytest.raises(LidarError, match=r'"head.pth" reads 80 numbers but the tower "tower.safetensors" gives 96'):
        reward(head, HUGGING_FACE)


def test_a_wrong_tower_says_what_is_missing():
    with pytest.raises(LidarError, match=r'"tower.safetensors" lacks .*vision_model'):
        reward(tiny_clip.v2_5_head(), tiny_clip.laion_linear())


def test_a_tower_without_pooling_head_is_refused_by_name():
    tower = {name: value for name, value in tiny_clip.siglip_weights().items() if ".head." not in name}
    with pytest.raises(LidarError, match=r'lacks 11 tensors: "vision_model.head.probe"'):
        reward(tiny_clip.v2_5_head(), tower)


def test_an_incomplete_head_is_refused_by_name():
    head = tiny_clip.laion_linear()
    del head["layers.4.bias"]
    with pytest.raises(LidarError, match=r'"head.pth" lacks the tensor'):
        reward(head, HUGGING_FACE)
