"""The bundled workflows: what the front end needs to open them, and what a real server makes of them."""

import io
import json
import re
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from .demo_graph import error_of
from .workflow_api import MUTED, NOTES, api_prompt, widgets

FOLDER = Path(__file__).parents[2] / "workflows"
WORKFLOWS = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}
# Their choices depend on the user's folders.
FILE_WIDGETS = ("ckpt_name", "unet_name", "clip_name", "vae_name", "lora_name", "reward_name", "pool_name", "image")
# Each loads one of what a checkpoint holds: by which of its outputs.
LOADERS = {"CheckpointLoaderSimple": None, "UNETLoader": 0, "CLIPLoader": 1, "VAELoader": 2}
EXECUTED = [name for name in WORKFLOWS if name != "lidar_demo"]
FAMILIES = {
    "lidar_sd15_paper": "SD 1.5 (epsilon)",
    "lidar_flux_hyper": "Flux (flow)",
    "lidar_sd35": "SD 3 (flow)",
    "lidar_music": "ACE-Step 1.5",
    "lidar_wan": "Wan (flow, video)",
    # Their own networks have no tiny stand-in: another flow model takes their place.
    "lidar_z_image_turbo": "SD 3 (flow)",
    "lidar_qwen_image": "SD 3 (flow)",
}
SIDE = 64
# Settings that keep songs, videos and schedules short.
SMALL = {"seconds": 4.0, "duration": 4.0, "length": 9}
# The type of a switch's sockets, which take that of what is wired.
ANY = "COMFY_MATCHTYPE_V3"
WITH_STAND_IN = [
    name
    for name, workflow in WORKFLOWS.items()
    if any(node["type"] == "LiDARRewardLoader" for node in workflow["nodes"])
]

all_workflows = pytest.mark.parametrize("name", WORKFLOWS)


@pytest.fixture(scope="module")
def info(server):
    return server.get("/object_info")


def real_nodes(workflow):
    return [node for node in workflow["nodes"] if node["type"] not in NOTES]


def test_every_workflow_is_offered_as_a_template_with_a_thumbnail(server):
    assert sorted(server.get("/workflow_templates")["lidar-sampling"]) == sorted(WORKFLOWS)
    for name in WORKFLOWS:
        picture = Image.open(io.BytesIO(server.raw(f"/api/workflow_templates/lidar-sampling/{name}.jpg")))
        assert picture.format == "JPEG"
        assert picture.width >= 400


@all_workflows
def test_the_server_knows_every_node_and_every_choice(info, name):
    for node in real_nodes(WORKFLOWS[name]):
        assert node["type"] in info
        values = list(node["widgets_values"])
        for widget, options in widgets(info[node["type"]]).items():
            if not values:
                break
            value = values.pop(0)
            if options.get("control_after_generate") or options.get("image_upload"):
                values.pop(0)
            if options.get("options") and widget not in FILE_WIDGETS:
                assert value in options["options"], f"{node['type']}.{widget}"
            if isinstance(value, float | int) and not isinstance(value, bool):
                assert options["min"] <= value <= options["max"], f"{node['type']}.{widget}"


@all_workflows
def test_links_lead_from_an_output_to_an_input_of_its_type(info, name):
    workflow = WORKFLOWS[name]
    nodes = {node["id"]: node for node in workflow["nodes"]}
    for number, source, output, target, slot, kind in workflow["links"]:
        entry = nodes[target]["inputs"][slot]
        assert entry["link"] == number
        assert number in nodes[source]["outputs"][output]["links"]
        assert info[nodes[source]["type"]]["output"][output] in (kind, ANY)
        inputs = info[nodes[target]["type"]]["input"]
        assert {**inputs["required"], **inputs.get("optional", {})}[entry["name"]][0] in (kind, "*", ANY)
    linked = {link[0] for link in workflow["links"]}
    for node in workflow["nodes"]:
        assert {entry["link"] for entry in node["inputs"]} - {None} <= linked
        assert {link for entry in node["outputs"] for link in entry["links"]} <= linked


@all_workflows
def test_nodes_say_which_pack_they_are_of(name):
    for node in WORKFLOWS[name]["nodes"]:
        expected = "lidar-sampling" if node["type"].startswith("LiDAR") else "comfy-core"
        assert node["properties"]["cnr_id"] == expected, node["type"]
        assert re.fullmatch(r"\d+\.\d+\.\d+", node["properties"]["ver"]), node["type"]


@all_workflows
def test_a_note_explains_the_workflow_and_groups_hold_its_nodes(name):
    workflow = WORKFLOWS[name]
    assert any(node["type"] in NOTES and len(node["widgets_values"][0]) > 100 for node in workflow["nodes"])
    for node in real_nodes(workflow):
        (x, y), (width, height) = node["pos"], node["size"]
        assert any(
            left <= x and top <= y and x + width <= left + wide and y + height <= top + high
            for left, top, wide, high in (group["bounding"] for group in workflow["groups"])
        ), f"{node['type']} is in no group"


@all_workflows
def test_nodes_do_not_cover_each_other(name):
    boxes = [(node["type"], *node["pos"], *node["size"]) for node in WORKFLOWS[name]["nodes"]]
    for index, (one, x, y, width, height) in enumerate(boxes):
        for other, x2, y2, width2, height2 in boxes[index + 1 :]:
            apart = x + width <= x2 or x2 + width2 <= x or y + height + 30 <= y2 or y2 + height2 + 30 <= y
            assert apart, f"{one} covers {other}"


@all_workflows
def test_model_files_have_links_that_the_front_end_offers_to_download(server, name):
    folders = server.get("/models")
    for node in real_nodes(WORKFLOWS[name]):
        models = {model["name"]: model for model in node["properties"].get("models", [])}
        needed = {value for value in node["widgets_values"] if str(value).endswith((".safetensors", ".pt", ".pth"))}
        assert set(models) == (needed if node["type"] != "LiDARLoadPool" else set())
        for model in models.values():
            assert model["url"].startswith("https://huggingface.co/")
            assert "/resolve/main/" in model["url"]
            assert model["directory"] in folders


def stand_ins(server, workflow, info, family, reward_file=True):
    """The API prompt with a tiny model in the checkpoint's place and small pictures; reward_file: with a metric in the
    place of the reward's file, which nobody has here."""
    prompt = api_prompt(workflow, info)
    relinked: dict[str, int] = {}
    for key, node in prompt.items():
        inputs = node["inputs"]
        if node["class_type"] in LOADERS:
            output = LOADERS[node["class_type"]]
            node |= {"class_type": "TinyCheckpoint", "inputs": {"family": family}}
            relinked |= {} if output is None else {key: output}
        elif node["class_type"] in ("LiDARRewardLoader", "LiDARRewardChecklist") and reward_file:
            metric = {"metric": "brightness", "direction": "more", "target": 0.5}
            node |= {"class_type": "LiDARRewardMetric", "inputs": metric}
        elif node["class_type"] == "LoraLoaderModelOnly":
            folder = server.folder / "models" / "loras"
            folder.mkdir(parents=True, exist_ok=True)
            save_file({"of.another.model": torch.zeros(1)}, folder / inputs["lora_name"])
        elif node["class_type"] == "LoadImage":
            picture = torch.randint(0, 255, (SIDE, SIDE, 4), generator=torch.Generator().manual_seed(0))
            picture[..., 3] = 255
            picture[SIDE // 4 : SIDE // 2, SIDE // 4 : SIDE // 2, 3] = 0
            folder = server.folder / "input"
            folder.mkdir(exist_ok=True)
            Image.fromarray(picture.byte().numpy(), "RGBA").save(folder / inputs["image"])
        if "width" in inputs:
            inputs |= {"width": SIDE, "height": SIDE}
        for name, small in SMALL.items():
            if name in inputs:
                inputs[name] = min(inputs[name], small)
    for node in prompt.values():
        for name, value in node["inputs"].items():
            if isinstance(value, list) and value[0] in relinked:
                node["inputs"][name] = [value[0], relinked[value[0]]]
    return prompt


def saved_pictures(server, history):
    entries = [entry for node in history["outputs"].values() for entry in node.get("images", [])]
    return [opened(server, entry) for entry in entries if entry["type"] == "output"]


def opened(server, entry, size="filename"):
    return Image.open(io.BytesIO(server.image({**entry, "filename": entry[size]})))


def pixels(picture):
    return torch.frombuffer(bytearray(picture.convert("RGB").tobytes()), dtype=torch.uint8).view(*picture.size[::-1], 3)


def run(server, prompt):
    history = server.run(prompt)
    assert history["status"]["status_str"] == "success", history["status"]["messages"]
    return history


@pytest.mark.parametrize("name", EXECUTED)
def test_a_workflow_runs_from_its_loader_to_its_saved_pictures(server, info, name):
    prompt = stand_ins(server, WORKFLOWS[name], info, FAMILIES.get(name, "SDXL (epsilon)"))
    history = run(server, prompt)
    if name == "lidar_reuse_pool":
        assert list((server.folder / "output" / "lidar_pools").glob("bicycle*.safetensors"))
        return
    if name == "lidar_music":
        (song,) = [file for node in history["outputs"].values() for file in node.get("audio", [])]
        assert heard(server.image(song)) == pytest.approx(10.0, abs=0.2)
        return
    if name == "lidar_wan":
        (video,) = [file for node in history["outputs"].values() for file in node.get("images", [])]
        assert video["filename"].endswith(".webm")
        assert len(frames(server.image(video))) == 3
        return
    if name == "lidar_blind_vote":
        (vote,) = [node["lidar_vote"][0] for node in history["outputs"].values() if "lidar_vote" in node]
        pictures = [opened(server, entry, "full") for pair in vote["pairs"] for entry in pair["pictures"]]
        assert (vote["names"], len(pictures)) == (["LiDAR", "plain"], 8)
    else:
        pictures = saved_pictures(server, history)
    assert pictures
    assert all(pixels(picture).float().std() > 1 for picture in pictures)


def heard(file):
    """Seconds of a sound that is not silent."""
    import av

    with av.open(io.BytesIO(file)) as sound:
        rate = sound.streams.audio[0].rate
        parts = [torch.from_numpy(frame.to_ndarray()).float() for frame in sound.decode(audio=0)]
    assert max(part.abs().max() for part in parts) > 0.05
    return sum(part.shape[-1] for part in parts) / rate


def frames(file):
    import av

    with av.open(io.BytesIO(file)) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


def test_before_and_after_differ_only_by_the_guidance(server, info):
    """At strength 0 both halves give the same picture; at the workflow's own strength they do not."""
    prompt = stand_ins(server, WORKFLOWS["lidar_before_after"], info, "SDXL (epsilon)")
    (sampler,) = [node for node in prompt.values() if node["class_type"] == "LiDARKSampler"]
    (seed,) = [node for node in prompt.values() if node["class_type"] == "PrimitiveInt"]
    halves = {}
    for strength in (sampler["inputs"]["strength"], 0.0):
        sampler["inputs"]["strength"] = strength
        # A seed that no other test uses, or an old host would leave the cached picture out of its history.
        seed["inputs"]["value"] = 4243 + int(strength)
        (picture,) = saved_pictures(server, run(server, prompt))
        both = pixels(picture)
        halves[strength] = torch.equal(both[:, :SIDE], both[:, -SIDE:])
    assert halves.pop(0.0)
    assert list(halves.values()) == [False]


def test_inpainting_leaves_what_is_not_masked(server, info):
    prompt = stand_ins(server, WORKFLOWS["lidar_inpaint"], info, "SDXL (epsilon)")
    for node in prompt.values():
        if "seed" in node["inputs"]:
            node["inputs"]["seed"] = 4244
        if node["class_type"] == "GrowMask":
            node["inputs"]["expand"] = 0
    (picture,) = saved_pictures(server, run(server, prompt))
    original = pixels(Image.open(server.folder / "input" / "example.png"))
    changed = (pixels(picture) != original).any(2)
    assert changed[SIDE // 4 : SIDE // 2, SIDE // 4 : SIDE // 2].float().mean() > 0.9
    changed[SIDE // 4 : SIDE // 2, SIDE // 4 : SIDE // 2] = False
    assert not changed.any()


def test_the_second_half_of_the_pool_workflow_samples_from_the_saved_file(server, info):
    """As its note says: the first group bypassed, the second one always."""
    first = stand_ins(server, WORKFLOWS["lidar_reuse_pool"], info, "SDXL (epsilon)")
    run(server, first)
    second = json.loads(json.dumps(WORKFLOWS["lidar_reuse_pool"]))
    for node in second["nodes"]:
        if node["mode"] == MUTED:
            node["mode"] = 0
        elif node["type"] in ("LiDARLookaheadConfig", "LiDARLookahead", "LiDARSavePool", "PreviewImage"):
            node["mode"] = MUTED
    (loader,) = [node for node in second["nodes"] if node["type"] == "LiDARLoadPool"]
    assert loader["widgets_values"] == ["", "lidar_pools/bicycle_*", 0]
    pictures = saved_pictures(server, run(server, stand_ins(server, second, info, "SDXL (epsilon)")))
    assert len(pictures) == 1


@pytest.mark.parametrize("name", WITH_STAND_IN)
def test_a_stand_in_that_needs_no_file_is_chosen_until_the_user_has_one(name):
    (switch,) = [node for node in WORKFLOWS[name]["nodes"] if node["type"] == "ComfySwitchNode"]
    assert switch["widgets_values"] == [False]
    links = {link[0]: link[1] for link in WORKFLOWS[name]["links"]}
    sources = {entry["name"]: links[entry["link"]] for entry in switch["inputs"]}
    types = {node["id"]: node["type"] for node in WORKFLOWS[name]["nodes"]}
    assert types[sources["on_false"]] in ("LiDARRewardMetric", "LiDARVideoMetric")
    assert types[sources["on_true"]] in ("LiDARRewardLoader", "LiDARRewardMix")


@pytest.mark.parametrize("name", ["lidar_sdxl", "lidar_two_rewards", "lidar_wan", "lidar_checklist"])
def test_a_workflow_runs_before_its_reward_file_is_there_and_then_asks_for_it(server, info, name):
    prompt = stand_ins(server, WORKFLOWS[name], info, FAMILIES.get(name, "SDXL (epsilon)"), reward_file=False)
    run(server, prompt)
    (switch,) = [node for node in prompt.values() if node["class_type"] == "ComfySwitchNode"]
    switch["inputs"]["switch"] = True
    assert '"PickScore_v1.safetensors" is not there: put a file such as PickScore' in error_of(server.run(prompt))


def test_the_checklist_is_muted_because_the_host_asks_for_its_file_whatever_is_switched():
    nodes = WORKFLOWS["lidar_checklist"]["nodes"]
    assert sorted(node["type"] for node in nodes if node["mode"] == MUTED) == ["CLIPLoader", "LiDARRewardChecklist"]


@all_workflows
def test_it_opens_whole_on_a_full_hd_screen_and_large_enough_to_draw_its_text(name):
    """The page draws text from 60 % on; its own bars leave about 1830 x 970 of 1920 x 1080."""
    workflow = WORKFLOWS[name]
    scale, (across, down) = workflow["extra"]["ds"]["scale"], workflow["extra"]["ds"]["offset"]
    assert scale >= 0.6
    boxes = [(*node["pos"], *node["size"]) for node in workflow["nodes"]]
    for x, y, width, height in [*boxes, *(group["bounding"] for group in workflow["groups"])]:
        assert (x + across) * scale >= 60
        assert (y + down) * scale >= 60
        assert (x + width + across) * scale <= 1890
        assert (y + height + down) * scale <= 1030
