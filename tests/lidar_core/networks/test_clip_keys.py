"""Every tensor of the published files is used, and no tensor is missing; meta tensors, so nothing is allocated."""

import json
import re
from pathlib import Path

import pytest
import torch

from lidar_core.networks import clip_keys
from lidar_core.networks.checkpoint import Checkpoint
from lidar_core.networks.clip import Clip, TextShape, VisionShape
from lidar_core.rewards.scorers.kinds import kind_of, scorer_of
from lidar_core.rewards.scorers.scorer import Ingredients

from ..rewards.scorers import tiny_clip


def published() -> dict[str, dict[str, torch.Tensor]]:
    """The names and shapes of each file; {0..n} in a name stands for the layers 0 to n."""
    files = json.loads((Path(__file__).parent / "clip_file_keys.json").read_text())
    expanded: dict[str, dict[str, torch.Tensor]] = {}
    for title, rows in files.items():
        tensors = expanded[title] = {}
        for name, shape in rows.items():
            layers = re.search(r"\{0\.\.(\d+)\}", name)
            for number in range(int(layers[1]) + 1) if layers else [0]:
                full = name.replace(layers[0], str(number)) if layers else name
                # A view of one number takes no memory.
                tensors[full] = torch.zeros(()).expand(shape)
    return expanded


FILES = published()
H_HUGGING_FACE, L_HUGGING_FACE, H_OPEN_CLIP, LAION_HEAD = FILES
SHAPES = {
    H_HUGGING_FACE: ((32, 1280, 16, 5120, 14, 224), (24, 1024, 16, 4096), 986_109_441),
    L_HUGGING_FACE: ((24, 1024, 16, 4096, 14, 224), (12, 768, 12, 3072), 427_616_513),
    H_OPEN_CLIP: ((32, 1280, 16, 5120, 14, 224), (24, 1024, 16, 4096), 986_109_441),
}


@pytest.mark.parametrize("title", SHAPES)
def test_every_tensor_of_a_published_file_is_used_and_none_is_missing(title, caplog):
    tensors = FILES[title]
    assert sum(tensor.numel() for name, tensor in tensors.items() if "position_ids" not in name) == SHAPES[title][2]
    file = clip_keys.hugging_face_names(Checkpoint.of(tensors, "HPSv2.1.pt"))
    with torch.device("meta"):
        needed = Clip(VisionShape.of(file), TextShape.of(file), "gelu").state_dict()
    found = {name: tensor.shape for name, tensor in file.tensors.items() if name not in clip_keys.IGNORED}
    assert found.pop("logit_scale") == ()
    assert found == {name: tensor.shape for name, tensor in needed.items()}
    scorer_of(Ingredients(Checkpoint.of(tensors, "HPSv2.1.pt"), tiny_clip.VOCABULARY))
    assert not caplog.messages


@pytest.mark.parametrize("title", SHAPES)
def test_sizes_and_heads_are_read_from_the_shapes(title):
    file = clip_keys.hugging_face_names(Checkpoint.of(FILES[title], "file"))
    vision, text = VisionShape.of(file), TextShape.of(file)
    assert (vision.layers, vision.width, vision.heads, vision.hidden, vision.patch, vision.size) == SHAPES[title][0]
    assert (text.layers, text.width, text.heads, text.hidden) == SHAPES[title][1]
    assert (text.positions, text.vocabulary) == (77, 49408)


def test_heads_of_bigg():
    """Its picture tower has 16 heads of 104, its text tower 20 of 64."""
    assert VisionShape(48, 1664, 8192, 14, 257, 1280).heads == 16
    assert TextShape(32, 1280, 5120, 49408, 77, 1280).heads == 20


def test_the_published_head_finds_its_tower_in_the_published_clip(caplog):
    head, tower = Checkpoint.of(FILES[LAION_HEAD], "head.pth"), Checkpoint.of(FILES[L_HUGGING_FACE], "clip")
    reward = scorer_of(Ingredients(head, tiny_clip.VOCABULARY, tower))
    assert reward.name == "LAION aesthetic"
    assert sum(tensor.numel() for tensor in reward.module.head.parameters()) == 927_969
    assert not caplog.messages


@pytest.mark.parametrize("prefix", ["module.", "model.", "module.model.", "clip."])
def test_wrappers_around_the_names_are_taken_off(prefix):
    wrapped = {f"{prefix}{name}": tensor for name, tensor in FILES[H_OPEN_CLIP].items()}
    file = Checkpoint.of({"epoch": 3, "state_dict": wrapped}, "HPS_v2_compressed.pt")
    assert file.tensors.keys() == FILES[H_OPEN_CLIP].keys()
    assert kind_of(file) == "HPSv2"
    assert file.source("visual.proj") == f"{prefix}visual.proj"
