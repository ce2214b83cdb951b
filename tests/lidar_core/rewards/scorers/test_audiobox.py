"""Audiobox-Aesthetics against its official code on tiny weights: audiobox_golden.json, which official_audiobox.py
writes."""

import json
from pathlib import Path

import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.networks.checkpoint import Checkpoint
from lidar_core.rewards.media import Sounds
from lidar_core.rewards.scorers import audiobox
from lidar_core.rewards.scorers.kinds import kind_of, scorer_of
from lidar_core.rewards.scorers.scorer import Ingredients
from lidar_core.rewards.waves import resampled

from . import tiny_audiobox
from .tiny_sounds import sounds

pytest.importorskip("transformers", reason="the package transformers, which ComfyUI installs, is not here")
GOLDEN = json.loads((Path(__file__).parent / "audiobox_golden.json").read_text())
SIZES = {"plain": tiny_audiobox.TINY, "normed": tiny_audiobox.TINY_NORMED}
# On scores between -6 and 7. Float32 sums in another order: 4e-6 was found, and 2e-5 after resampling, whose kernels
# the official code computes in float32.
EXACT, RESAMPLED = 2e-5, 1e-4


def built(weights, **ingredients):
    return scorer_of(Ingredients(Checkpoint.of(weights, "audiobox.pt"), Path("none"), **ingredients))


def scores(scorer, name):
    wave, rate = sounds()[name]
    return torch.cat(list(scorer.parts(Sounds(wave[None], rate), "").values()))


def error(scorer, golden, name):
    return (scores(scorer, name) - torch.tensor(list(golden[name].values()))).abs().max()


@pytest.mark.parametrize("key", SIZES)
def test_scores_are_those_of_the_official_code(key):
    scorer = built(tiny_audiobox.weights(SIZES[key]))
    for name in GOLDEN[key]:
        assert error(scorer, GOLDEN[key], name) < (RESAMPLED if name == "44.1 kHz" else EXACT), name


def test_sounds_are_resampled_as_the_official_code_does():
    wave, rate = sounds()["44.1 kHz"]
    found, golden = resampled(wave[0], rate, 16000), GOLDEN["resampled"]
    assert len(found) == golden["length"]
    torch.testing.assert_close(found[1000:1020], torch.tensor(golden["samples"]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("wrong", ["padding is heard", "windows count alike", "gelu", "position"])
def test_the_golden_scores_show_a_wrong_detail(monkeypatch, wrong):
    scorer = built(tiny_audiobox.weights())
    exact = audiobox.states
    if wrong == "padding is heard":
        monkeypatch.setattr(audiobox, "states", lambda tower, waves, heard: exact(tower, waves, heard | True))
    if wrong == "windows count alike":
        wave, rate = sounds()["song"]
        parts = [scores_of(scorer, wave[:, start : start + 10 * rate], rate) for start in (0, 10 * rate, 20 * rate)]
        golden = torch.tensor(list(GOLDEN["plain"]["song"].values()))
        assert (torch.stack(parts).mean(0) - golden).abs().max() > 10 * EXACT
        return
    if wrong == "gelu":
        gelu = torch.nn.functional.gelu
        monkeypatch.setattr(audiobox.functional, "gelu", lambda x: gelu(x, approximate="tanh"))
    if wrong == "position":
        scorer.module.tower.encoder.layers[0].attention.max_distance = 700
    assert error(scorer, GOLDEN["plain"], "song") > 2 * EXACT


def scores_of(scorer, wave, rate):
    return torch.cat(list(scorer.parts(Sounds(wave[None], rate), "").values()))


def test_weights_choose_among_the_axes():
    scorer = built(tiny_audiobox.weights(), axes=(0, 0, 0, 2))
    assert scorer.recipe.names == (
        "Audiobox enjoyment",
        "Audiobox usefulness",
        "Audiobox complexity",
        "Audiobox quality",
    )
    assert scorer.recipe.weights == (0, 0, 0, 2)
    with pytest.raises(LidarError, match="must be 0 or more, and at least one more than 0"):
        built(tiny_audiobox.weights(), axes=(0, 0, 0, 0))


def test_the_released_file_is_read_with_all_that_it_holds():
    """The network's configuration, the ratings' mean, and the wrapper's prefix."""
    weights = tiny_audiobox.weights()
    file = {
        "state_dict": {f"model.{name}": tensor for name, tensor in weights.items()},
        "model_cfg": {"nth_layer": 4},
        "target_transform": {"CE": {"mean": 5.0, "std": 1.0}},
    }
    assert torch.equal(scores(built(file), "short"), scores(built(weights), "short"))


def test_every_tensor_of_the_file_is_used(caplog):
    built(tiny_audiobox.weights())
    assert not caplog.messages


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("proj_layer.PQ.", "has no head for the axis PQ"),
        ("layer_weights.CE", "lacks the tensor"),
        ("wavlm_model.encoder.layers.1.fc1.weight", "lacks the tensor"),
        ("wavlm_model.post_extract_proj.weight", "lacks the tensor"),
    ],
)
def test_an_incomplete_file_is_refused_by_name(lost, words):
    weights = {name: tensor for name, tensor in tiny_audiobox.weights().items() if not name.startswith(lost)}
    with pytest.raises(LidarError, match=words):
        built(weights)


def test_it_says_what_it_is():
    scorer = built(tiny_audiobox.weights())
    assert kind_of(Checkpoint.of(tiny_audiobox.weights(), "anything")) == "Audiobox-Aesthetics"
    assert (scorer.name, scorer.reads_prompt) == ("Audiobox-Aesthetics", False)
