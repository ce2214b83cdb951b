"""The scorers of the CLIP family against the official code, from picture and prompt to score, on tiny weights.

clip_golden.json holds what the official code answered; official_clip.py says how. Tolerances: a picture that no tower
resizes must agree to float32 rounding through three layers. Resized ones differ by Pillow's fixed-point arithmetic, one
step of 255 on fewer than 1 in 1000 values, which random towers amplify: they may differ by three thousandths of the
spread of the scores. HPSv2's own transform resizes real numbers with torch, as ours does, and agrees on every picture.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lidar_core.networks.checkpoint import Checkpoint
from lidar_core.rewards.scorers.kinds import scorer_of
from lidar_core.rewards.scorers.scorer import Ingredients

from . import tiny_clip

GOLDEN = json.loads((Path(__file__).parent / "clip_golden.json").read_text())
PICTURES = [torch.from_numpy(picture)[None] / 255 for picture in tiny_clip.pictures()]
UNRESIZED = {
    name: [tiny_clip.SIZES.index((384, 384) if name == "Aesthetic v2.5" else (224, 224))] for name in GOLDEN
} | {"HPSv2.1": range(len(PICTURES))}


def checkpoint(weights, name="tiny"):
    return Checkpoint.of({key: torch.from_numpy(np.asarray(value)) for key, value in weights.items()}, name)


def scorer(kind, weights, tower=None, **ingredients):
    file, second = checkpoint(weights), None if tower is None else checkpoint(tower)
    return scorer_of(Ingredients(file, tiny_clip.VOCABULARY, second, **ingredients), kind)


def scores(reward, prompts):
    return np.array([[reward.values(picture, prompt).item() for picture in PICTURES] for prompt in prompts])


OPEN_CLIP, HUGGING_FACE = tiny_clip.open_clip_weights, tiny_clip.hugging_face_weights

# Golden entry and key, kind, weights, tower, and the unit that the float32 tolerance 1e-6 is counted in.
CASES = {
    "HPSv2.1": ("HPSv2.1", "scores", "HPSv2.1", OPEN_CLIP, None, 1),
    "HPSv2": ("HPSv2.1", "scores", "HPSv2", OPEN_CLIP, None, 1),
    "PickScore": ("PickScore", "scores", "PickScore", HUGGING_FACE, None, 100),
    "open_clip, gelu": ("CLIPScore (gelu)", "scores", "CLIPScore (gelu)", OPEN_CLIP, None, 1),
    "open_clip, quick_gelu": ("CLIPScore (gelu)", "quick_gelu", "CLIPScore (quick_gelu)", OPEN_CLIP, None, 1),
    "Hugging Face": ("CLIPScore (quick_gelu)", "scores", "CLIPScore (quick_gelu)", HUGGING_FACE, None, 1),
    "LAION linear": ("LAION linear", "scores", "LAION aesthetic", tiny_clip.laion_linear, HUGGING_FACE, 10),
    "LAION relu": ("LAION relu", "scores", "LAION aesthetic", tiny_clip.laion_relu, HUGGING_FACE, 10),
    "Aesthetic v2.5": ("Aesthetic v2.5", "scores", "auto", tiny_clip.v2_5_head, tiny_clip.siglip_weights, 10),
}


@pytest.mark.parametrize("case", CASES)
def test_scores_are_the_official_ones(case):
    entry, key, kind, weights, tower, unit = CASES[case]
    expected = np.array(GOLDEN[entry][key])
    reward = scorer(kind, weights(), tower and tower())
    found = scores(reward, tiny_clip.PROMPTS[: len(expected)])
    exact = list(UNRESIZED[entry])
    np.testing.assert_allclose(found[:, exact], expected[:, exact], rtol=0, atol=1e-6 * unit)
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.003 * expected.std())


# The same tensors read as another kind: each must be further from the official scores than those may be.
WRONG = {
    # Only pictures that are not square tell these two apart.
    "cropped HPSv2": ("HPSv2.1", "scores", "CLIPScore (gelu)", OPEN_CLIP),
    "padded PickScore": ("PickScore", "scores", "HPSv2.1", HUGGING_FACE),
    "wrong activation": ("CLIPScore (gelu)", "scores", "CLIPScore (quick_gelu)", OPEN_CLIP),
    "other wrong activation": ("CLIPScore (quick_gelu)", "scores", "CLIPScore (gelu)", HUGGING_FACE),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_kind_would_be_noticed(case):
    entry, key, kind, weights = WRONG[case]
    expected = np.array(GOLDEN[entry][key])
    difference = np.abs(scores(scorer(kind, weights()), tiny_clip.PROMPTS) - expected)
    assert difference[:, [0, 2]].max() > 1e-4


def test_a_batch_scores_as_its_pictures_do_one_by_one():
    reward = scorer("HPSv2.1", OPEN_CLIP())
    pictures = torch.cat([PICTURES[2], PICTURES[2].flip(2), PICTURES[2].flip(1)])
    one_by_one = torch.cat([reward.values(picture[None], "a cat") for picture in pictures])
    torch.testing.assert_close(reward.values(pictures, "a cat"), one_by_one, rtol=0, atol=1e-6)


def test_an_alpha_channel_is_ignored():
    reward = scorer("PickScore", HUGGING_FACE())
    with_alpha = torch.cat([PICTURES[0], torch.zeros_like(PICTURES[0][..., :1])], -1)
    assert torch.equal(reward.score(with_alpha, "a cat").values, reward.values(PICTURES[0], "a cat"))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_towers_compare_their_features_in_float32(dtype):
    """Half precision keeps 11 or 8 bits: the cosine may move by a few of their steps, and takes values between them."""
    half = scorer("HPSv2.1", OPEN_CLIP(), dtype=dtype)
    assert {tensor.dtype for tensor in half.module.parameters()} == {dtype}
    found = torch.cat([half.values(picture, "a cat") for picture in PICTURES])
    expected = torch.cat([scorer("HPSv2.1", OPEN_CLIP()).values(picture, "a cat") for picture in PICTURES])
    torch.testing.assert_close(found, expected, rtol=0, atol=8 * torch.finfo(dtype).eps)
    assert found.dtype == torch.float32
    assert not torch.equal(found, found.to(dtype).float())


def test_a_half_precision_head_file_is_used_in_float32():
    weights = {name: torch.from_numpy(value).bfloat16() for name, value in tiny_clip.v2_5_head().items()}
    file, tower = Checkpoint.of(weights, "head"), checkpoint(tiny_clip.siglip_weights())
    reward = scorer_of(Ingredients(file, tiny_clip.VOCABULARY, tower, wide_dtype=torch.bfloat16))
    assert {tensor.dtype for tensor in reward.module.head.parameters()} == {torch.float32}
    assert {tensor.dtype for tensor in reward.module.tower.parameters()} == {torch.bfloat16}
    assert reward.values(PICTURES[0], "").isfinite().all()


def test_the_text_is_encoded_once_a_prompt():
    reward = scorer("PickScore", HUGGING_FACE())
    encode, calls = reward.module.text_features, []
    reward.module.text_features = lambda ids: calls.append(ids) or encode(ids)
    for prompt in ("a cat", "a cat", "a dog", "a dog", "a cat"):
        reward.values(PICTURES[0], prompt)
    assert len(calls) == 3


def test_a_long_prompt_is_cut_with_a_warning_that_counts_words(caplog):
    reward = scorer("PickScore", HUGGING_FACE())
    reward.values(PICTURES[0], tiny_clip.PROMPTS[3])
    words = tiny_clip.PROMPTS[3].split()
    (message,) = caplog.messages
    assert f"of the prompt's {len(words)} words" in message
    seen = int(message.split("first ")[1].split()[0])
    caplog.clear()
    kept = reward.values(PICTURES[0], " ".join(words[:seen]))
    assert not caplog.messages
    reward.values(PICTURES[0], " ".join(words[: seen + 1]))
    assert f"first {seen} of the prompt's {seen + 1} words" in caplog.text
    assert kept.isfinite().all()


def test_rewards_say_what_they_are():
    for case in CASES.values():
        _, _, kind, weights, tower, _ = case
        reward = scorer(kind, weights(), tower and tower())
        assert reward.name == kind or kind == "auto"
        assert reward.spread > 0
        assert reward.picture_bytes > 0
        assert reward.reads_prompt == (tower is None)
