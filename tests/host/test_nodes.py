"""What each node takes, gives and says, one by one."""

import importlib
import shutil

import pytest
import torch

from .conftest import ROOT

SCORER = ROOT / "lidar_core" / "world" / "weights" / "scorer.safetensors"


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


class Graph:
    """The part of the host's graph object that prompt recovery reads."""

    def __init__(self, nodes):
        self.nodes = nodes

    def get_node(self, node_id):
        return self.nodes[node_id]


def graph(**nodes):
    return Graph({name: {"inputs": inputs} for name, inputs in nodes.items()})


def test_the_reward_loader_recognises_the_embedded_scorer_anywhere_in_its_folder(pack, tmp_path, monkeypatch):
    import folder_paths

    (tmp_path / "mine").mkdir()
    shutil.copy(SCORER, tmp_path / "mine" / "any name.safetensors")
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "reward_models", ([str(tmp_path)], {".safetensors"}))
    folder_paths.filename_list_cache.clear()
    loader = submodule(pack, "nodes.reward_loader").LiDARRewardLoader
    (name,) = submodule(pack, "nodes.host").reward_files()
    reward = loader.execute(name)[0]
    assert reward.score(torch.rand(2, 128, 128, 3), "a star").shape == (2,)
    assert loader.fingerprint_inputs(name)[0] == SCORER.stat().st_size


def test_a_file_that_is_no_scorer_is_refused_with_its_first_tensor(pack, tmp_path, monkeypatch):
    import folder_paths
    from safetensors.torch import save_file

    save_file({"some.lora.weight": torch.zeros(1)}, tmp_path / "lora.safetensors")
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "reward_models", ([str(tmp_path)], {".safetensors"}))
    folder_paths.filename_list_cache.clear()
    with pytest.raises(ValueError, match=r'"lora.safetensors" is not a scorer.*"some.lora.weight".*choose another'):
        submodule(pack, "nodes.reward_loader").LiDARRewardLoader.execute("lora.safetensors")


def test_the_reward_folder_keeps_the_users_own_paths(pack):
    import folder_paths

    folders, extensions = folder_paths.folder_names_and_paths["reward_models"]
    assert any(folder.endswith("reward_models") for folder in folders)
    assert ".safetensors" in extensions


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a (red:1.2) circle", "a red circle"),
        ("((masterpiece)), a cat, embedding:easynegative", "masterpiece, a cat"),
        ("a cat <lora:style:0.8> BREAK on a mat", "a cat on a mat"),
        (r"a face \(smiling\)", "a face (smiling)"),
        ("ratio 3:4 of (two things:0.9)", "ratio 3:4 of two things"),
    ],
)
def test_the_scorer_reads_the_prompt_without_markup(pack, text, plain):
    assert submodule(pack, "nodes.prompt_text").plain_text(text) == plain


def test_the_prompt_is_found_upstream_of_positive(pack):
    prompt_for = submodule(pack, "nodes.prompt_text").prompt_for
    direct = graph(sampler={"positive": ["text", 0]}, text={"text": "a cat", "clip": ["loader", 1]})
    assert prompt_for("", direct, "sampler") == "a cat"
    assert prompt_for("a dog", direct, "sampler") == "a dog"
    behind = graph(
        sampler={"positive": ["guidance", 0]},
        guidance={"conditioning": ["control", 0], "guidance": 3.5},
        control={"positive": ["text", 0], "negative": ["bad", 0], "strength": 1.0},
        text={"text": ["primitive", 0], "clip": ["loader", 1]},
        primitive={"value": "a cat"},
        bad={"text": "ugly", "clip": ["loader", 1]},
    )
    assert prompt_for("", behind, "sampler") == "a cat"


def test_an_ambiguous_prompt_is_asked_for(pack):
    prompt_for = submodule(pack, "nodes.prompt_text").prompt_for
    mixed = graph(
        sampler={"positive": ["both", 0]},
        both={"conditioning_1": ["one", 0], "conditioning_2": ["two", 0]},
        one={"text": "a cat"},
        two={"text": "a dog"},
    )
    with pytest.raises(ValueError, match='there is "a cat" and "a dog": write the text'):
        prompt_for("", mixed, "sampler")
    with pytest.raises(ValueError, match="there is no text"):
        prompt_for("", graph(sampler={"positive": ["x", 0]}, x={"strength": 1.0}), "sampler")


def test_samplers_and_schedulers_are_the_hosts_live_lists(pack, monkeypatch):
    import comfy.samplers

    monkeypatch.setattr(comfy.samplers.KSampler, "SAMPLERS", [*comfy.samplers.KSampler.SAMPLERS, "my_sampler"])
    for name in ("ksampler", "lookahead_config"):
        (node,) = [value for key, value in vars(submodule(pack, f"nodes.{name}")).items() if key.startswith("LiDAR")]
        options = node.INPUT_TYPES()["required"]["sampler_name"][1]["options"]
        assert options[-1] == "my_sampler"


def test_node_ids_inputs_and_types_are_a_contract(pack):
    """Saved workflows hold ids, input names and their order: append only."""
    contract = {
        "LiDARKSampler": (
            "model seed steps cfg sampler_name scheduler positive negative latent_image denoise vae reward strength "
            "prompt lookahead",
            "LATENT LIDAR_POOL",
        ),
        "LiDARRewardLoader": ("reward_name", "LIDAR_REWARD"),
        "LiDARRewardMetric": ("metric direction target reference", "LIDAR_REWARD"),
        "LiDARLookaheadConfig": (
            "samples steps cfg sampler_name scheduler lookahead_seed lam start_percent end_percent batch_size model "
            "positive negative",
            "LIDAR_CONFIG",
        ),
        "LiDARLookahead": (
            "model positive negative vae reward latent_image denoise cfg prompt lookahead",
            "LIDAR_POOL IMAGE FLOAT",
        ),
        "LiDARGuidance": ("model pool strength lam start_percent end_percent reach", "MODEL"),
        "LiDARDemoLoader": ("", "MODEL CLIP VAE LIDAR_REWARD"),
    }
    found = {}
    for node in submodule(pack, "nodes").NODES:
        schema = node.GET_SCHEMA()
        inputs = " ".join(entry.id for entry in schema.inputs)
        found[schema.node_id] = (inputs, " ".join(entry.get_io_type() for entry in schema.outputs))
    assert found == contract
