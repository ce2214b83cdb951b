"""The yes-or-no reward on a small random Qwen3-VL of the host's own classes, against transformers' Qwen3-VL."""

import importlib

import pytest
import torch

from .tiny_vlm import (
    TOLERANCE,
    needs_qwen3_vl,
    official_qwen3,
    official_qwen25,
    pictures,
    qwen3_vl_clip,
    qwen25_vl_clip,
)


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def official_log_odds(official, image, question):
    """From the probabilities of all words after the chat."""
    logits, _ = official.logits(image, question)
    odds = logits[-1].softmax(-1)
    yes, no = (sum(odds[word] for word in words) for words in ((9454, 9693), (2753, 2152)))
    return (yes / no).log().float()


@needs_qwen3_vl
@pytest.mark.parametrize("separate_head", [True, False], ids=["8B", "4B"])
@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 160), (256, 128)])
def test_log_odds_are_those_of_transformers(pack, monkeypatch, separate_head, height, width):
    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen3_vl_clip(monkeypatch, separate_head)
    reward = node.execute(clip, 'Is this "{prompt}"? {yes/no}')[0]
    images = pictures(height, width)
    scores = {
        prompt: reward.values(images, prompt) for prompt in ("a red cat", "", 'a "\u201cquoted\u201d" &amp; sign')
    }
    official = official_qwen3(clip, separate_head)
    for prompt, got in scores.items():
        asked = f'Is this "{prompt}"? {{yes/no}}'
        expected = torch.stack([official_log_odds(official, image, asked) for image in images])
        torch.testing.assert_close(got, expected, atol=TOLERANCE, rtol=0)
    together = torch.stack(list(scores.values()))
    assert (together.std(0) > 0.01).all(), "the prompt makes a difference"
    assert (together.std(1) > 0.01).all(), "the picture makes a difference"


@needs_qwen3_vl
@pytest.mark.parametrize(("height", "width"), [(56, 56), (112, 196), (252, 140)])
def test_log_odds_of_qwen25_are_those_of_transformers(pack, monkeypatch, tmp_path, height, width):
    """Its windows of 8 x 8 patches are cut, whole and padded at these sizes."""
    clip = qwen25_vl_clip(monkeypatch, tmp_path / "qwen.safetensors")
    reward = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(clip, "Is this {prompt}?")[0]
    images = pictures(height, width)
    official = official_qwen25(clip, tmp_path / "qwen.safetensors")
    expected = torch.stack([official_log_odds(official, image, "Is this a cat?") for image in images])
    torch.testing.assert_close(reward.values(images, "a cat"), expected, atol=TOLERANCE, rtol=0)
    assert expected.std() > 0.01


@needs_qwen3_vl
def test_a_qwen25_whose_file_has_no_output_layer_is_refused(pack, monkeypatch, tmp_path):
    from safetensors.torch import save_file

    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen25_vl_clip(monkeypatch, tmp_path / "qwen.safetensors")
    save_file({"some.weight": torch.zeros(1)}, tmp_path / "qwen.safetensors")
    with pytest.raises(ValueError, match=r"leaves its output layer.*complete Qwen2.5-VL 7B file"):
        node.execute(clip, "Well?")
    clip.patcher.cached_patcher_init = None
    with pytest.raises(ValueError, match=r"leaves its output layer"):
        node.execute(clip, "Well?")


@needs_qwen3_vl
def test_pictures_of_a_batch_do_not_see_each_other(pack, monkeypatch):
    reward = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(
        qwen3_vl_clip(monkeypatch, True), "{prompt}?"
    )[0]
    images = pictures(96, 64)
    apart = torch.cat([reward.values(image[None], "a cat") for image in images])
    torch.testing.assert_close(reward.values(images.flip(0), "a cat").flip(0), apart, atol=TOLERANCE, rtol=0)


@needs_qwen3_vl
def test_a_large_picture_is_shown_at_448_pixels_square(pack, monkeypatch):
    """And is scored as the smaller picture is that it becomes; transparency is left out."""
    yes_no = submodule(pack, "lidar_core.rewards.question")
    clip = qwen3_vl_clip(monkeypatch, False)
    reward = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(clip, "{prompt}?")[0]
    seen = []
    language = clip.cond_stage_model.qwen3vl_8b.transformer
    preprocess = language.preprocess_embed

    def spy(embed, device):
        seen.append(embed["data"].shape)
        return preprocess(embed, device)

    monkeypatch.setattr(language, "preprocess_embed", spy)
    large = pictures(640, 1152, 1)
    got = reward.score(torch.cat([large, torch.zeros_like(large[..., :1])], -1), "a cat").values
    assert seen == [(1, 320, 608, 3)]
    torch.testing.assert_close(reward.values(yes_no.fitted(large), "a cat"), got, atol=TOLERANCE, rtol=0)


@needs_qwen3_vl
def test_where_the_host_generates_in_bfloat16_so_is_scored(pack, monkeypatch):
    import comfy.model_management

    clip = qwen3_vl_clip(monkeypatch, True)
    reward = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(clip, "{prompt}?")[0]
    images = pictures(64, 64)
    exact = reward.values(images, "a cat")
    monkeypatch.setattr(comfy.model_management, "should_use_bf16", lambda *_: True)
    rough = reward.values(images, "a cat")
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, exact)
    # bfloat16 keeps 8 bits, through 4 layers; the logits are up to 10.
    torch.testing.assert_close(rough, exact, atol=0.5, rtol=0)


@needs_qwen3_vl
def test_a_question_without_the_prompt_does_not_read_it(pack, monkeypatch):
    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen3_vl_clip(monkeypatch, True)
    reward = node.execute(clip, "Is this a good photograph?")[0]
    assert not reward.reads_prompt
    assert torch.equal(reward.values(pictures(64, 64), "a cat"), reward.values(pictures(64, 64), "a dog"))
    assert node.execute(clip, "Is this {prompt}?")[0].reads_prompt


@needs_qwen3_vl
def test_models_that_cannot_answer_are_refused(pack, monkeypatch):
    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen3_vl_clip(monkeypatch, True)
    with pytest.raises(ValueError, match="question is empty"):
        node.execute(clip, " \n")
    language = clip.cond_stage_model.qwen3vl_8b.transformer
    language.model.lm_head.weight.zero_()
    with pytest.raises(ValueError, match=r"lacks the output layer.*complete Qwen3-VL file"):
        node.execute(clip, "Well?")[0].values(pictures(64, 64), "")
    language.model.norm = None
    with pytest.raises(ValueError, match=r"without its last layers.*Wire a CLIP with a Qwen3-VL"):
        node.execute(clip, "Well?")


def test_a_clip_that_cannot_see_is_refused(pack):
    """On every host; the old one has none that can."""
    clip = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args[1]
    with pytest.raises(ValueError, match=r"clip cannot see pictures and answer. Wire a CLIP with a Qwen3-VL"):
        submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(clip, "Is it {prompt}?")


@needs_qwen3_vl
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("boogu", "BooguTokenizer"),
        ("ideogram4", "Ideogram4Qwen3VLTokenizer"),
        ("joyimage", "JoyImageTokenizer"),
        ("krea2", "Krea2Tokenizer"),
        ("mage_flow", "MageFlowTokenizer"),
    ],
)
def test_whatever_type_the_clip_was_loaded_as_the_question_is_the_same(pack, monkeypatch, module, name):
    """Each image model wraps the text in a system prompt of its own, which the question must not meet."""
    module = pytest.importorskip(f"comfy.text_encoders.{module}")
    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen3_vl_clip(monkeypatch, True)
    image = pictures(64, 96, 1)
    expected = node.execute(clip, "{prompt}?")[0].values(image, "a cat")
    clip.tokenizer = getattr(module, name)()
    reward = node.execute(clip, "{prompt}?")[0]
    assert torch.equal(reward.values(image, "a cat"), expected)


@needs_qwen3_vl
def test_it_scores_a_lookahead_and_mixes(pack, monkeypatch):
    model, words, vae, *_ = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args
    vlm = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(
        qwen3_vl_clip(monkeypatch, True), "{prompt}?"
    )[0]
    metric = submodule(pack, "nodes.reward_metric").LiDARRewardMetric.execute("sharpness", "more", 0.5)[0]
    mix = submodule(pack, "lidar_core.rewards.mix").RewardMix([vlm, metric], [1.0, 0.5], "weighted sum")
    drawing = submodule(pack, "nodes.host.drawing")
    conditions = [words.encode_from_tokens_scheduled(words.tokenize(text)) for text in ("a red star", "")]
    task = submodule(pack, "nodes.host.sampling").Task(model, *conditions, {"samples": torch.zeros(1, 4, 16, 16)})
    config = drawing.LookaheadConfig(samples=3, steps=2, cfg=3.0)
    pool, pictures_drawn = drawing.draw_pool(task, vae, mix, config, "a red star")
    assert len(pool.rewards) == len(pictures_drawn) == 3
    torch.testing.assert_close(pool.rewards, mix.score(pictures_drawn, "a red star").values, atol=1e-4, rtol=0)
    assert mix.reads_prompt
