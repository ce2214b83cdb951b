"""Lists: ComfyUI runs a node once for each entry, and each entry gives the same result as alone."""

import json
from itertools import chain

import pytest

from .demo_graph import demo_graph, error_of, node, pictures, succeeded

TEXTS = ["two red circles", "a blue square", "a green triangle"]


@pytest.fixture(scope="module")
def info(server):
    return server.get("/object_info")


def reported(info, graph):
    """`graph`, with the contents of its pool and latent outputs in the history."""
    graph["pool"] = node(info, "Report", anything=["sampler", 1])
    graph["latents"] = node(info, "Report", anything=["sampler", 0])
    return graph


def results(server, graph):
    """The results of each entry: its pictures, and the contents of the outputs."""
    history = succeeded(server.run(graph))
    told = [history["outputs"][name]["said"] for name in ("pool", "latents") if name in graph]
    return pictures(server, history), told


def together(alone):
    """The results of single runs, in the form that one run of a list gives."""
    shown, told = zip(*alone, strict=True)
    return [*chain(*shown)], [[*chain(*entries)] for entries in zip(*told, strict=True)]


WAYS = {
    "pictures": {},
    "strength 0": {"strength": 0.0},
    "best noise": {"start": "best lookahead noise"},
    "keep": {"keep": 1},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_list_of_latents(server, info, way):
    """RebatchLatents makes a list of a batch; its latents keep their places in the batch's noise."""

    def graph(latent_image):
        asked = demo_graph(info, batch=4, latent_image=latent_image, **WAYS[way])
        asked["list"] = node(info, "RebatchLatents", latents=["latent", 0], batch_size=2)
        for name, first in (("first", 0), ("second", 2)):
            asked[name] = node(info, "LatentFromBatch", samples=["latent", 0], batch_index=first, length=2)
        return asked if WAYS[way].get("strength") == 0 else reported(info, asked)

    alone = [results(server, graph([name, 0])) for name in ("first", "second")]
    assert results(server, graph(["list", 0])) == together(alone)
    assert alone[0] != alone[1]


def test_strength_0_of_a_list_is_ksampler(server, info):
    graph = demo_graph(info, batch=4, latent_image=["list", 0], strength=0.0)
    graph["list"] = node(info, "RebatchLatents", latents=["latent", 0], batch_size=2)
    guided = results(server, graph)
    inputs = graph["sampler"]["inputs"]
    takes = info["KSampler"]["input"]["required"]
    graph["sampler"] = node(info, "KSampler", **{name: inputs[name] for name in takes})
    assert results(server, graph) == guided


@pytest.mark.parametrize("way", ["pictures", "best noise", "keep"])
def test_a_list_of_prompts(server, info, way):
    def graph(text):
        return reported(info, demo_graph(info, text=text, reward_prompt=text, **WAYS[way]))

    alone = [results(server, graph(text)) for text in TEXTS]
    listed = graph(["lines", 0])
    listed["lines"] = node(info, "Lines", text="\n".join(TEXTS))
    assert results(server, listed) == together(alone)
    assert len({json.dumps(told) for _, told in alone}) == len(TEXTS)


def test_a_list_of_prompts_that_the_reward_cannot_find_is_a_sentence(server, info):
    graph = demo_graph(info, text=["lines", 0])
    graph["lines"] = node(info, "Lines", text="\n".join(TEXTS))
    assert "wire that text to reward_prompt as well" in error_of(server.run(graph))


def test_a_list_of_seeds_shares_one_pool(server, info):
    def graph(seed):
        return reported(info, demo_graph(info, seed=seed, text=TEXTS[0], reward_prompt=TEXTS[0]))

    alone = [results(server, graph(seed)) for seed in (1, 2)]
    listed = graph(["seeds", 0])
    listed["seeds"] = node(info, "Numbers", text="1 2")
    assert results(server, listed) == together(alone)


def test_lists_of_prompts_and_of_lookaheads_go_in_pairs(server, info):
    """The shorter list repeats its last entry."""

    def graph(text, seed):
        asked = reported(info, demo_graph(info, text=text, reward_prompt=text))
        asked["config"]["inputs"]["lookahead_seed"] = seed
        return asked

    alone = [results(server, graph(*pair)) for pair in zip(TEXTS, (7, 8, 8), strict=True)]
    listed = graph(["lines", 0], ["seeds", 0])
    listed["lines"] = node(info, "Lines", text="\n".join(TEXTS))
    listed["seeds"] = node(info, "Numbers", text="7 8")
    assert results(server, listed) == together(alone)


def by_hand(graph, info):
    """The nodes that LiDAR KSampler expands to, wired in the graph itself."""
    inputs = graph["sampler"]["inputs"]
    shared = {name: inputs[name] for name in ("model", "positive", "negative", "latent_image")}
    graph["lookahead"] = node(
        info,
        "LiDARLookahead",
        **shared,
        **{name: inputs[name] for name in ("vae", "reward", "reward_prompt", "lookahead")},
        cfg=1.5,
    )
    graph["guidance"] = node(
        info, "LiDARGuidance", model=inputs["model"], pool=["lookahead", 0], strength=inputs["strength"]
    )
    sampling = {name: inputs[name] for name in ("seed", "steps", "cfg", "sampler_name", "scheduler")}
    graph["sampler"] = node(info, "KSampler", **{**shared, **sampling, "model": ["guidance", 0]})
    graph["pool"]["inputs"]["anything"] = ["lookahead", 0]
    return graph


def test_the_same_graph_by_hand(server, info):
    def graph():
        asked = reported(info, demo_graph(info, text=["lines", 0], reward_prompt=["lines", 0]))
        asked["lines"] = node(info, "Lines", text="\n".join(TEXTS))
        return asked

    hand = by_hand(graph(), info)
    assert results(server, graph()) == results(server, hand)


def test_pools_of_a_list_are_saved_loaded_merged_and_give_their_noise(server, info):
    def graph(lines, **more):
        asked = {
            **by_hand(reported(info, demo_graph(info, text=lines("text"), reward_prompt=lines("text"))), info),
            "config 2": node(info, "LiDARLookaheadConfig", samples=4, steps=2, cfg=1.5, lookahead_seed=1),
            **more,
        }
        other = {**asked["lookahead"]["inputs"], "lookahead": ["config 2", 0]}
        asked["lookahead 2"] = {"class_type": "LiDARLookahead", "inputs": other}
        both = {"pools.pool_1": ["lookahead", 0], "pools.pool_2": ["lookahead 2", 0]}
        asked["merged"] = {"class_type": "LiDARMergePools", "inputs": both}
        asked["kept"] = node(info, "LiDARSavePool", pool=["merged", 0], filename_prefix=lines("prefix"))
        asked["loaded"] = node(info, "LiDARLoadPool", pool_name="", pattern=lines("pattern"), after=["kept", 0])
        asked["pool"]["inputs"]["anything"] = ["loaded", 0]
        asked["noise"] = node(info, "LiDARPoolNoise", pool=["loaded", 0], seed=3)
        asked["guider"] = node(info, "BasicGuider", model=["guidance", 0], conditioning=["positive", 0])
        asked["euler"] = node(info, "KSamplerSelect", sampler_name="euler")
        asked["sigmas"] = node(info, "BasicScheduler", model=["world", 0], scheduler="karras", steps=3)
        parts = {"noise": ["noise", 0], "guider": ["guider", 0], "sampler": ["euler", 0], "sigmas": ["sigmas", 0]}
        asked["sampler"] = node(info, "SamplerCustomAdvanced", **parts, latent_image=["latent", 0])
        return asked

    words = {
        "text": TEXTS,
        "prefix": [f"lists/{number}" for number in range(len(TEXTS))],
        "pattern": [f"lists/{number}_*" for number in range(len(TEXTS))],
    }
    listed = {name: node(info, "Lines", text="\n".join(lines)) for name, lines in words.items()}
    alone = [results(server, graph(lambda what, of=index: words[what][of])) for index in range(len(TEXTS))]
    assert results(server, graph(lambda what: [what, 0], **listed)) == together(alone)
    assert [len(pool["rewards"]) for _, ((pool,), _) in alone] == [8, 8, 8]


def test_a_list_of_rewards_looks_ahead_for_each_and_scores_no_image_together(server, info):
    """Reference pictures as a list make as many rewards."""

    def graph(reference):
        asked = reported(info, demo_graph(info, reward=["mix", 0]))
        asked["metric"] = node(info, "LiDARRewardMetric", metric="palette of reference", reference=[reference, 0])
        asked["mix"] = node(info, "LiDARRewardMix", reward_1=["metric", 0], reward_2=["world", 3])
        for name, colour in (("red", 0xFF0000), ("blue", 0x0000FF)):
            asked[name] = node(info, "EmptyImage", width=64, height=64, color=colour)
        return asked

    alone = [results(server, graph(colour)) for colour in ("red", "blue")]
    listed = graph("list")
    listed["both"] = node(info, "ImageBatch", image1=["red", 0], image2=["blue", 0])
    listed["list"] = node(info, "SingleImages", images=["both", 0])
    assert results(server, listed) == together(alone)
    listed["best"] = node(info, "LiDARScoreImages", images=["decoded", 0], reward=["mix", 0], prompt="a red circle")
    listed["saved"] = node(info, "SaveImage", images=["best", 0])
    assert "reward or keep is a list of several: wire one" in error_of(server.run(listed))


def test_a_list_of_prompts_makes_no_pool_of_scores(server, info):
    graph = demo_graph(info)
    graph["lines"] = node(info, "Lines", text="\n".join(TEXTS))
    graph["scored"] = node(info, "LiDARScoreImages", images=["decoded", 0], reward=["world", 3], prompt="a red circle")
    inputs = {"latents": ["sampler", 0], "scores": ["scored", 2], "prompt": ["lines", 0]}
    graph["made"] = node(info, "LiDARPoolFromScores", **inputs)
    graph["report"] = node(info, "Report", anything=["made", 0])
    assert "prompt is a list of 3 texts" in error_of(server.run(graph))
