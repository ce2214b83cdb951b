"""CLAP against LAION's official code on tiny weights: clap_golden.json, which official_clap.py writes."""

import json
from pathlib import Path

import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.networks import clap_keys
from lidar_core.networks.checkpoint import Checkpoint
from lidar_core.rewards.media import Sounds
from lidar_core.rewards.scorers import clap
from lidar_core.rewards.scorers.kinds import kind_of, scorer_of
from lidar_core.rewards.scorers.scorer import Ingredients

from . import tiny_clap
from .tiny_sounds import sounds

pytest.importorskip("transformers", reason="the package transformers, which ComfyUI installs, is not here")
GOLDEN = json.loads((Path(__file__).parent / "clap_golden.json").read_text())
# Float32 sums in another order: 1e-7 was found.
EXACT = 1e-6


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    return tiny_clap.save_tokenizer(tmp_path_factory.mktemp("clap") / "tokenizer.json")


def built(weights, tokenizer):
    return scorer_of(Ingredients(Checkpoint.of(weights, "clap.pt"), Path("none"), tokenizer=tokenizer))


@pytest.fixture
def scorer(vocabulary):
    return built(tiny_clap.weights(), vocabulary)


def score(scorer, name="short", prompt=1):
    wave, rate = sounds()[name]
    return scorer.parts(Sounds(wave[None], rate), tiny_clap.PROMPTS[prompt])["CLAP"].item()


def error(scorer, name="short", prompt=1):
    return abs(score(scorer, name, prompt) - GOLDEN["scores"][name][prompt])


@pytest.mark.parametrize("name", GOLDEN["scores"])
def test_scores_are_those_of_the_official_code(scorer, name):
    assert error(scorer, name) < EXACT


@pytest.mark.parametrize("prompt", range(len(tiny_clap.PROMPTS)))
def test_every_prompt_is_read_as_by_the_official_code(scorer, prompt):
    assert error(scorer, prompt=prompt) < EXACT


def test_the_tokens_are_those_of_the_official_code(scorer):
    assert [scorer.tokenizer.read(prompt).ids for prompt in tiny_clap.PROMPTS] == GOLDEN["ids"]


@pytest.mark.parametrize("wrong", ["text eps", "mel scale", "filling", "power"])
def test_the_golden_scores_show_a_wrong_detail(scorer, monkeypatch, wrong):
    if wrong == "text eps":
        for module in scorer.module.model.text_model.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.eps = 1e-12
    if wrong == "mel scale":
        from transformers.audio_utils import mel_filter_bank

        scorer.filters = torch.from_numpy(mel_filter_bank(513, 64, 50, 14000, 48000, None, "htk")).float()
    if wrong == "filling":
        monkeypatch.setattr(clap, "_windows", lambda wave: torch.nn.functional.pad(wave, (0, 480000 - len(wave)))[None])
    if wrong == "power":
        exact = clap.log_mel
        monkeypatch.setattr(clap, "log_mel", lambda *inputs: exact(*inputs) / 2)
    assert error(scorer) > 2 * EXACT


def test_a_file_of_transformers_scores_the_same(scorer, vocabulary):
    file = clap_keys.hugging_face_names(Checkpoint.of(tiny_clap.weights(), "clap"))
    assert scorer.module.model.state_dict().keys() - file.tensors.keys() <= {
        f"text_model.embeddings.{name}" for name in ("position_ids", "token_type_ids")
    }
    again = built(dict(file.tensors), vocabulary)
    assert score(again) == score(scorer)


def test_laions_own_file_is_read_with_all_that_it_holds(scorer, vocabulary, caplog):
    """Training state, the wrapper's prefix, and tensors that only training uses."""
    weights = {
        **tiny_clap.weights(),
        "audio_branch.spectrogram_extractor.stft.conv_real.weight": torch.zeros(513, 1, 1024),
        "audio_branch.layers.0.blocks.1.attn_mask": torch.zeros(64, 64, 64),
        "audio_branch.tscam_conv.weight": torch.zeros(527, 128, 2, 3),
        "audio_transform.sequential.0.weight": torch.zeros(32, 32),
        "text_branch.embeddings.position_ids": torch.arange(100)[None],
    }
    file = {"epoch": 15, "optimizer": {"state": {}}, "state_dict": {f"module.{k}": v for k, v in weights.items()}}
    assert score(built(file, vocabulary)) == score(scorer)
    assert not [message for message in caplog.messages if "does not use" in message]


def test_a_batch_scores_as_its_sounds_do_one_by_one(scorer):
    wave, rate = sounds()["ten seconds"]
    pair = scorer.parts(Sounds(torch.stack([wave, wave.flip(1)]), rate), "a tune")["CLAP"]
    alone = scorer.parts(Sounds(wave.flip(1)[None], rate), "a tune")["CLAP"]
    assert pair[1] == alone[0]
    assert pair[0] != pair[1]


def test_the_text_is_encoded_once_a_prompt_and_cut_with_one_warning(scorer, caplog):
    wave, rate = sounds()["short"]
    for _ in range(2):
        scorer.parts(Sounds(wave[None], rate), tiny_clap.PROMPTS[4])
    (message,) = caplog.messages
    assert "CLAP read only the first 14 of the prompt's 80 words" in message


def test_a_sound_that_is_no_number_has_no_score(scorer):
    wave, rate = sounds()["short"]
    broken = wave.clone()
    broken[0, 1000] = float("nan")
    assert scorer.parts(Sounds(broken[None], rate), "a tune")["CLAP"].isnan().all()


def test_without_a_vocabulary_it_says_where_to_get_and_put_one(tmp_path):
    with pytest.raises(LidarError, match=r"put tokenizer.json \(https://.*\) beside the weights, into the folder"):
        built(tiny_clap.weights(), tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text("<html>")
    with pytest.raises(LidarError, match='"tokenizer.json" is no vocabulary: download it again from https'):
        built(tiny_clap.weights(), tmp_path / "tokenizer.json")


def test_another_vocabulary_is_refused(tmp_path):
    from tokenizers import Tokenizer, models

    Tokenizer(models.BPE({"a": 0}, [])).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(LidarError, match="is not the vocabulary of this CLAP, which is RoBERTa's"):
        built(tiny_clap.weights(), tmp_path / "tokenizer.json")


def test_a_fused_file_is_refused_with_what_to_use(vocabulary):
    weights = {**tiny_clap.weights(), "audio_branch.patch_embed.fusion_model.local_att.0.weight": torch.zeros(1)}
    with pytest.raises(LidarError, match="is a fused CLAP, .* such as larger_clap_music"):
        built(weights, vocabulary)


@pytest.mark.parametrize(
    "lost", ["audio_branch.norm.weight", "text_branch.pooler.dense.bias", "audio_branch.patch_embed.proj.weight"]
)
def test_an_incomplete_file_is_refused_by_name(vocabulary, lost):
    weights = tiny_clap.weights()
    del weights[lost]
    with pytest.raises(LidarError, match='"clap.pt" lacks the tensor'):
        built(weights, vocabulary)


def test_it_says_what_it_is(scorer):
    assert kind_of(Checkpoint.of(tiny_clap.weights(), "anything")) == "CLAP"
    assert (scorer.name, scorer.reads_prompt, scorer.recipe.names) == ("CLAP", True, ("CLAP",))
