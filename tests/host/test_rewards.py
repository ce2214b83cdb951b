"""Reward files in the host: finding, recognising, scoring, guiding, freeing. Tiny weights with the real vocabulary."""

import importlib
import json
import logging
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ..lidar_core.rewards.scorers import tiny_clip

GOLDEN = json.loads((Path(tiny_clip.__file__).parent / "clip_golden.json").read_text())
PICTURES = torch.stack([torch.from_numpy(tiny_clip.pictures()[0]).flip(dims).float() / 255 for dims in ([], [0], [1])])
PROMPT = "three green squares"
REAL_WORDS = 49408


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def torched(weights):
    return {name: torch.from_numpy(np.asarray(value)) for name, value in weights.items()}


@pytest.fixture(scope="module")
def weights():
    return {
        "open_clip": torched(tiny_clip.open_clip_weights(REAL_WORDS)),
        "clip": torched(tiny_clip.hugging_face_weights(REAL_WORDS)),
        "siglip": torched(tiny_clip.siglip_weights()),
        "laion": torched(tiny_clip.laion_linear()),
        "v2.5": torched(tiny_clip.v2_5_head()),
    }


@pytest.fixture
def folders(pack, tmp_path, monkeypatch):
    """Empty folders for reward files and towers; returns a function that writes a file and refreshes the lists."""
    import folder_paths

    extensions = folder_paths.folder_names_and_paths["reward_models"][1]
    for name in ("reward_models", "clip_vision"):
        (tmp_path / name).mkdir()
        monkeypatch.setitem(folder_paths.folder_names_and_paths, name, ([str(tmp_path / name)], extensions))

    def write(name, contents):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".safetensors":
            save_file(contents, path)
        else:
            torch.save(contents, path)
        folder_paths.filename_list_cache.clear()

    return write


def load(pack, *arguments):
    return submodule(pack, "nodes.reward_loader").LiDARRewardLoader.execute(*arguments)[0]


# File name, its weights as saved, the tower's file name and weights, the type that is chosen, the kind it is.
FILES = {
    "HPSv2.1": ("hps/HPS_v2.1_compressed.pt", lambda w: {"state_dict": w["open_clip"]}, None, None, "auto", "HPSv2.1"),
    "HPSv2": ("HPS_v2_compressed.pth", lambda w: w["open_clip"], None, None, "auto", "HPSv2"),
    "PickScore": ("pickscore/model.safetensors", lambda w: w["clip"], None, None, "auto", "PickScore"),
    "PickScore.bin": ("PickScore_v1/pytorch_model.bin", lambda w: w["clip"], None, None, "auto", "PickScore"),
    "CLIPScore": ("any.safetensors", lambda w: w["clip"], None, None, "CLIPScore (gelu)", "CLIPScore (gelu)"),
    "LAION": ("sac.pth", lambda w: w["laion"], "reward_models/clip.safetensors", "clip", "auto", "LAION aesthetic"),
    "v2.5": (
        "v2_5.pth",
        lambda w: w["v2.5"],
        "clip_vision/redux/siglip.safetensors",
        "siglip",
        "auto",
        "Aesthetic v2.5",
    ),
}


def loaded(pack, folders, weights, case):
    name, contents, tower, tower_weights, chosen, _ = FILES[case]
    folders(f"reward_models/{name}", contents(weights))
    if tower is None:
        return load(pack, name, chosen)
    folders(tower, weights[tower_weights])
    return load(pack, name, chosen, tower.removeprefix("reward_models/"))


@pytest.mark.parametrize("case", FILES)
def test_a_file_scores_a_batch_in_the_host_as_it_does_without(pack, folders, weights, case):
    """float32 sums in the host's layers: 1e-6 of the unit, which is 100 for PickScore and 10 for points."""
    reward = loaded(pack, folders, weights, case)
    name, contents, _, tower_weights, _, kind = FILES[case]
    checkpoint = submodule(pack, "lidar_core.networks.checkpoint").Checkpoint
    ingredients = submodule(pack, "lidar_core.rewards.scorers.scorer").Ingredients(
        checkpoint.of(contents(weights), name),
        submodule(pack, "nodes.host.files").clip_vocabulary(),
        tower_weights and checkpoint.of(weights[tower_weights], "tower"),
    )
    plain = submodule(pack, "lidar_core.rewards.scorers.kinds").scorer_of(ingredients, kind)
    node = submodule(pack, "nodes.score_images").LiDARScoreImages
    best, _, scores, order = node.execute([PICTURES], [reward], [f"({PROMPT}:1.3)"], [1]).args
    # The scores are about 1, but for PickScore's and those out of 10.
    unit = 100 if kind == "PickScore" else 10 if "esthetic" in kind else 1
    torch.testing.assert_close(torch.tensor(scores), plain.values(PICTURES, PROMPT), rtol=0, atol=1e-6 * unit)
    assert len(set(scores)) == len(PICTURES)
    assert torch.equal(best[0], PICTURES[order[0]])
    assert reward.name == kind


@pytest.mark.parametrize("case", FILES)
def test_the_host_owns_the_weights_and_frees_them(pack, folders, weights, case):
    import comfy.model_management

    reward = loaded(pack, folders, weights, case)
    scores = reward.values(PICTURES, PROMPT)
    held = [entry.model for entry in comfy.model_management.current_loaded_models]
    assert any(model is reward.patcher for model in held)
    expected = sum(tensor.nbytes for tensor in reward.scorer.module.state_dict().values())
    assert reward.patcher.model_size() == expected
    comfy.model_management.unload_all_models()
    assert not comfy.model_management.current_loaded_models
    assert torch.equal(reward.values(PICTURES, PROMPT), scores)


@pytest.mark.parametrize("case", FILES)
def test_a_file_drives_a_run_on_the_embedded_world(pack, folders, weights, case):
    import nodes

    with torch.inference_mode():
        model, clip, vae, *_ = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args
    conditions = [clip.encode_from_tokens_scheduled(clip.tokenize(text)) for text in (PROMPT, "")]
    reward = loaded(pack, folders, weights, case)
    drawing = submodule(pack, "nodes.host.drawing")
    latent = {"samples": torch.zeros(1, 4, 16, 16)}
    config = drawing.LookaheadConfig(samples=4, steps=3, cfg=1.5)
    task = submodule(pack, "nodes.host.sampling").Task(model, *conditions, latent)
    pool, _ = drawing.draw_pool(task, vae, reward, config, PROMPT)
    assert pool.rewards.isfinite().all()
    assert len(set(pool.rewards.tolist())) == 4
    guided = submodule(pack, "nodes.guidance").LiDARGuidance.execute(model, pool, 1.0, handover=0.125)[0]
    run = {"seed": 0, "steps": 4, "cfg": 1.5, "sampler_name": "euler", "scheduler": "normal"}
    run |= {"positive": conditions[0], "negative": conditions[1], "latent": latent}
    plain, pulled = (nodes.common_ksampler(one, **run)[0]["samples"] for one in (model, guided))
    assert pulled.isfinite().all()
    assert not torch.equal(plain, pulled)


@pytest.mark.parametrize(("cleans", "key"), [(True, "cleaned tokens"), (False, "tokens as it stands")])
def test_tokens_of_the_hosts_vocabulary_are_the_official_ones(pack, cleans, key):
    folder = submodule(pack, "nodes.host.files").clip_vocabulary()
    tokenizer = submodule(pack, "lidar_core.rewards.clip_tokens").ClipTokenizer(folder, cleans)
    assert [tokenizer.read(prompt, 77).ids for prompt in tiny_clip.PROMPTS] == GOLDEN["real vocabulary"][key]


def test_towers_of_half_precision_run_on_the_hosts_layers(pack, folders, weights, monkeypatch):
    memory = submodule(pack, "nodes.host.memory")
    exact = loaded(pack, folders, weights, "HPSv2.1").values(PICTURES, PROMPT)
    monkeypatch.setattr(memory, "tower_dtype", lambda: torch.float16)
    reward = loaded(pack, folders, weights, "HPSv2.1")
    assert {tensor.dtype for tensor in reward.scorer.module.parameters()} == {torch.float16}
    torch.testing.assert_close(reward.values(PICTURES, PROMPT), exact, rtol=0, atol=8 * torch.finfo(torch.float16).eps)


@pytest.mark.parametrize(
    ("asked", "half", "wide", "expected"),
    [
        (torch.float16, True, True, (torch.float16, torch.bfloat16)),
        (torch.float16, True, False, (torch.float16, torch.float32)),
        (torch.float16, False, True, (torch.float32, torch.float32)),
        (torch.bfloat16, True, True, (torch.bfloat16, torch.bfloat16)),
        (torch.float32, True, True, (torch.float32, torch.float32)),
        (torch.float8_e4m3fn, True, True, (torch.float16, torch.bfloat16)),
    ],
)
def test_the_host_chooses_the_precision_of_towers(pack, monkeypatch, asked, half, wide, expected):
    import comfy.model_management

    memory = submodule(pack, "nodes.host.memory")
    assert (memory.tower_dtype(), memory.wide_tower_dtype()) == (torch.float32, torch.float32)
    monkeypatch.setattr(comfy.model_management, "is_device_cpu", lambda device: False)
    monkeypatch.setattr(comfy.model_management, "text_encoder_dtype", lambda device: asked)
    monkeypatch.setattr(comfy.model_management, "should_use_fp16", lambda *_, **__: half)
    monkeypatch.setattr(comfy.model_management, "should_use_bf16", lambda *_, **__: wide)
    assert (memory.tower_dtype(), memory.wide_tower_dtype()) == expected


def test_batches_are_as_large_as_the_free_memory(pack, folders, weights, monkeypatch):
    import comfy.model_management

    reward = loaded(pack, folders, weights, "PickScore")
    each = reward.picture_bytes + 4 * PICTURES[0].nbytes
    sizes, values = [], reward.scorer.values
    monkeypatch.setattr(
        reward.scorer, "values", lambda images, *rest: sizes.append(len(images)) or values(images, *rest)
    )
    pictures = PICTURES[:1].expand(21, -1, -1, -1)
    for free, expected in ((1e12, [16, 5]), (10 * each, [8, 8, 5]), (each, [1] * 21)):
        sizes.clear()
        monkeypatch.setattr(comfy.model_management, "get_free_memory", lambda *_, free=free, **__: free)
        reward.values(pictures, PROMPT)
        assert sizes == expected


def test_files_of_every_kind_and_folder_are_listed_and_found_again_after_a_refresh(pack, folders):
    files = submodule(pack, "nodes.host.files")
    assert files.reward_files() == []
    for name in ("a.safetensors", "b.pt", "deep/er/c.pth", "d/e.bin"):
        folders(f"reward_models/{name}", {"x": torch.zeros(1)})
    (Path(files.reward_path("b.pt")).parent / "notes.txt").write_text("no model")
    assert [name.replace("\\", "/") for name in sorted(files.reward_files())] == [
        "a.safetensors",
        "b.pt",
        "d/e.bin",
        "deep/er/c.pth",
    ]
    folders("clip_vision/redux/siglip.safetensors", {"x": torch.zeros(1)})
    assert files.tower_files()[-1].replace("\\", "/") == "clip_vision/redux/siglip.safetensors"
    for name in files.tower_files():
        assert Path(files.tower_path(name)).is_file()
    schema = submodule(pack, "nodes.reward_loader").LiDARRewardLoader.define_schema()
    options = {entry.id: entry.options for entry in schema.inputs}
    assert options["reward_name"] == files.reward_files()
    assert options["tower_name"] == ["none", *files.tower_files()]
    assert options["type"][0] == "auto"


def test_folders_of_extra_model_paths_are_searched(pack, tmp_path, weights, monkeypatch):
    import folder_paths
    from utils.extra_config import load_extra_path_config

    monkeypatch.setitem(
        folder_paths.folder_names_and_paths,
        "reward_models",
        tuple(type(part)(part) for part in folder_paths.folder_names_and_paths["reward_models"]),
    )
    (tmp_path / "elsewhere" / "rewards").mkdir(parents=True)
    save_file(weights["clip"], tmp_path / "elsewhere" / "rewards" / "pickscore.safetensors")
    config = tmp_path / "extra_model_paths.yaml"
    config.write_text(f"mine:\n  base_path: {tmp_path / 'elsewhere'}\n  reward_models: rewards\n")
    load_extra_path_config(str(config))
    submodule(pack, "nodes.host.files").register_reward_folder()
    folder_paths.filename_list_cache.clear()
    assert load(pack, "pickscore.safetensors").name == "PickScore"


def test_a_changed_tower_is_loaded_again(pack, folders, weights):
    loaded(pack, folders, weights, "LAION")
    fingerprint = submodule(pack, "nodes.reward_loader").LiDARRewardLoader.fingerprint_inputs
    before = fingerprint("sac.pth", "auto", "clip.safetensors")
    assert before == fingerprint("sac.pth", "auto", "clip.safetensors")
    assert before != fingerprint("sac.pth")
    os.utime(submodule(pack, "nodes.host.files").tower_path("clip.safetensors"), (1, 1))
    assert before != fingerprint("sac.pth", "auto", "clip.safetensors")


def test_of_a_wired_name_the_fingerprint_is_that_of_every_file_that_it_may_be(pack, folders, weights):
    """The host knows the name only when it runs the node."""
    loaded(pack, folders, weights, "LAION")
    fingerprint = submodule(pack, "nodes.reward_loader").LiDARRewardLoader.fingerprint_inputs
    for time, (name, tower) in enumerate(((None, "none"), ("sac.pth", None), (None, None))):
        before = fingerprint(name, None, tower)
        assert before == fingerprint(name, None, tower)
        path = submodule(pack, "nodes.host.files").tower_path("clip.safetensors" if tower is None else "sac.pth")
        os.utime(path, (time, time))
        assert before != fingerprint(name, None, tower)


class Unsafe(torch.nn.Module):
    """Like a pickled module: loading it would run code."""


def test_a_pickled_module_is_refused_with_a_safe_alternative(pack, folders):
    folders("reward_models/MPS.pth", Unsafe())
    with pytest.raises(ValueError, match=r'"MPS.pth" holds Python objects .* is not opened: use a .safetensors file'):
        load(pack, "MPS.pth")


def test_a_torchscript_program_is_refused_with_a_safe_alternative(pack, folders, tmp_path):
    folders("reward_models/ViT-L-14.pt", {})
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "reward_models" / "ViT-L-14.pt"))
    with pytest.raises(ValueError, match=r'"ViT-L-14.pt" is a TorchScript program.*model.safetensors of openai/clip'):
        load(pack, "ViT-L-14.pt")


def test_a_broken_file_is_refused(pack, folders, tmp_path):
    folders("reward_models/cut.safetensors", {"x": torch.zeros(100)})
    path = tmp_path / "reward_models" / "cut.safetensors"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="is cut short"):
        load(pack, "cut.safetensors")


def test_an_ambiguous_file_is_asked_about_until_type_says_what_it_is(pack, folders, weights):
    folders("reward_models/model.safetensors", weights["clip"])
    with pytest.raises(ValueError, match="Say which it is in type"):
        load(pack, "model.safetensors")
    assert load(pack, "model.safetensors", "PickScore").name == "PickScore"


def test_metadata_names_a_file_that_its_name_does_not(pack, folders, weights, tmp_path):
    folders("reward_models/model.safetensors", weights["clip"])
    save_file(weights["clip"], tmp_path / "reward_models" / "model.safetensors", {"modelspec.title": "PickScore v1"})
    assert load(pack, "model.safetensors").name == "PickScore"


def test_a_head_without_tower_asks_for_it(pack, folders, weights):
    folders("reward_models/sac.pth", weights["laion"])
    with pytest.raises(ValueError, match="only the head of LAION aesthetic: choose .* in picture_tower"):
        load(pack, "sac.pth")


def tiny_config(hidden, **values):
    return {
        "hidden_size": tiny_clip.WIDTH,
        "num_hidden_layers": tiny_clip.LAYERS,
        "num_attention_heads": tiny_clip.WIDTH // 64,
        "intermediate_size": hidden,
        "hidden_act": "gelu",
        **values,
    }


TEXT_CONFIG = tiny_config(4 * tiny_clip.WIDTH, max_position_embeddings=77, eos_token_id=49407)
VISION_CONFIG = tiny_config(
    2 * tiny_clip.WIDTH,
    model_type="clip_vision_model",
    num_channels=3,
    patch_size=tiny_clip.PATCH,
    image_size=224,
    projection_dim=tiny_clip.WIDTH,
)


def square_weights(weights):
    """The tiny CLIP with as many projected numbers as channels, which is all that the host's text towers can hold."""
    tensors = dict(weights)
    for name in ("visual_projection.weight", "text_projection.weight"):
        shape = {name: (tiny_clip.WIDTH, tiny_clip.WIDTH)}
        tensors[name] = torch.from_numpy(tiny_clip.seeded(shape)[name]) / 1.5
    return tensors


def host_vision(tensors, **config):
    import comfy.clip_vision

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps({**VISION_CONFIG, **config}))
        vision = comfy.clip_vision.ClipVisionModel(str(path))
    missing, _ = vision.load_sd({name: value for name, value in tensors.items() if name.startswith("vis")})
    assert not [name for name in missing if "position_ids" not in name] or "visual_projection.weight" in missing
    return vision


def host_clip(tensors, tower):
    import comfy.sd
    import comfy.supported_models_base
    from comfy.sdxl_clip import SDXLClipModel, SDXLTokenizer
    from comfy.text_encoders.sd2_clip import SD2ClipModel, SD2Tokenizer

    tokenizer, model = {"g": (SDXLTokenizer, SDXLClipModel), "h": (SD2Tokenizer, SD2ClipModel)}[tower]
    options = {f"{name}_model_config": TEXT_CONFIG for name in ("clip_l", "clip_g", "clip_h")}
    clip = comfy.sd.CLIP(
        comfy.supported_models_base.ClipTarget(tokenizer, model),
        parameters=1,
        model_options={**options, "dtype": torch.float32},
    )
    inner = getattr(clip.cond_stage_model, f"clip_{tower}")
    missing, _ = inner.load_sd({name: value for name, value in tensors.items() if name.startswith("text")})
    assert not missing or missing == ["text_projection.weight"]
    return clip


def from_clip(pack, vision, clip):
    return submodule(pack, "nodes.reward_from_clip").LiDARRewardFromClip.execute(vision, clip)[0]


@pytest.mark.parametrize(("tower", "name"), [("g", "CLIP-bigG score"), ("h", "CLIP-H score")])
@pytest.mark.parametrize("prompt", [PROMPT, "a face (smiling: 1.3) of \\ two", tiny_clip.PROMPTS[3].strip()])
def test_towers_in_the_graph_score_as_their_file_does(pack, weights, tower, name, prompt, caplog):
    """The host keeps a CLIP_VISION in float16 and computes in float32; the file's tensors are rounded alike."""
    tensors = square_weights(weights["clip"])
    reward = from_clip(pack, host_vision(tensors), host_clip(tensors, tower))
    assert reward.name == name
    rounded = {**tensors, **{key: value.float() for key, value in reward.tower.clip_vision.get_sd().items()}}
    plain = submodule(pack, "lidar_core.rewards.scorers.kinds").scorer_of(
        submodule(pack, "lidar_core.rewards.scorers.scorer").Ingredients(
            submodule(pack, "lidar_core.networks.checkpoint").Checkpoint.of(rounded, "clip"),
            submodule(pack, "nodes.host.files").clip_vocabulary(),
        ),
        "CLIPScore (gelu)",
    )
    with caplog.at_level(logging.WARNING):
        scores = reward.values(PICTURES, prompt)
    torch.testing.assert_close(scores, plain.values(PICTURES, prompt), rtol=0, atol=1e-6)
    assert ("read only the first" in caplog.text) == (len(prompt) > 100)


def test_towers_in_the_graph_read_a_prompt_once(pack, weights):
    tensors = square_weights(weights["clip"])
    reward = from_clip(pack, host_vision(tensors), host_clip(tensors, "g"))
    encode, calls = reward.clip.encode_from_tokens, []
    reward.clip.encode_from_tokens = lambda *rest, **named: calls.append(1) or encode(*rest, **named)
    for prompt in ("a cat", "a cat", "a dog"):
        reward.values(PICTURES, prompt)
    assert len(calls) == 2


def test_towers_in_the_graph_drive_a_run(pack, weights):
    import comfy.model_management

    tensors = square_weights(weights["clip"])
    reward = from_clip(pack, host_vision(tensors), host_clip(tensors, "g"))
    model, clip, vae, *_ = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args
    conditions = [clip.encode_from_tokens_scheduled(clip.tokenize(text)) for text in (PROMPT, "")]
    drawing = submodule(pack, "nodes.host.drawing")
    config = drawing.LookaheadConfig(samples=4, steps=3, cfg=1.5)
    latent = {"samples": torch.zeros(1, 4, 16, 16)}
    task = submodule(pack, "nodes.host.sampling").Task(model, *conditions, latent)
    pool, _ = drawing.draw_pool(task, vae, reward, config, PROMPT)
    assert len(set(pool.rewards.tolist())) == 4
    comfy.model_management.unload_all_models()
    assert not comfy.model_management.current_loaded_models


def test_towers_that_do_not_belong_together_are_refused(pack, weights):
    tensors = square_weights(weights["clip"])
    clip = host_clip(tensors, "g")
    other = {**tensors, "visual_projection.weight": weights["clip"]["visual_projection.weight"]}
    smaller = host_vision(other, projection_dim=tiny_clip.PROJECTION)
    with pytest.raises(ValueError, match=r"gives 96 numbers .* \(CLIP-bigG\) gives 128 .* wire the CLIP_VISION"):
        from_clip(pack, smaller, clip)


@pytest.mark.parametrize("socket", ["clip_vision", "clip"])
def test_a_tower_without_its_projection_is_refused(pack, weights, socket):
    """If the file has no projection, some versions of the host have none either; others leave it uninitialised."""
    tensors = square_weights(weights["clip"])
    without = {name: value for name, value in tensors.items() if "projection" not in name}
    vision = host_vision(without if socket == "clip_vision" else tensors)
    clip = host_clip(without if socket == "clip" else tensors, "g")
    text_tower = clip.cond_stage_model.clip_g.transformer
    holder, name = (vision.model, "visual_projection") if socket == "clip_vision" else (text_tower, "text_projection")
    for value in (0.0, float("nan"), 1e20):
        rubbish = torch.nn.Linear(tiny_clip.WIDTH, tiny_clip.WIDTH, bias=False)
        torch.nn.init.constant_(rubbish.weight, value)
        setattr(holder, name, rubbish)
        with pytest.raises(ValueError, match=f"The {socket} lacks its projection.* load CLIP-bigG from a file that"):
            from_clip(pack, vision, clip)
    setattr(holder, name, torch.nn.Identity())
    with pytest.raises(ValueError, match=f"The {socket} lacks its projection"):
        from_clip(pack, vision, clip)


def test_a_clip_without_a_comparable_text_tower_is_refused(pack, weights):
    demo_clip = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args[1]
    with pytest.raises(ValueError, match=r"no text tower whose projection ComfyUI keeps: wire SDXL's CLIP"):
        from_clip(pack, host_vision(square_weights(weights["clip"])), demo_clip)
