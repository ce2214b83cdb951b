import json
import logging
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from lidar_core.errors import LidarError
from lidar_core.networks.checkpoint import Checkpoint
from lidar_core.rewards.bert_tokens import BertReader
from lidar_core.rewards.scorers import image_reward
from lidar_core.rewards.scorers.image_reward import ImageReward
from lidar_core.rewards.scorers.kinds import kind_of, scorer_of
from lidar_core.rewards.scorers.scorer import Ingredients

from .tiny_image_reward import PROMPTS, SIZES, file_shapes, pictures, tiny_weights

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "image_reward_golden.json").read_text())
SCORES = torch.tensor(GOLDEN["scores"])

# Float32 sums in another order: 2.7e-6 was found.
EXACT = 1e-5
# Pillow rounds its kernel, so up to 2 % of a resized picture's pixels differ, by one step of 255 or at hard edges two.
# 1.9e-3 was found, on scores that spread by 0.5 over prompts and by 1.2 over pictures.
RESIZED = 5e-3


def built(weights: dict[str, torch.Tensor], dtype: torch.dtype = torch.float32) -> ImageReward:
    file = Checkpoint.of(weights, "ImageReward.pt")
    return image_reward.image_reward(Ingredients(file, clip_vocabulary=Path("none"), dtype=dtype))


@pytest.fixture(scope="module")
def reward() -> ImageReward:
    return built(tiny_weights())


@pytest.fixture(scope="module")
def images() -> list[torch.Tensor]:
    return [picture[None] / 255 for picture in pictures()]


def scores(reward: ImageReward, images: list[torch.Tensor]) -> torch.Tensor:
    """(prompts, pictures), as the golden ones."""
    return torch.stack([torch.cat([reward.values(image, prompt) for image in images]) for prompt in PROMPTS])


def resized(size: tuple[int, int]) -> bool:
    return min(size) != 224


def test_scores_are_those_of_the_official_code(reward, images):
    errors = (scores(reward, images) - SCORES).abs().amax(0)
    for size, error in zip(SIZES, errors.tolist(), strict=True):
        assert error < (RESIZED if resized(size) else EXACT), (size, error)


def test_the_golden_scores_depend_on_prompt_and_picture():
    assert (SCORES.std(0) > 0.3).all()
    assert (SCORES.std(1) > 0.3).all()


@pytest.mark.parametrize("wrong", ["picture eps", "text eps", "gelu", "first token", "order of attention"])
def test_the_golden_scores_show_a_wrong_detail(monkeypatch, wrong, images):
    reward = built(tiny_weights())
    blip = reward.module.blip
    tower = {"picture eps": blip.visual_encoder, "text eps": blip.text_encoder}.get(wrong)
    for module in [] if tower is None else tower.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = 1e-5
    if wrong == "gelu":
        exact = functional.gelu
        monkeypatch.setattr(functional, "gelu", lambda x: exact(x, approximate="tanh"))
    if wrong == "first token":
        # As BLIP's own matching head does it.
        ids = reward.ids
        reward.ids = lambda prompt: (30523, *ids(prompt)[1:])
    if wrong == "order of attention":
        for layer in blip.text_encoder.encoder.layer:
            layer.attention.output, layer.crossattention.output = layer.crossattention.output, layer.attention.output
    unresized = [index for index, size in enumerate(SIZES) if not resized(size)]
    errors = (scores(reward, [images[index] for index in unresized]) - SCORES[:, unresized]).abs()
    assert errors.max() > 30 * EXACT


def test_tokens_are_those_of_the_official_tokenizer():
    reader = BertReader()
    assert [list(reader.read(prompt).ids) for prompt in PROMPTS] == GOLDEN["ids"]


def test_a_batch_scores_as_its_pictures_do(reward, images):
    together = torch.cat([images[1], images[1].flip(1), images[1].flip(2)])
    apart = torch.cat([reward.values(image[None], "a red cat") for image in together])
    torch.testing.assert_close(reward.values(together, "a red cat"), apart, atol=EXACT, rtol=0)


def test_the_real_files_tensors_are_all_known():
    """What the file holds is what the small ones here hold, and the network takes all of it but what BLIP left."""
    listed = json.loads((HERE / "image_reward_keys.json").read_text())
    names = {
        pattern.replace("*", str(index)): tuple(entry["shape"])
        for pattern, entry in listed.items()
        for index in range(entry["count"])
    }
    assert len(names) == 625
    assert file_shapes() == names
    # Views of one number take no memory.
    tensors = {name: torch.zeros(()).expand(shape) for name, shape in names.items()}
    with torch.device("meta"):
        file = Checkpoint.of(tensors, "ImageReward.pt")
        shape = image_reward.Shape.of(file)
        network = image_reward.ImageRewardNet(shape)
    assert shape.picture.size == 224
    taken = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    left = {name for name in names if name not in taken}
    assert taken == {name: shape for name, shape in names.items() if name not in left}
    assert left == {
        "blip.text_encoder.embeddings.position_ids",
        "blip.text_proj.bias",
        "blip.text_proj.weight",
        "blip.vision_proj.bias",
        "blip.vision_proj.weight",
    }


def test_a_whole_file_loads_without_a_word(caplog):
    built(tiny_weights())
    assert not caplog.records


def test_half_precision_towers_keep_the_head_and_the_scores(images):
    exact, half = built(tiny_weights()), built(tiny_weights(), torch.bfloat16)
    assert half.module.blip.visual_encoder.cls_token.dtype == torch.bfloat16
    assert {parameter.dtype for parameter in half.module.mlp.parameters()} == {torch.float32}
    torch.testing.assert_close(half.module.mlp.state_dict(), exact.module.mlp.state_dict(), atol=0, rtol=0)
    for image in images[:2]:
        got = half.values(image, "a red cat")
        assert got.dtype == torch.float32
        torch.testing.assert_close(got, exact.values(image, "a red cat"), atol=0.1, rtol=0)


@pytest.mark.parametrize("prefix", ["", "module.", "model."])
def test_the_file_is_recognised_by_its_tensors_whatever_it_is_called(prefix):
    """Its head has the names that LAION's has in some uploads."""
    weights = {prefix + name: tensor for name, tensor in tiny_weights().items()}
    file = Checkpoint.of(weights, "hpsv2.1 laion aesthetic.safetensors")
    assert kind_of(file) == kind_of(file, "ImageReward") == "ImageReward"
    assert isinstance(scorer_of(Ingredients(file, clip_vocabulary=Path("none"))), ImageReward)
    with pytest.raises(LidarError, match="is not PickScore but ImageReward"):
        kind_of(file, "PickScore")


def test_a_file_without_the_head_is_refused_by_name():
    weights = {name: tensor for name, tensor in tiny_weights().items() if not name.startswith("mlp.")}
    with pytest.raises(LidarError, match=r"ImageReward.pt.*lacks the tensor .mlp.layers.0.weight"):
        built(weights)


def test_an_incomplete_file_is_refused_by_name():
    weights = tiny_weights()
    del weights["blip.text_encoder.encoder.layer.1.output.dense.weight"]
    with pytest.raises(LidarError, match=r"ImageReward.pt.*encoder.layer.1.output.dense.weight"):
        built(weights)


def test_what_is_lost_of_a_prompt_is_said_once(reward, images, caplog):
    prompt = "one two three four five six seven eight nine ten " * 5
    with caplog.at_level(logging.WARNING):
        reward.values(images[0], prompt)
        reward.values(images[0], prompt)
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "ImageReward saw 33 of 50 words of the prompt"
    ]
