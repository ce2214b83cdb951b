"""What a saved picture's file says of what LiDAR did to it."""

import io
import json

import pytest
from PIL import Image

from .demo_graph import demo_graph, succeeded


@pytest.fixture(scope="module")
def info(server):
    return server.get("/object_info")


def graph(info, **more):
    made = demo_graph(info, text="a cyan star", batch=2, steps=6, **more)
    made["config"]["inputs"] |= {"samples": 5, "steps": 3, "lookahead_seed": 51}
    return made


def files_of(server, prompt):
    """The metadata of each saved picture, and the run's history."""
    history = succeeded(server.run(prompt, extra_data={"extra_pnginfo": {"workflow": {"id": "mine"}}}))
    return [
        Image.open(io.BytesIO(server.image(entry))).text for entry in history["outputs"]["saved"]["images"]
    ], history


def done(file):
    return json.loads(file["prompt"])["sampler"].get("_meta", {}).get("lidar")


def told(history, key):
    (entry,) = [output[key] for output in history["outputs"].values() if output.get(key)]
    return entry[0]


def test_a_pictures_file_says_which_sample_it_followed_and_what_was_drawn(server, info):
    files, history = files_of(server, graph(info))
    (run,) = told(history, "lidar_run")
    assert len(files) == 2
    for file in files:
        assert json.loads(file["workflow"]) == {"id": "mine"}
        (facts,) = done(file)
        assert (facts["samples"], facts["steps"]) == (5, 3)
        assert [sample["seed"] for sample in facts["followed"]] == [run["seeds"][rank] for rank in run["followed"]]
        assert [sample["reward"] for sample in facts["followed"]] == [run["rewards"][rank] for rank in run["followed"]]
        assert facts["best_reward"] == run["rewards"][0]
        assert facts["mean_reward"] == pytest.approx(sum(run["rewards"]) / 5)
        assert facts["scorers"] == list(told(history, "lidar_lookahead")["scores"])


def test_a_picture_that_keep_chose_has_its_own_reward_in_its_file(server, info):
    (file,), history = files_of(server, graph(info, keep=1, seed=4))
    own = told(history, "lidar_scores")
    facts, rewards = done(file)
    assert facts["samples"] == 5
    assert rewards["rewards"] == [max(own["scores"])]
    assert rewards["pictures"] == [own["kept"][0] + 1]


def test_a_prompt_that_was_read_from_a_picture_is_written_anew(server, info):
    (file, _), _ = files_of(server, graph(info, seed=5))
    again = json.loads(file["prompt"])
    again["sampler"]["inputs"]["seed"] = 6
    (other, _), _ = files_of(server, again)
    assert len(done(other)) == 1
    assert done(other)[0]["prompt_id"] != done(file)[0]["prompt_id"]


def test_a_picture_that_nothing_guided_says_nothing(server, info):
    files, _ = files_of(server, graph(info, strength=0.0))
    assert [done(file) for file in files] == [None, None]


@pytest.mark.parametrize("given", [None, "text", [], {"lidar": "text"}, {"lidar": [None, {"prompt_id": "another"}]}])
def test_whatever_a_client_sends_in_its_place_is_no_hindrance(server, info, given):
    prompt = graph(info, seed=7 + len(str(given)))
    prompt["sampler"]["_meta"] = given
    (file, _), _ = files_of(server, prompt)
    (facts,) = done(file)
    assert facts["samples"] == 5
