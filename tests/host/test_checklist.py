"""The checklist on small random vision-language models of the host's own classes, against transformers'."""

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

LINES = """
Is there a cat? yes
Is there a cat? no * 2
How many dogs are there? 2 * 0.5
What colour is {prompt}? turquoise
What does the sign say? "open late"
"""
# The question, the right answers, their rivals, and the weight.
EXPECTED = [
    ("Is there a cat? Answer Yes or No.", ["Yes", "yes"], ["No", "no"], 1),
    ("Is there a cat? Answer Yes or No.", ["No", "no"], ["Yes", "yes"], 2),
    ("How many dogs are there? Answer with one number.", ["2", "two", "Two"], [], 0.5),
    ("What colour is a door? Answer with one word.", ["turquoise", "Turquoise"], [], 1),
    ("What does the sign say? Answer with 2 words.", ["open late", "Open late"], [], 1),
]


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def checklist(pack, clip, lines=LINES):
    return submodule(pack, "nodes.reward_checklist").LiDARRewardChecklist.execute(clip, lines)[0]


@pytest.fixture(params=["Qwen3-VL 8B", "Qwen3-VL 4B", "Qwen2.5-VL"])
def pair(request, monkeypatch, tmp_path):
    """The host's model as a CLIP, and transformers' with the same weights."""
    if request.param == "Qwen2.5-VL":
        clip = qwen25_vl_clip(monkeypatch, tmp_path / "qwen.safetensors")
        return clip, official_qwen25(clip, tmp_path / "qwen.safetensors")
    separate_head = request.param == "Qwen3-VL 8B"
    clip = qwen3_vl_clip(monkeypatch, separate_head)
    return clip, official_qwen3(clip, separate_head)


@needs_qwen3_vl
def test_each_line_has_the_probability_that_transformers_gives_it_alone(pack, pair):
    """Although all lines are read in one pass here, and each answer in its own pass there."""
    clip, official = pair
    images = pictures(96, 160, 2) if official.patch == 16 else pictures(84, 140, 2)
    scores = checklist(pack, clip).score(images, "a door")
    expected = []
    for asked, right, rivals, _ in EXPECTED:
        rows = [[official.log_probability(image, asked, word) for word in (*right, *rivals)] for image in images]
        spelled = torch.tensor(rows).double()
        chosen = spelled[:, : len(right)].logsumexp(1)
        expected.append(chosen - spelled.logsumexp(1) if rivals else chosen)
    expected = torch.stack(expected).float()
    found = torch.stack(list(scores.parts.values())[1:]).log()
    torch.testing.assert_close(found, expected, atol=TOLERANCE, rtol=0)
    weights = torch.tensor([float(row[-1]) for row in EXPECTED])
    torch.testing.assert_close(scores.values, weights @ expected / weights.sum(), atol=TOLERANCE, rtol=0)
    assert list(scores.parts) == [
        "checklist",
        "Is there a cat? yes",
        "Is there a cat? no",
        "How many dogs are there? 2",
        "What colour is a door? turquoise",
        "What does the sign say? open late",
    ]


@needs_qwen3_vl
def test_a_model_that_likes_to_say_yes_gains_nothing_by_it(pack, monkeypatch):
    """The opposite answer to the same question reverses the scores of all pictures, whatever the model prefers."""
    clip = qwen3_vl_clip(monkeypatch, True)
    images = pictures(64, 96, 4)
    head = clip.cond_stage_model.qwen3vl_8b.transformer.model.lm_head.weight
    for bias in (0.0, 0.5):
        # More of every feature's usual sign for yes.
        head[[9454, 9693]] += bias * head[[9454, 9693]]
        good, bad = (
            checklist(pack, clip, f"Is there a cat? {word}").score(images, "").values for word in ("yes", "no")
        )
        torch.testing.assert_close(good.exp() + bad.exp(), torch.ones(4), atol=1e-6, rtol=0)
        assert good.argsort().tolist() == bad.argsort(descending=True).tolist()
        assert good.std() > 1e-3


@needs_qwen3_vl
def test_the_picture_is_encoded_once_for_all_lines(pack, monkeypatch):
    clip = qwen3_vl_clip(monkeypatch, False)
    language = clip.cond_stage_model.qwen3vl_8b.transformer
    seen, passes = [], []
    encode, read = language.preprocess_embed, language.model.forward
    monkeypatch.setattr(language, "preprocess_embed", lambda *given, **named: seen.append(1) or encode(*given, **named))
    monkeypatch.setattr(language.model, "forward", lambda *given, **named: passes.append(1) or read(*given, **named))
    checklist(pack, clip).score(pictures(64, 64, 3), "a door")
    assert len(seen) == len(passes) == 3


@needs_qwen3_vl
def test_a_line_is_not_swayed_by_the_lines_before_it(pack, monkeypatch):
    clip = qwen3_vl_clip(monkeypatch, True)
    image = pictures(64, 64, 1)
    alone = checklist(pack, clip, "How many dogs are there? 2").score(image, "a door")
    among = checklist(pack, clip).score(image, "a door")
    name = "How many dogs are there? 2"
    torch.testing.assert_close(among.parts[name], alone.parts[name], atol=0, rtol=TOLERANCE)


@needs_qwen3_vl
def test_an_empty_checklist_is_made_of_the_prompt(pack, monkeypatch):
    clip = qwen3_vl_clip(monkeypatch, True)
    reward = checklist(pack, clip, "\n")
    assert reward.reads_prompt
    scores = reward.score(pictures(64, 64, 2), "two red cats left of a dog")
    assert list(scores.parts)[1:] == [
        "How many cats are there? two",
        "Are the cats red? yes",
        "Does this picture show a dog? yes",
        "Are the cats left of the dog? yes",
    ]
    with pytest.raises(ValueError, match="checklist is empty and so is the prompt"):
        reward.score(pictures(64, 64, 2), "")
    assert not checklist(pack, clip, "Is it sharp?").reads_prompt


@needs_qwen3_vl
def test_the_model_writes_what_transformers_writes(pack, monkeypatch):
    clip = qwen3_vl_clip(monkeypatch, True)
    model = submodule(pack, "nodes.host.vlm").SeeingModel(clip)
    ids = []
    monkeypatch.setattr(clip, "decode", lambda tokens: ids.extend(tokens) or "")
    model.written("Two red cats?", 6)
    official = official_qwen3(clip, True)
    chat = "<|im_start|>user\nTwo red cats?<|im_end|>\n<|im_start|>assistant\n"
    read = model.words(chat)["input_ids"]
    for token in ids:
        assert official.model(input_ids=torch.tensor([read])).logits[0, -1].argmax().item() == token
        read.append(token)
    assert len(ids) == 6


@needs_qwen3_vl
def test_the_model_may_make_the_lines_once_for_a_prompt_and_they_are_shown(pack, monkeypatch):
    node = submodule(pack, "nodes.reward_checklist").LiDARRewardChecklist
    panel = submodule(pack, "nodes.host.panel").Panel
    shown, asked = [], []
    monkeypatch.setattr(panel, "say", lambda self, text: shown.append(text))
    reward = node.execute(qwen3_vl_clip(monkeypatch, True), "", "model")[0]
    answers = iter(
        ["Sure!\n- How many cats are there? two\n2) Is the dog black? No.\nHow many cats are there? two", ""]
    )
    monkeypatch.setattr(reward.model, "written", lambda request, longest: asked.append(request) or next(answers))
    for _ in range(2):
        scores = reward.score(pictures(64, 64, 2), "two cats, and a dog that is not black")
        assert list(scores.parts)[1:] == ["How many cats are there? two", "Is the dog black? no"]
    assert shown == ["How many cats are there? two\nIs the dog black? no"]
    assert len(asked) == 1
    assert "two cats, and a dog that is not black" in asked[0]
    # It wrote nothing of use for this one, so the rules make the lines.
    scores = reward.score(pictures(64, 64, 2), "a dog")
    assert list(scores.parts)[1:] == ["Does this picture show a dog? yes"]


@needs_qwen3_vl
def test_a_model_that_cannot_write_is_refused(pack, monkeypatch, tmp_path):
    clip = qwen25_vl_clip(monkeypatch, tmp_path / "qwen.safetensors")
    node = submodule(pack, "nodes.reward_checklist").LiDARRewardChecklist
    with pytest.raises(ValueError, match="Qwen2.5-VL cannot write the lines"):
        node.execute(clip, "", "model")


@needs_qwen3_vl
def test_its_lines_are_kept_with_the_pool_that_it_scored(pack, monkeypatch):
    model, words, vae, *_ = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args
    reward = checklist(pack, qwen3_vl_clip(monkeypatch, True), "Is it red?\nHow many stars are there? one")
    drawing = submodule(pack, "nodes.host.drawing")
    conditions = [words.encode_from_tokens_scheduled(words.tokenize(text)) for text in ("a red star", "")]
    task = submodule(pack, "nodes.host.sampling").Task(model, *conditions, {"samples": torch.zeros(1, 4, 16, 16)})
    pool, drawn = drawing.draw_pool(task, vae, reward, drawing.LookaheadConfig(samples=3, steps=2, cfg=3.0), "a star")
    assert set(pool.scores) == {"checklist", "Is it red? yes", "How many stars are there? one"}
    torch.testing.assert_close(pool.rewards, reward.score(drawn, "").values, atol=1e-4, rtol=0)


def test_a_line_that_is_no_question_is_refused_before_anything_runs(pack):
    clip = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args[1]
    node = submodule(pack, "nodes.reward_checklist").LiDARRewardChecklist
    with pytest.raises(ValueError, match=r"clip cannot see pictures"):
        node.execute(clip, "Is it red?")
