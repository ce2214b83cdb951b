"""The messages of a run to the page that queued it, and the thumbnails that it writes."""

import asyncio
import importlib
import io
import json

import pytest
import torch
from PIL import Image

from .test_server import LIDAR, WORKFLOW
from .workflow_api import api_prompt

BATCH, STEPS, SAMPLES, LOOKAHEAD_STEPS = 2, 10, 6, 8
WORKFLOW_ID = "a-workflow"


@pytest.fixture
def prompt(server, request):
    prompt = api_prompt(json.loads(WORKFLOW.read_text()), server.get("/object_info"))
    for plain in ("7", "10", "11"):
        del prompt[plain]
    prompt["4"]["inputs"]["batch_size"] = BATCH
    # A seed of the test's own, so that nothing comes from another test's cache.
    prompt["5"]["inputs"] |= {
        "samples": SAMPLES,
        "steps": LOOKAHEAD_STEPS,
        "lookahead_seed": sum(request.node.name.encode()),
    }
    prompt[LIDAR]["inputs"]["steps"] = STEPS
    return prompt


def told(server, prompt):
    """The messages of one run as the page receives them: pairs of type and data."""
    import aiohttp

    async def talk():
        url = f"http://127.0.0.1:{server.port}"
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/ws?clientId=page") as page:
            extra = {"extra_pnginfo": {"workflow": {"id": WORKFLOW_ID}}}
            queued = {"prompt": prompt, "client_id": "page", "extra_data": extra}
            async with session.post(f"{url}/prompt", json=queued) as answer:
                prompt_id = (await answer.json())["prompt_id"]
            heard = []
            async for message in page:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                said = json.loads(message.data)
                heard.append((said["type"], said["data"]))
                if said["data"].get("prompt_id") == prompt_id and said["type"] in (
                    "execution_success",
                    "execution_error",
                ):
                    assert said["type"] == "execution_success", said
                    return heard
        raise AssertionError("the server closed the connection")

    return asyncio.run(asyncio.wait_for(talk(), 120))


def results(messages, key):
    return [data["output"][key][-1] for kind, data in messages if kind == "executed" and key in (data["output"] or {})]


def of_type(messages, kind):
    return [data for said, data in messages if said == kind]


def test_a_run_tells_the_sampler_that_the_user_sees_what_it_did(server, prompt):
    messages = told(server, prompt)
    (shown,) = {
        data["display_node"] for data in of_type(messages, "executed") if "lidar_lookahead" in (data["output"] or {})
    }
    assert shown == LIDAR
    (lookahead,) = results(messages, "lidar_lookahead")
    assert lookahead["rewards"] == sorted(lookahead["rewards"], reverse=True)
    assert len(lookahead["rewards"]) == len(set(lookahead["seeds"])) == len(lookahead["thumbnails"]) == SAMPLES
    # The measurement of the hand-over calls the model as well.
    assert lookahead["model_calls"] > SAMPLES * LOOKAHEAD_STEPS
    assert set(lookahead["seconds"]) == {"lookahead", "decoding", "scoring", "measuring"}
    assert lookahead["prompt"] == "three green squares"

    (run,) = of_type(messages, "lidar.run")
    assert (run["node"], run["workflow"]) == (LIDAR, WORKFLOW_ID)
    assert (run["rewards"], run["seeds"]) == (lookahead["rewards"], lookahead["seeds"])
    asked = [index for index, pull in enumerate(run["pull"]) if None not in pull]
    assert run["model_calls"] == BATCH * len(asked)
    assert asked == list(range(STEPS - len(asked), STEPS))
    assert 0 < len(asked) < STEPS
    assert run["seconds"]["sampling"] > 0
    assert run["steps"] == STEPS
    assert run["step"][0] == 1
    assert len(run["pull"]) == len(run["samples"]) == len(run["step"]) == STEPS
    assert sum(run["share"]) == pytest.approx(1, abs=1e-3)
    # Ranks, like everything in the report. A sample that a picture followed to the end has led some of its steps.
    assert len(run["followed"]) == BATCH
    assert all(run["share"][rank] > 0 for rank in run["followed"])
    phases = [data["phase"] for data in of_type(messages, "lidar.phase")]
    assert phases == ["lookahead", "decoding", "scoring", "measuring", "sampling"]


def test_the_thumbnails_are_small_pictures_that_the_page_can_fetch(server, prompt):
    (lookahead,) = results(told(server, prompt), "lidar_lookahead")
    for file in lookahead["thumbnails"]:
        picture = Image.open(io.BytesIO(server.image(file)))
        assert picture.size == (128, 128)
        assert picture.format == "JPEG"


def test_large_pictures_become_thumbnails_of_256_pixels(pack, tmp_path, monkeypatch):
    import folder_paths

    monkeypatch.setattr(folder_paths, "temp_directory", str(tmp_path))
    host = importlib.import_module(f"{pack.__name__}.nodes.host.thumbnails")
    colours = torch.tensor([[1.0, 0.5, 0.0, 1.0], [0.0, 0.25, 1.0, 1.0]])
    entries = host.save_thumbnails(colours[:, None, None].expand(2, 600, 1200, 4))
    pictures = [Image.open(tmp_path / entry["subfolder"] / entry["filename"]) for entry in entries]
    assert [picture.size for picture in pictures] == [(256, 128)] * 2
    for picture, colour in zip(pictures, colours, strict=True):
        # JPEG rounds twice.
        assert picture.getpixel((9, 9)) == pytest.approx([255 * channel for channel in colour[:3].tolist()], abs=3)


@pytest.mark.parametrize("shape", [(1, 70_000), (70_000, 1), (66_000, 300)])
def test_a_picture_that_is_too_long_for_a_jpeg_is_shown_smaller(pack, tmp_path, monkeypatch, shape):
    import folder_paths

    monkeypatch.setattr(folder_paths, "temp_directory", str(tmp_path))
    host = importlib.import_module(f"{pack.__name__}.nodes.host.thumbnails")
    (entry,) = host.save_thumbnails(torch.full((1, *shape, 3), 0.5))
    for name, longest in ((entry["filename"], 256), (entry["full"], 65_500)):
        picture = Image.open(tmp_path / entry["subfolder"] / name)
        assert max(picture.size) == longest
        assert min(picture.size) == max(1, round(min(shape) * longest / max(shape)))


def test_another_seed_reports_its_run_beside_the_same_lookahead(server, prompt):
    (first,) = results(told(server, prompt), "lidar_lookahead")
    prompt[LIDAR]["inputs"]["seed"] += 1
    messages = told(server, prompt)
    (run,) = of_type(messages, "lidar.run")
    assert run["seeds"] == first["seeds"]
    # Old hosts say nothing about a cached part.
    assert results(messages, "lidar_lookahead") in ([first], [])


def test_the_same_again_says_nothing_new(server, prompt):
    told(server, prompt)
    messages = told(server, prompt)
    assert of_type(messages, "lidar.run") == of_type(messages, "lidar.phase") == []


def test_a_cached_sampler_names_the_run_whose_history_has_its_results(server, prompt):
    first = told(server, prompt)
    (lookahead,), (run,) = results(first, "lidar_lookahead"), of_type(first, "lidar.run")
    again = told(server, prompt)
    if server.get("/object_info/LiDARKSampler")["LiDARKSampler"].get("has_intermediate_output"):
        assert results(again, "lidar_from") == [run["prompt_id"]]
    else:
        assert results(again, "lidar_from") == []
    history = server.get(f"/history/{run['prompt_id']}")[run["prompt_id"]]
    of_the_sampler = [
        output for node, output in history["outputs"].items() if history["meta"][node]["display_node"] == LIDAR
    ]
    assert [output["lidar_lookahead"] for output in of_the_sampler if "lidar_lookahead" in output] == [[lookahead]]
    (((kept,),),) = [output["lidar_run"] for output in of_the_sampler if "lidar_run" in output]
    assert kept == {key: value for key, value in run.items() if key not in ("node", "workflow")}


def test_without_a_pull_the_run_says_why(server, prompt):
    prompt[LIDAR]["inputs"]["strength"] = 0.0
    messages = told(server, prompt)
    assert results(messages, "lidar_off") == ["Strength is 0: sampled exactly as KSampler does."]
    assert of_type(messages, "lidar.run") == []


@pytest.mark.parametrize(("batch", "height", "width"), [(1, 16, 16), (3, 128, 128), (3, 26, 38), (1, 31, 17)])
def test_a_samples_seed_gives_the_first_picture_of_a_batch_its_noise(pack, batch, height, width):
    """What the page's "use this noise" relies on.

    Torch makes noise in blocks of 16 numbers, so within a batch of latents whose size is no multiple of 16 (four
    channels, both sides odd) the first picture's last few numbers differ.
    """
    drawing = importlib.import_module(f"{pack.__name__}.nodes.host.drawing")
    sampling = importlib.import_module(f"{pack.__name__}.nodes.host.sampling")
    for seed in (5, 3085757296):
        noise = sampling.fresh_noise({"samples": torch.zeros(batch, 4, height, width)}, seed)
        assert torch.equal(noise[0], drawing.sample_noise((4, height, width), seed))


def test_each_sample_is_shown_when_it_is_drawn_and_again_when_it_is_decoded(server, prompt):
    messages = told(server, prompt)
    shown = of_type(messages, "lidar.sample")
    assert [(data["sample"], data["count"]) for data in shown] == 2 * [(number, SAMPLES) for number in range(SAMPLES)]
    assert {data["node"] for data in shown} == {LIDAR}
    assert {data["workflow"] for data in shown} == {WORKFLOW_ID}
    pictures = [Image.open(io.BytesIO(server.image(data["picture"]))) for data in shown]
    assert {picture.format for picture in pictures} == {"JPEG"}
    rough, sharp = pictures[:SAMPLES], pictures[SAMPLES:]
    # Eight latent numbers a side become 64 or more pixels.
    assert all(small.width < large.width for small, large in zip(rough, sharp, strict=True))
    # They come while the others are still to be drawn.
    kinds = [kind for kind, data in messages if kind == "lidar.sample" or data.get("phase") == "decoding"]
    assert kinds.index("lidar.phase") == SAMPLES
