import pytest
import torch
from torch import nn

from lidar_core.errors import LidarError
from lidar_core.networks.checkpoint import Checkpoint, filled
from lidar_core.rewards.scorers.kinds import scorer_of
from lidar_core.rewards.scorers.scorer import Ingredients

from ..rewards.scorers import tiny_clip
from ..rewards.scorers.test_clip_parity import checkpoint


def linear(contents, **options):
    return filled(lambda layers: layers.Linear(3, 2), nn, Checkpoint.of(contents, "folder/file.pt"), **options)


GOOD = {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}


def test_tensors_are_taken_in_the_asked_precision():
    module = linear(GOOD, dtype=torch.float16)
    assert module.weight.dtype == torch.float16
    assert not module.weight.requires_grad
    assert torch.equal(module(torch.ones(1, 3).half()), torch.full((1, 2), 3.0).half())


def test_a_missing_tensor_is_named():
    with pytest.raises(LidarError, match=r'"folder/file.pt" lacks the tensor "bias": it is incomplete'):
        linear({"weight": GOOD["weight"]})


def test_many_missing_tensors_are_counted():
    weights = tiny_clip.hugging_face_weights()
    kept = {name: value for name, value in weights.items() if ".layers.0." not in name or "fc1.weight" in name}
    with pytest.raises(LidarError, match=r'lacks 30 tensors: "vision_model.*", ".*" and 25 more'):
        scorer_of(Ingredients(checkpoint(kept), tiny_clip.VOCABULARY), "PickScore")


def test_a_wrong_shape_names_the_tensor_as_the_file_does():
    wrapped = {"module.weight": torch.ones(2, 4), "module.bias": torch.zeros(2)}
    with pytest.raises(LidarError, match=r'tensor "module.weight" has the shape \(2, 4\) where \(2, 3\) was'):
        linear(wrapped)


def test_a_wrong_shape_in_open_clips_layout_names_the_tensor_as_the_file_does():
    weights = tiny_clip.open_clip_weights()
    name = "visual.transformer.resblocks.1.attn.in_proj_weight"
    weights[name] = weights[name][:96]
    with pytest.raises(LidarError, match=rf'"{name}" has the shape \(32, 128\) where \(128, 128\)'):
        scorer_of(Ingredients(checkpoint(weights), tiny_clip.VOCABULARY), "HPSv2")
    weights[name] = weights[name][:-1]
    with pytest.raises(LidarError, match=rf'"{name}" has the shape \(95, 128\), whose rows are not three parts'):
        scorer_of(Ingredients(checkpoint(weights), tiny_clip.VOCABULARY), "HPSv2")


def test_a_tensor_that_sizes_are_read_from_is_asked_for():
    weights = tiny_clip.hugging_face_weights()
    del weights["text_projection.weight"]
    with pytest.raises(LidarError, match=r'lacks the tensor "text_projection.weight"'):
        scorer_of(Ingredients(checkpoint(weights), tiny_clip.VOCABULARY), "PickScore")


def test_unused_tensors_are_named_and_those_expected_are_not(caplog):
    extra = {f"spare.{number}": torch.zeros(1) for number in range(7)}
    linear({**GOOD, **extra, "position_ids": torch.zeros(1)}, ignored=("position_",))
    assert caplog.messages == [
        'LiDAR does not use 7 tensors: "spare.0", "spare.1", "spare.2", "spare.3", "spare.4" and 2 more of the '
        'file "folder/file.pt".'
    ]


@pytest.mark.parametrize(
    "contents",
    [
        {"model": GOOD},
        {"epoch": 3, "model": {"module.weight": GOOD["weight"], "module.bias": GOOD["bias"]}},
        {"state_dict": {"model": {"clip.weight": GOOD["weight"], "clip.bias": GOOD["bias"]}}, "step": torch.Size([1])},
    ],
)
def test_nested_and_wrapped_contents_are_laid_bare(contents):
    assert Checkpoint.of(contents, "file").tensors.keys() == GOOD.keys()


@pytest.mark.parametrize("contents", [{}, {"epoch": 3}, [torch.zeros(1)], {"a": {"b": 1}, "c": {"d": 2}}])
def test_a_file_without_named_tensors_is_refused(contents):
    with pytest.raises(LidarError, match='"file" holds no named tensors'):
        Checkpoint.of(contents, "file")


def test_windows_separators_become_slashes():
    assert Checkpoint.of(GOOD, "hps\\v2.1\\model.pt").name == "hps/v2.1/model.pt"


OTHERS = {
    "sparse": lambda: torch.ones(2, 3).to_sparse(),
    "nested": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(2, 3), 0.1, 0, torch.qint8),
    "without numbers": lambda: torch.ones(2, 3, device="meta"),
    "of half bytes": lambda: torch.zeros(2, 3, dtype=torch.uint8).view(torch.float4_e2m1fn_x2),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", OTHERS)
def test_a_tensor_that_is_no_plain_numbers_does_not_count(kind):
    if kind == "of half bytes" and not hasattr(torch, "float4_e2m1fn_x2"):
        pytest.skip("this torch has no such numbers")
    with pytest.raises(LidarError, match='lacks the tensor "weight"'):
        linear({**GOOD, "weight": OTHERS[kind]()})
    with pytest.raises(LidarError, match="holds no named tensors of plain numbers"):
        linear({"weight": OTHERS[kind]()})


def test_a_dictionary_that_holds_itself_ends():
    contents = {}
    contents["inner"] = {"more": contents}
    with pytest.raises(LidarError, match="holds no named tensors"):
        linear(contents)
