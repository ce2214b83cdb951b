"""CLAP and Audiobox-Aesthetics from files in the reward folder to a guided song, with small weights from a seed."""

import importlib
import json
from pathlib import Path

import pytest
import torch

from ..lidar_core.rewards.scorers import tiny_audiobox, tiny_clap
from ..lidar_core.rewards.scorers.tiny_sounds import sounds

GOLDEN = Path(__file__).parents[1] / "lidar_core" / "rewards" / "scorers"
PROMPT = tiny_clap.PROMPTS[1]


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The reward folder with LAION's own file of CLAP, one in transformers' layout, and Audiobox-Aesthetics' file."""
    import folder_paths
    from safetensors.torch import save_file

    # As its authors save it, with what training needs, and numbers of numpy's.
    wrapped = {f"module.{name}": tensor for name, tensor in tiny_clap.weights().items()}
    torch.save({"epoch": 15, "optimizer": {"state": {}}, "state_dict": wrapped}, tmp_path / "music_audioset.pt")
    save_file(tiny_audiobox.weights(), tmp_path / "audiobox.safetensors")
    tiny_clap.save_tokenizer(tmp_path / "tokenizer.json")
    folders = ([str(tmp_path)], {".safetensors", ".pt"})
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "reward_models", folders)
    folder_paths.filename_list_cache.clear()
    yield tmp_path
    folder_paths.filename_list_cache.clear()


def load(pack, name, **inputs):
    return submodule(pack, "nodes.reward_loader").LiDARRewardLoader.execute(name, **inputs)[0]


def heard(pack, name):
    wave, rate = sounds()[name]
    return submodule(pack, "lidar_core.rewards.media").Sounds(wave[None], rate)


@pytest.mark.parametrize("layout", ["LAION", "transformers"])
def test_the_loader_knows_clap_and_scores_as_the_official_code(pack, folder, layout):
    from safetensors.torch import save_file

    name = "music_audioset.pt"
    if layout == "transformers":
        checkpoint = submodule(pack, "lidar_core.networks.checkpoint").Checkpoint
        file = submodule(pack, "lidar_core.networks.clap_keys").hugging_face_names(
            checkpoint.of(tiny_clap.weights(), "clap")
        )
        name = "model.safetensors"
        save_file({key: tensor.contiguous() for key, tensor in file.tensors.items()}, folder / name)
    reward = load(pack, name)
    assert (reward.name, reward.reads_prompt, reward.takes) == ("CLAP", True, frozenset({"sounds"}))
    golden = json.loads((GOLDEN / "clap_golden.json").read_text())["scores"]["short"][1]
    assert reward.score(heard(pack, "short"), PROMPT).values.item() == pytest.approx(golden, abs=1e-6)


def test_the_loader_knows_audiobox_and_its_weights_choose_among_the_axes(pack, folder):
    golden = json.loads((GOLDEN / "audiobox_golden.json").read_text())["plain"]
    media = submodule(pack, "lidar_core.rewards.media")
    waves = torch.stack([sounds()["ten seconds"][0], sounds()["ten seconds"][0].flip(1)])
    pair = media.Sounds(waves, 48000)
    equal = load(pack, "audiobox.safetensors").score(pair, "")
    assert [part[0].item() for part in equal.parts.values()] == pytest.approx(
        list(golden["ten seconds"].values()), abs=2e-5
    )
    alone = dict.fromkeys(("enjoyment", "usefulness", "complexity", "quality"), 0.0)
    for axis in alone:
        reward = load(pack, "audiobox.safetensors", **{**alone, axis: 1.0})
        best = equal.parts[f"Audiobox {axis}"].argmax()
        assert reward.score(pair, "").values.argmax() == best
    with pytest.raises(ValueError, match="The weights of a reward mix must be 0 or more, and at least one more than 0"):
        load(pack, "audiobox.safetensors", **alone)


def test_a_broken_sound_has_no_score_and_does_not_change_the_others(pack, folder):
    reward = load(pack, "audiobox.safetensors")
    media = submodule(pack, "lidar_core.rewards.media")
    wave = sounds()["short"][0]
    broken = torch.full_like(wave, float("nan"))
    three = reward.score(media.Sounds(torch.stack([wave, broken, wave.flip(1)]), 48000), "").values
    two = reward.score(media.Sounds(torch.stack([wave, wave.flip(1)]), 48000), "").values
    assert three[1].isnan()
    torch.testing.assert_close(three[[0, 2]], two)


def test_pictures_are_refused_by_rewards_for_sound_and_sounds_by_those_for_pictures(pack, folder):
    metric = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    pictures = torch.rand(1, 8, 8, 3)
    for name in ("music_audioset.pt", "audiobox.safetensors"):
        reward = load(pack, name)
        with pytest.raises(ValueError, match=r"^The reward \S+ scores sounds, but was given pictures: wire a reward"):
            reward.score(pictures, PROMPT)
    with pytest.raises(ValueError, match="scores pictures and videos, but was given sounds: .* LiDAR Audio Metric"):
        metric.score(heard(pack, "short"), PROMPT)
    mix = submodule(pack, "nodes.reward_mix").LiDARRewardMix
    with pytest.raises(ValueError, match="have nothing in common that they can score"):
        mix.execute("weighted sum", 3.0, reward_1=reward, weight_1=1.0, reward_2=metric, weight_2=1.0)


def test_without_the_vocabulary_the_loader_says_where_to_get_and_put_it(pack, folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=r"put tokenizer.json \(https://huggingface.co/laion/.*\) beside the weights"):
        load(pack, "music_audioset.pt")


@pytest.mark.parametrize("name", ["music_audioset.pt", "audiobox.safetensors"])
def test_a_song_is_guided_by_a_loaded_reward(pack, folder, name):
    """Reward Loader to the lookahead of Stable Audio, to guidance that reaches the best sample."""
    import nodes

    from .census.case import Decoder, conditioning_of, latent_of, model_of
    from .census.cases import CASES

    case = CASES["Stable Audio"]
    model, latent = model_of(case), latent_of(case)
    conditions = conditioning_of(case, 1), conditioning_of(case, 2)
    drawing = submodule(pack, "nodes.host.drawing")
    config = drawing.LookaheadConfig(3, 2, case.cfg, "euler", "simple")
    task = submodule(pack, "nodes.host.sampling").Task(model, *conditions, latent)
    reward = load(pack, name)
    pool, media = drawing.draw_pool(task, Decoder(case), reward, config, PROMPT)
    assert torch.equal(pool.rewards, reward.score(media, PROMPT).values)
    assert len(pool.rewards.unique()) == 3
    guide = submodule(pack, "lidar_core.guidance.guide")
    rule = submodule(pack, "lidar_core.guidance.rules").KernelRule(1e4, variety=0.0, handover=1.0)
    guided = submodule(pack, "nodes.host.guided_model").with_guidance(
        model, pool, guide.GuidanceSettings(rule, lam=100.0)
    )
    (out,) = nodes.common_ksampler(guided, 3, 2, case.cfg, "euler", "simple", *conditions, latent)
    best = pool.latents[reward.score(media, PROMPT).values.argmax()]
    assert (out["samples"][0] - best).norm() < 1e-3 * best.norm()


def test_the_host_frees_a_loaded_reward(pack, folder):
    import comfy.model_management

    reward = load(pack, "audiobox.safetensors")
    reward.score(heard(pack, "short"), "")
    assert any(loaded.model is reward.patcher for loaded in comfy.model_management.current_loaded_models)
    comfy.model_management.unload_all_models()
    assert not any(loaded.model is reward.patcher for loaded in comfy.model_management.current_loaded_models)
    assert reward.score(heard(pack, "short"), "").values.isfinite().all()
