"""The inputs, outputs and messages of each node."""

import importlib
import shutil

import numpy as np
import pytest
import torch

from .conftest import ROOT
from .tiny_models import TinyReward

SCORER = ROOT / "lidar_core" / "world" / "weights" / "scorer.safetensors"


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def test_the_reward_loader_recognises_the_embedded_scorer_anywhere_in_its_folder(pack, tmp_path, monkeypatch):
    import folder_paths

    (tmp_path / "mine").mkdir()
    shutil.copy(SCORER, tmp_path / "mine" / "any name.safetensors")
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "reward_models", ([str(tmp_path)], {".safetensors"}))
    folder_paths.filename_list_cache.clear()
    loader = submodule(pack, "nodes.reward_loader").LiDARRewardLoader
    (name,) = submodule(pack, "nodes.host.files").reward_files()
    reward = loader.execute(name)[0]
    assert reward.score(torch.rand(2, 128, 128, 3), "a star").values.shape == (2,)
    assert loader.fingerprint_inputs(name)[0][0] == SCORER.stat().st_size


def test_a_file_that_is_no_scorer_is_refused_with_its_first_tensor(pack, tmp_path, monkeypatch):
    import folder_paths
    from safetensors.torch import save_file

    save_file({"some.lora.weight": torch.zeros(1)}, tmp_path / "lora.safetensors")
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "reward_models", ([str(tmp_path)], {".safetensors"}))
    folder_paths.filename_list_cache.clear()
    with pytest.raises(ValueError, match=r'"lora.safetensors" is of no kind.*"some.lora.weight".*choose another'):
        submodule(pack, "nodes.reward_loader").LiDARRewardLoader.execute("lora.safetensors")


def test_the_reward_folder_keeps_the_users_own_paths(pack):
    import folder_paths

    folders, extensions = folder_paths.folder_names_and_paths["reward_models"]
    assert any(folder.endswith("reward_models") for folder in folders)
    assert ".safetensors" in extensions


def test_samplers_and_schedulers_are_the_hosts_live_lists(pack, monkeypatch):
    import comfy.samplers

    monkeypatch.setattr(comfy.samplers.KSampler, "SAMPLERS", [*comfy.samplers.KSampler.SAMPLERS, "my_sampler"])
    for name in ("ksampler", "lookahead_config"):
        (node,) = [value for key, value in vars(submodule(pack, f"nodes.{name}")).items() if key.startswith("LiDAR")]
        options = node.INPUT_TYPES()["required"]["sampler_name"][1]["options"]
        assert options[-1] == "my_sampler"


def test_node_ids_inputs_and_types_are_a_contract(pack):
    """Saved workflows hold ids, input names and their order: an input may only be appended."""
    contract = {
        "LiDARKSampler": (
            "model seed steps cfg sampler_name scheduler positive negative latent_image denoise vae reward strength "
            "start keep reward_prompt lookahead variety follow",
            "LATENT LIDAR_POOL",
        ),
        "LiDARRewardLoader": ("reward_name type tower_name", "LIDAR_REWARD"),
        "LiDARRewardMetric": ("metric direction target reference", "LIDAR_REWARD"),
        "LiDARRewardMix": (
            "mode reward_1 weight_1 reward_2 weight_2 reward_3 weight_3 reward_4 weight_4 clip",
            "LIDAR_REWARD",
        ),
        "LiDARScoreImages": ("images reward prompt keep latents", "IMAGE LATENT FLOAT INT"),
        "LiDARScoreLatents": ("latents vae reward prompt keep lookahead", "LATENT FLOAT INT"),
        "LiDARScoreAudio": ("audio reward prompt keep latents", "AUDIO LATENT FLOAT INT"),
        "LiDARAudioMetric": ("metric direction target reference", "LIDAR_REWARD"),
        "LiDARVideoMetric": ("metric direction target reference", "LIDAR_REWARD"),
        "LiDARPoolFromScores": ("latents scores prompt", "LIDAR_POOL"),
        "LiDARPoolNoise": ("pool seed follow", "NOISE"),
        "LiDARSavePool": ("pool filename_prefix images", "LIDAR_POOL IMAGE"),
        "LiDARLoadPool": ("pool_name pattern samples after", "LIDAR_POOL"),
        "LiDARMergePools": ("pools", "LIDAR_POOL"),
        "LiDARLookaheadConfig": (
            "samples steps cfg sampler_name scheduler lookahead_seed batch_size model positive negative sigmas frames "
            "frame_score frame_rate preset low_noise_model",
            "LIDAR_CONFIG",
        ),
        "LiDARLookahead": (
            "model positive negative vae reward latent_image denoise cfg reward_prompt lookahead low_noise_model "
            "low_noise_start",
            "LIDAR_POOL IMAGE FLOAT AUDIO LATENT",
        ),
        "LiDARGuidance": ("model pool strength lam start_percent end_percent variety handover follow", "MODEL"),
        "LiDARPaperGuidance": ("model pool strength lam start_percent end_percent", "MODEL"),
        "LiDARDemoLoader": ("", "MODEL CLIP VAE LIDAR_REWARD MODEL"),
        "LiDARRewardFromVLM": ("clip question", "LIDAR_REWARD"),
        "LiDARRewardFromClip": ("clip_vision clip", "LIDAR_REWARD"),
        "LiDARListEntry": ("entries index", "*"),
        "LiDARRewardChecklist": ("clip lines", "LIDAR_REWARD"),
        "LiDARRewardText": ("text match_case", "LIDAR_REWARD"),
        "LiDARRewardFromRatings": ("clip_vision images ratings name", "LIDAR_REWARD FLOAT"),
        "LiDARRewardDetector": ("model lines", "LIDAR_REWARD"),
    }
    schemas = {node.GET_SCHEMA().node_id: node.GET_SCHEMA() for node in submodule(pack, "nodes").NODES}
    for node_id, (inputs, outputs) in contract.items():
        found = [entry.id for entry in schemas[node_id].inputs]
        assert found[: len(inputs.split())] == inputs.split()
        assert " ".join(entry.get_io_type() for entry in schemas[node_id].outputs).startswith(outputs)


def test_options_are_a_contract(pack):
    """Saved workflows hold them by name: an option may only be appended."""
    contract = {
        ("LiDARRewardMetric", "metric"): (
            "sharpness,colourfulness,contrast,brightness,symmetry,similarity to reference,exposure,clipping,entropy,"
            "saturation,warmth,noise,horizontal centre,vertical centre,rule of thirds,palette of reference,"
            "layout of reference"
        ),
        ("LiDARRewardMetric", "direction"): "more,less,near target",
        ("LiDARAudioMetric", "metric"): (
            "loudness,true peak,clipping,silence,dynamic range,brightness,spectral balance,stereo width,phase,"
            "tempo stability,ending,likeness to reference"
        ),
        ("LiDARVideoMetric", "metric"): ("dynamic degree,flicker,frozen start,frozen end,loop,likeness of first frame"),
        ("LiDARLookaheadConfig", "frame_score"): "mean,worst",
        ("LiDARRewardMix", "mode"): "weighted sum,mean rank,min,gate,product of sigmoids",
        ("LiDARKSampler", "start"): "fresh noise,best lookahead noise",
    }
    for (node_id, name), options in contract.items():
        schema = next(node for node in submodule(pack, "nodes").NODES if node.__name__ == node_id).GET_SCHEMA()
        found = next(entry for entry in schema.inputs if entry.id == name).options
        assert found[: options.count(",") + 1] == options.split(",")


class Fixed(TinyReward):
    def __init__(self, *scores):
        self.fixed = torch.tensor(scores)

    def values(self, images, prompt):
        self.prompt = prompt
        return self.fixed


def test_score_images_hands_on_the_best_with_their_latents(pack):
    node = submodule(pack, "nodes.score_images").LiDARScoreImages
    images = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 8, 8, 3)
    latents = {
        "samples": torch.arange(4.0).view(4, 1, 1, 1),
        "noise_mask": torch.arange(4.0).view(4, 1, 1),
        "batch_index": [7, 8, 9, 10],
    }
    reward = Fixed(0.5, 3.0, float("nan"), 2.0)
    best, chosen, scores, order = node.execute([images], [reward], ["a (cat:1.3)"], [2], [latents]).args
    assert reward.prompt == "a cat"
    assert best[:, 0, 0, 0].tolist() == [1, 3]
    assert chosen["samples"].flatten().tolist() == chosen["noise_mask"].flatten().tolist() == [1, 3]
    assert chosen["batch_index"] == [8, 10]
    assert order == [1, 3, 0, 2]
    assert scores[:2] == [0.5, 3.0]
    assert latents["batch_index"] == [7, 8, 9, 10]


def test_score_images_refuses_latents_of_other_images(pack):
    node = submodule(pack, "nodes.score_images").LiDARScoreImages
    with pytest.raises(ValueError, match="latents holds 3 latents but images holds 2"):
        node.execute(
            [torch.zeros(2, 8, 8, 3)], [Fixed(1.0, 2.0)], ["a cat"], [1], [{"samples": torch.zeros(3, 4, 1, 1)}]
        )


class Brightness(TinyReward):
    """Records the texts that it was called with, and the number of images."""

    def __init__(self):
        self.asked = []

    def values(self, images, prompt):
        self.asked.append((prompt, len(images)))
        return images.mean((1, 2, 3))


def test_score_images_chooses_one_of_a_list(pack):
    """The last prompt goes on; images of one prompt are scored together."""
    node = submodule(pack, "nodes.score_images").LiDARScoreImages
    images = [torch.full((count, 8, 8, 3), value) for count, value in ((1, 0.2), (2, 0.9), (1, 0.4))]
    latents = [
        {"samples": torch.full((count, 4, 1, 1), value), "noise_mask": torch.full((1, 8, 8), value)}
        for count, value in ((1, 2.0), (2, 9.0), (1, 4.0))
    ]
    reward = Brightness()
    best, chosen, scores, order = node.execute(images, [reward], ["a cat", "a dog"], [1], latents).args
    assert best.shape == (1, 8, 8, 3)
    assert best[0, 0, 0, 0] == chosen["samples"].flatten()[0] / 10
    assert chosen["noise_mask"].unique().tolist() == [9.0]
    assert scores == pytest.approx([0.2, 0.9, 0.9, 0.4])
    assert order == [1, 2, 3, 0]
    assert reward.asked == [("a cat", 1), ("a dog", 3)]


def test_score_images_refuses_a_list_of_different_sizes(pack):
    node = submodule(pack, "nodes.score_images").LiDARScoreImages
    images = [torch.zeros(1, 8, 8, 3), torch.zeros(1, 8, 16, 3)]
    with pytest.raises(ValueError, match=r"different sizes.*\(8, 8, 3\) and \(8, 16, 3\).*one size first"):
        node.execute(images, [Brightness()], ["a cat"], [1])


@pytest.mark.parametrize("prompt", ["", " (), <lora:style:1>"])
def test_score_images_asks_for_a_prompt_that_the_reward_reads(pack, prompt):
    node = submodule(pack, "nodes.score_images").LiDARScoreImages
    with pytest.raises(ValueError, match="The prompt is empty, but the reward tiny reads it: write what"):
        node.execute([torch.zeros(1, 8, 8, 3)], [Brightness()], [prompt], [1])
    metric = submodule(pack, "lidar_core.rewards.metrics").MetricReward("contrast")
    assert node.execute([torch.zeros(1, 8, 8, 3)], [metric], [prompt], [1])[2] == [0.0]


@pytest.mark.parametrize("sigmas", [torch.tensor([]), torch.tensor([14.6]), torch.tensor(14.6), torch.ones(1, 3)])
def test_sigmas_that_make_no_step_are_refused_before_anything_is_sampled(pack, sigmas):
    node = submodule(pack, "nodes.lookahead_config").LiDARLookaheadConfig
    with pytest.raises(ValueError, match="make no step: wire 2 or more falling noise levels, or none"):
        node.execute(lookahead_seed=0, samples=4, sigmas=sigmas)


def test_any_scores_make_a_pool(pack):
    node = submodule(pack, "nodes.pool_from_scores").LiDARPoolFromScores
    latents = [{"samples": torch.randn(2, 4, 2, 2)}, {"samples": torch.randn(1, 4, 2, 2)}]
    pool = node.execute(latents, [0.5, [3.0, 1.0]], ["a cat"])[0]
    assert pool.rewards.tolist() == [0.5, 3.0, 1.0]
    assert pool.prompt == "a cat"
    with pytest.raises(ValueError, match="scores holds 2 numbers but latents holds 3"):
        node.execute(latents, [0.5, 3.0], ["a cat"])


def test_scores_of_any_kind_make_a_pool(pack):
    node = submodule(pack, "nodes.pool_from_scores").LiDARPoolFromScores
    two = [{"samples": torch.randn(2, 4, 2, 2)}]
    for scores in (
        [torch.tensor([0.5, 3.0])],
        [torch.tensor(0.5), torch.tensor([[3.0]])],
        [np.array([0.5, 3.0])],
        [[[0.5], [3.0]]],
        ["0.5", "3"],
    ):
        assert node.execute(two, scores, [""])[0].rewards.tolist() == [0.5, 3.0]
    assert node.execute(two, [float("nan"), 3.0], [""])[0].seeds == (1,)
    assert node.execute(two, [0.5, float("inf")], [""])[0].seeds == (0,)


@pytest.mark.parametrize(
    ("sizes", "scores", "sentence"),
    [
        ((2, 4), [1.0, 2.0], r"several shapes, \(4, 2, 2\) and \(4, 4, 4\): the samples of a pool have one size"),
        ((2, 2), [None, 1.0], 'scores holds "None", which is no number'),
        ((2, 2), [{"a": 1}, 1.0], "which is no number"),
        ((2, 2), ["0.5, 0.7"], 'scores holds "0.5, 0.7", which is no number'),
        ((2, 2), [torch.tensor([1.0, 2.0, 3.0])], "scores holds 3 numbers but latents holds 2"),
        ((2, 2), [], "scores is an empty list"),
        ((2, 2), [float("nan"), float("nan")], "None of the 2 lookahead samples"),
    ],
)
def test_scores_that_make_no_pool_are_refused_with_a_sentence(pack, sizes, scores, sentence):
    node = submodule(pack, "nodes.pool_from_scores").LiDARPoolFromScores
    latents = [{"samples": torch.randn(1, 4, size, size)} for size in sizes]
    with pytest.raises(ValueError, match=sentence):
        node.execute(latents, scores, [""])


def test_a_mix_uses_the_rewards_that_are_wired(pack):
    node = submodule(pack, "nodes.reward_mix").LiDARRewardMix
    mix = node.execute(
        mode="weighted sum",
        reward_1=Fixed(0.0, 1.0),
        weight_1=1.0,
        reward_2=Fixed(5.0, 4.0),
        weight_2=3.0,
        weight_3=9.0,
        weight_4=9.0,
        clip=0.5,
    )[0]
    assert mix.score(torch.zeros(2, 8, 8, 3), "").values.tolist() == [1.0, -1.0]


def test_a_preset_sets_what_it_names_and_the_rest_stays(pack):
    node = submodule(pack, "nodes.lookahead_config").LiDARLookaheadConfig
    presets = submodule(pack, "nodes.host.presets").PRESETS
    inputs = {entry.id: entry for entry in node.define_schema().inputs}
    assert inputs["preset"].options == ["as set here", *presets]
    given = {"samples": 5, "steps": 6, "cfg": 3.0, "sampler_name": "heun", "scheduler": "normal", "lookahead_seed": 9}
    own = {name: value for name, value in given.items() if name != "lookahead_seed"}
    for name, values in {"as set here": own, **presets}.items():
        config = node.execute(**given, preset=name)[0]
        assert {field: getattr(config, field) for field in own} == values
        assert (config.seed, config.batch_size) == (9, 0)
        assert values["sampler_name"] in inputs["sampler_name"].options
        assert values["scheduler"] in inputs["scheduler"].options


def test_a_pool_without_power_leaves_the_model_as_it_is_and_says_so(pack, caplog):
    guidance = submodule(pack, "nodes.guidance").LiDARGuidance
    make = submodule(pack, "nodes.pool_from_scores").LiDARPoolFromScores.execute
    model = object()
    equal = make([{"samples": torch.randn(2, 4, 2, 2)}], [1.0, 1.0], [""])[0]
    assert guidance.execute(model, equal, 1.0)[0] is model
    assert "same reward (1), so the picture is sampled without guidance: use a reward" in caplog.text


def test_an_empty_list_is_refused_by_the_name_of_its_input(pack):
    """What a list node makes of nothing."""
    score = submodule(pack, "nodes.score_images").LiDARScoreImages.execute
    make = submodule(pack, "nodes.pool_from_scores").LiDARPoolFromScores.execute
    latents = [{"samples": torch.zeros(2, 4, 1, 1)}]
    for node, wired in (
        (score, {"images": [torch.zeros(2, 8, 8, 3)], "reward": [Fixed(1.0, 2.0)], "prompt": ["x"], "keep": [1]}),
        (make, {"latents": latents, "scores": [0.0, 1.0], "prompt": ["x"]}),
    ):
        for name in wired:
            with pytest.raises(ValueError, match=f"{name} is an empty list"):
                node(**{**wired, name: []})
    with pytest.raises(ValueError, match="latents is an empty list"):
        score([torch.zeros(2, 8, 8, 3)], [Fixed(1.0, 2.0)], ["x"], [1], [])


def test_score_images_refuses_a_list_of_latents_of_different_shapes(pack):
    images = [torch.zeros(1, 8, 8, 3)] * 2
    latents = [{"samples": torch.zeros(1, 4, 8, 8)}, {"samples": torch.zeros(1, 4, 8, 9)}]
    with pytest.raises(ValueError, match=r"different shapes, \(4, 8, 8\) and \(4, 8, 9\)"):
        submodule(pack, "nodes.score_images").LiDARScoreImages.execute(images, [Brightness()], ["x"], [1], latents)


def numbered(*shape):
    """Row i of the first axis holds the number i."""
    return torch.arange(float(shape[0])).view(-1, *[1] * (len(shape) - 1)).expand(shape)


# Latents, their masks, and the numbers in the masks that the 4 samples have.
MASKS = {
    "one for each": ((4, 8, 8), numbered(4, 8, 8), [0, 1, 2, 3]),
    "two for four": ((4, 8, 8), numbered(2, 8, 8), [0, 1, 0, 1]),
    "with a channel": ((4, 8, 8), numbered(4, 1, 8, 8), [0, 1, 2, 3]),
    "one": ((4, 8, 8), torch.ones(1, 8, 8), [1, 1, 1, 1]),
    "one without a batch": ((4, 8, 8), torch.ones(8, 8), [1, 1, 1, 1]),
    "one of each video": ((16, 4, 8, 8), numbered(4, 1, 4, 8, 8), [0, 1, 2, 3]),
}


@pytest.mark.parametrize("case", MASKS)
def test_a_kept_latent_keeps_its_own_mask(pack, case):
    """As the host gives masks out: sampled with what is kept, image i sees the mask that it saw in the batch."""
    import comfy.utils

    shape, mask, expected = MASKS[case]
    latents = {"samples": torch.zeros(4, *shape), "noise_mask": mask}
    of_host = comfy.utils.reshape_mask(mask, latents["samples"].shape)
    assert of_host.flatten(1).amax(1).tolist() == expected
    host_latents = submodule(pack, "nodes.host.latents")
    for kept in ([3], [2, 1], [0, 1, 2, 3]):
        chosen = host_latents.rows(latents, torch.tensor(kept))
        shown = comfy.utils.reshape_mask(chosen["noise_mask"], chosen["samples"].shape)
        assert torch.equal(shown, of_host[kept])
    both = host_latents.joined([latents, latents])
    shown = comfy.utils.reshape_mask(both["noise_mask"], both["samples"].shape)
    assert torch.equal(shown, torch.cat([of_host, of_host]))


@pytest.mark.parametrize("shape", [(4, 8, 8), (16, 4, 8, 8)])
def test_latents_of_a_list_keep_masks_of_several_sizes_or_none(pack, shape):
    import comfy.utils

    masks = [torch.rand(2, 64, 64).round(), torch.rand(1, 32, 48).round(), torch.rand(1, 8, 8).round(), None]
    latents = [{"samples": torch.zeros(2, *shape), **({} if mask is None else {"noise_mask": mask})} for mask in masks]
    of_host = [
        torch.ones(2, *shape) if mask is None else comfy.utils.reshape_mask(mask, torch.Size([2, *shape]))
        for mask in masks
    ]
    joined = submodule(pack, "nodes.host.latents").joined(latents)
    assert torch.equal(comfy.utils.reshape_mask(joined["noise_mask"], joined["samples"].shape), torch.cat(of_host))


def test_a_mask_of_frames_is_every_kept_videos(pack):
    latents = {"samples": torch.zeros(4, 16, 4, 8, 8), "noise_mask": numbered(4, 8, 8)}
    host_latents = submodule(pack, "nodes.host.latents")
    for chosen in (host_latents.rows(latents, torch.tensor([3])), host_latents.joined([latents, latents])):
        assert chosen["noise_mask"][:, 0, :, 0, 0].tolist() == [[0, 1, 2, 3]] * len(chosen["samples"])


def test_no_picture_is_no_reference(pack):
    for kind, metric in (("reward", "similarity to reference"), ("video", "likeness of first frame")):
        name = "LiDARRewardMetric" if kind == "reward" else "LiDARVideoMetric"
        node = getattr(submodule(pack, f"nodes.{kind}_metric"), name)
        with pytest.raises(ValueError, match="compares with a picture: wire one to reference"):
            node.execute(metric, "more", 0.5, torch.zeros(0, 8, 8, 3))
