"""ImageReward from a file in the reward folder to a LiDAR run, with small weights from a seed."""

import gc
import importlib
import json
import weakref
from pathlib import Path

import pytest
import torch

from ..lidar_core.rewards.scorers.tiny_image_reward import PROMPTS, SIZES, pictures, tiny_weights
from .workflow_api import api_prompt

TESTS = Path(__file__).parents[1]
GOLDEN = json.loads((TESTS / "lidar_core" / "rewards" / "scorers" / "image_reward_golden.json").read_text())
WORKFLOW = TESTS.parent / "workflows" / "lidar_demo.json"


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The reward folder, with the authors' file and with a re-upload of it."""
    import folder_paths
    from safetensors.torch import save_file

    weights = tiny_weights()
    torch.save(weights, tmp_path / "ImageReward.pt")
    save_file(weights, tmp_path / "model.safetensors")
    folders = ([str(tmp_path)], {".safetensors", ".pt"})
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "reward_models", folders)
    folder_paths.filename_list_cache.clear()
    yield tmp_path
    folder_paths.filename_list_cache.clear()


def load(pack, name):
    return submodule(pack, "nodes.reward_loader").LiDARRewardLoader.execute(name)[0]


@pytest.mark.parametrize("name", ["ImageReward.pt", "model.safetensors"])
def test_the_loader_knows_the_file_and_scores_as_the_official_code(pack, folder, name):
    reward = load(pack, name)
    assert (reward.name, reward.reads_prompt) == ("ImageReward", True)
    # Pictures that are not resized; the core's tests have the others.
    for index in (index for index, size in enumerate(SIZES) if min(size) == 224):
        image = pictures()[index][None] / 255
        for prompt, golden in zip(PROMPTS, GOLDEN["scores"], strict=True):
            assert reward.values(image, prompt).item() == pytest.approx(golden[index], abs=1e-5)


def test_in_half_precision_the_hosts_layers_cast_and_the_head_does_not(pack, folder, monkeypatch):
    memory = submodule(pack, "nodes.host.memory")
    monkeypatch.setattr(memory, "tower_dtype", lambda: torch.bfloat16)
    reward = load(pack, "ImageReward.pt")
    dtypes = {name.split(".")[0]: tensor.dtype for name, tensor in reward.scorer.module.state_dict().items()}
    assert dtypes == {"blip": torch.bfloat16, "mlp": torch.float32}
    image = pictures()[0][None] / 255
    scores = [reward.values(image, prompt) for prompt in PROMPTS]
    assert {score.dtype for score in scores} == {torch.float32}
    # bfloat16 keeps 8 bits; the golden scores spread by 0.4 over the prompts.
    assert torch.cat(scores).tolist() == pytest.approx([row[0] for row in GOLDEN["scores"]], abs=0.1)


def test_a_batch_from_score_images_is_ranked(pack, folder):
    node = submodule(pack, "nodes.score_images").LiDARScoreImages
    images = torch.stack([pictures()[0], pictures()[0].flip(0), pictures()[0].flip(1)]) / 255
    best, _, scores, order = node.execute([images], [load(pack, "ImageReward.pt")], ["a (red:1.2) cat"], [2]).args
    assert sorted(range(3), key=lambda index: -scores[index]) == order
    assert torch.equal(best, images[order[:2]])
    assert scores == load(pack, "ImageReward.pt").values(images, "a red cat").tolist()


def test_the_host_unloads_it_loads_it_again_and_frees_it(pack, folder):
    import comfy.model_management

    reward = load(pack, "ImageReward.pt")
    image = pictures()[0][None] / 255
    first = reward.values(image, "a red cat")
    loaded = [entry.model for entry in comfy.model_management.current_loaded_models]
    assert any(patcher is reward.patcher for patcher in loaded)
    comfy.model_management.unload_all_models()
    loaded = [entry.model for entry in comfy.model_management.current_loaded_models]
    assert not any(patcher is reward.patcher for patcher in loaded)
    assert torch.equal(reward.values(image, "a red cat"), first)
    module = weakref.ref(reward.scorer.module)
    del reward, loaded
    comfy.model_management.unload_all_models()
    gc.collect()
    assert module() is None


def test_it_drives_the_demo_workflow(server):
    (server.folder / "models" / "reward_models").mkdir(parents=True, exist_ok=True)
    torch.save(tiny_weights(), server.folder / "models" / "reward_models" / "ImageReward.pt")
    prompt = api_prompt(json.loads(WORKFLOW.read_text()), server.get("/object_info"))
    prompt["reward"] = {"class_type": "LiDARRewardLoader", "inputs": {"reward_name": "ImageReward.pt"}}
    (lidar,) = [node for node in prompt.values() if node["class_type"] == "LiDARKSampler"]
    lidar["inputs"] |= {"reward": ["reward", 0], "steps": 6, "seed": 1234}
    history = server.run(prompt)
    assert history["status"]["status_str"] == "success", history["status"]["messages"]
    saved = [image for output in history["outputs"].values() for image in output.get("images", [])]
    assert len(saved) >= 8
    assert server.image(saved[0])
    assert "Requested to load ImageRewardNet" in server.log()
    assert "ImageReward saw" not in server.log(), "nothing is lost of a short English prompt"
