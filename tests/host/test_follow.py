"""Samples that the user chooses are followed, whatever their reward, through the queue of a real server."""

import pytest

from .demo_graph import demo_graph, error_of, pictures, succeeded


@pytest.fixture(scope="module")
def info(server):
    return server.get("/object_info")


def told(history, key):
    (entry,) = [output[key] for output in history["outputs"].values() if output.get(key)]
    return entry[0]


def graph(info, follow, **more):
    """A prompt of this file's own, so that no other test's cached lookahead is left out of an old host's history."""
    made = demo_graph(info, text="three green squares", batch=2, follow=follow, steps=8, **more)
    made["config"]["inputs"] |= {"samples": 6, "steps": 12, "lookahead_seed": 77}
    # Every step is the pool's, and follows it far.
    made["sampler"]["inputs"] |= {"strength": 8.0}
    return made


@pytest.fixture(scope="module")
def reward_chooses(server, info):
    return succeeded(server.run(graph(info, "")))


@pytest.mark.parametrize("rank", [2, 4])
def test_every_picture_follows_the_chosen_sample(server, info, reward_chooses, rank):
    seed = told(reward_chooses, "lidar_lookahead")["seeds"][rank]
    by_seed = succeeded(server.run(graph(info, f"{seed}")))
    (run,) = told(by_seed, "lidar_run")
    assert run["followed"] == [rank, rank]
    assert run["share"][rank] == 1
    assert run["note"] == ""
    by_rank = succeeded(server.run(graph(info, f"#{rank + 1}")))
    assert pictures(server, by_rank) == pictures(server, by_seed) != pictures(server, reward_chooses)


def test_best_lookahead_noise_is_the_chosen_samples(server, info, reward_chooses):
    """Half the batch: the first picture starts from the chosen sample's noise, which its seed gives as well."""
    seed = told(reward_chooses, "lidar_lookahead")["seeds"][3]
    plain = {"strength": 0.0, "sampler_name": "euler"}
    from_pool, from_seed = graph(info, f"{seed}", start="best lookahead noise"), graph(info, "", seed=seed)
    for prompt in (from_pool, from_seed):
        prompt["sampler"]["inputs"] |= plain
    assert pictures(server, server.run(from_pool))[0] == pictures(server, server.run(from_seed))[0]


def test_a_sample_that_is_gone_is_told_and_the_reward_chooses(server, info, reward_chooses):
    history = succeeded(server.run(graph(info, "12345")))
    (run,) = told(history, "lidar_run")
    assert run["note"].startswith("This pool has no sample 12345, which follow names, so the reward chooses:")
    assert pictures(server, history) == pictures(server, reward_chooses)


def test_what_names_no_sample_is_refused(server, info):
    error = error_of(server.run(graph(info, "the best")))
    assert error.startswith('follow holds "the", which names no lookahead sample')


def test_with_keep_the_pictures_rewards_are_told(server, info, reward_chooses):
    history = succeeded(server.run(graph(info, "", keep=1)))
    (own,) = [output["lidar_scores"][0] for output in history["outputs"].values() if "lidar_scores" in output]
    assert own["comparable"]
    assert own["kept"] == [own["scores"].index(max(own["scores"]))]
    # Those of the same pictures that are passed on without it.
    whole = graph(info, "")
    whole["scored"] = {
        "class_type": "LiDARScoreImages",
        "inputs": {"images": ["decoded", 0], "reward": ["world", 3], "prompt": "three green squares", "keep": 2},
    }
    whole["shown"] = {"class_type": "PreviewImage", "inputs": {"images": ["scored", 0]}}
    (scored,) = succeeded(server.run(whole))["outputs"]["scored"]["lidar_scores"]
    assert scored["scores"] == pytest.approx(own["scores"], abs=1e-4)
    assert len(scored["kept"]) == 2
