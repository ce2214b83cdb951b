"""What a real server computes again when a workflow is edited and queued, counted in latents passed to the model."""

import json

import pytest

from .demo_graph import demo_graph, node, pictures
from .test_server import LIDAR, LIDAR_SAVED, WORKFLOW, succeeded
from .workflow_api import api_prompt

TEXT, CONFIG, BATCH = "2", "5", 2
STEPS, SAMPLES, LOOKAHEAD_STEPS = 5, 8, 3
# Each latent is evaluated with the prompt and with the empty one.
STEP, LOOKAHEAD = 2 * BATCH, 2 * SAMPLES * LOOKAHEAD_STEPS
# Two samples are redrawn twice at one to three noise levels, with the prompt alone.
MOST_MEASURING = 2 * 2 * 3


def sampled(evaluations, steps=STEPS):
    """Whether these are the evaluations of a sampling alone, of which the pool decides some steps without the model."""
    assert steps * STEP < LOOKAHEAD
    return evaluations % STEP == 0 and 0 < evaluations <= steps * STEP


def drew_and_sampled(evaluations, lookahead=LOOKAHEAD):
    """Whether these are the evaluations of a lookahead, its measurement and a sampling."""
    return 0 < evaluations - lookahead <= MOST_MEASURING + STEPS * STEP


class Queue:
    """The demo workflow, small, with a counter on the model of the LiDAR sampler."""

    def __init__(self, server, tmp_path):
        self.server = server
        self.marks = tmp_path / "evaluations"
        self.marks.touch()
        self.prompt = api_prompt(json.loads(WORKFLOW.read_text()), server.get("/object_info"))
        self.prompt["count"] = {
            "class_type": "CountEvaluations",
            "inputs": {"model": ["1", 0], "path": str(self.marks)},
        }
        for plain in ("7", "10", "11"):
            del self.prompt[plain]
        self.edit("4", batch_size=BATCH)
        self.edit(CONFIG, samples=SAMPLES, steps=LOOKAHEAD_STEPS)
        self.edit(LIDAR, model=["count", 0], steps=STEPS)

    def edit(self, node, **inputs):
        self.prompt[node]["inputs"] |= inputs

    def evaluations(self):
        before = self.marks.stat().st_size
        succeeded(self.server.run(self.prompt))
        return self.marks.stat().st_size - before


@pytest.fixture
def queue(server, tmp_path):
    queue = Queue(server, tmp_path)
    assert drew_and_sampled(queue.evaluations())
    return queue


def test_the_same_workflow_again_computes_nothing(queue):
    assert queue.evaluations() == 0


@pytest.mark.parametrize(
    "edit",
    [{"seed": 99}, {"cfg": 4.5}, {"strength": 3.0}, {"sampler_name": "euler"}, {"scheduler": "normal"}],
    ids=lambda edit: next(iter(edit)),
)
def test_editing_the_sampler_keeps_the_pool(queue, edit):
    queue.edit(LIDAR, **edit)
    assert sampled(queue.evaluations())


def test_more_steps_keep_the_pool(queue):
    queue.edit(LIDAR, steps=2 * STEPS)
    assert sampled(queue.evaluations(), 2 * STEPS)


def test_another_prompt_draws_the_pool_anew(queue):
    queue.edit(TEXT, text="two red circles")
    assert drew_and_sampled(queue.evaluations())


def test_other_lookahead_settings_draw_the_pool_anew(queue):
    queue.edit(CONFIG, steps=2 * LOOKAHEAD_STEPS)
    assert drew_and_sampled(queue.evaluations(), 2 * LOOKAHEAD)


def test_strength_zero_looks_nothing_ahead(queue):
    queue.edit(LIDAR, strength=0.0)
    assert queue.evaluations() == STEPS * STEP


def test_keeping_the_best_and_the_best_noise_reuse_the_pool(queue):
    queue.edit(LIDAR, start="best lookahead noise")
    assert sampled(queue.evaluations())
    queue.edit(LIDAR, keep=1)
    evaluations = queue.evaluations()
    assert evaluations == 0 or sampled(evaluations)


def test_twenty_queues_leave_no_warning_of_leaked_models(queue):
    for seed in range(20):
        queue.edit(LIDAR, seed=1000 + seed)
        assert sampled(queue.evaluations())
    assert "memory leak" not in queue.server.log()


def test_another_choice_keeps_the_pool(queue):
    queue.edit(LIDAR, follow="#2")
    assert sampled(queue.evaluations())


def test_strength_zero_and_back_keeps_the_pool(queue):
    queue.edit(LIDAR, strength=0.0)
    queue.evaluations()
    # Another seed, so that the host's cache cannot answer.
    queue.edit(LIDAR, strength=3.0, seed=98)
    assert sampled(queue.evaluations())


def test_each_of_several_prompts_keeps_its_pool(queue):
    first = queue.prompt[TEXT]["inputs"]["text"]
    for text in ("two red circles", "a blue square"):
        queue.edit(TEXT, text=text)
        assert drew_and_sampled(queue.evaluations())
    for seed, text in enumerate((first, "two red circles", "a blue square")):
        queue.edit(TEXT, text=text)
        queue.edit(LIDAR, seed=500 + seed)
        assert sampled(queue.evaluations())


def test_more_images_of_one_prompt_keep_the_pool(queue):
    queue.edit("4", batch_size=1)
    queue.edit(LIDAR, seed=97)
    assert 0 < queue.evaluations() <= STEPS * STEP // BATCH


def test_a_kept_pool_steers_as_the_pool_did(queue):
    def saved(**edit):
        queue.edit(LIDAR, **edit)
        return pictures(queue.server, succeeded(queue.server.run(queue.prompt)), LIDAR_SAVED)

    # Good samples, followed far.
    queue.edit(CONFIG, steps=4 * LOOKAHEAD_STEPS)
    drawn = saved(seed=96, strength=8.0)
    plain = saved(strength=0.0)
    assert saved(strength=8.0) == drawn != plain


def test_a_lookahead_of_its_own_keeps_its_pool_and_its_pictures(queue, server):
    info = server.get("/object_info")
    wires = {name: queue.prompt[LIDAR]["inputs"][name] for name in ("model", "positive", "negative", "vae", "reward")}
    more = {"latent_image": ["4", 0], "lookahead": [CONFIG, 0]}
    queue.prompt["looks"] = node(info, "LiDARLookahead", cfg=1.5, **wires, **more)
    queue.prompt["seen"] = node(info, "SaveImage", images=["looks", 1], filename_prefix="seen")
    for other in [name for name in queue.prompt if name in (LIDAR, "8", LIDAR_SAVED)]:
        del queue.prompt[other]
    first = queue.prompt[TEXT]["inputs"]["text"]
    pictures_of = []
    for text in (first, "a blue square", first):
        queue.edit(TEXT, text=text)
        before = queue.marks.stat().st_size
        history = succeeded(server.run(queue.prompt))
        drawn = queue.marks.stat().st_size - before
        pictures_of.append((drawn, pictures(server, history, "seen")))
    (drew, seen), (drew_other, other), (drew_again, seen_again) = pictures_of
    assert drew_again == 0 < min(drew, drew_other)
    assert seen_again == seen != other


def test_a_pool_that_was_added_is_loaded_though_its_pattern_is_wired(server):
    """The host asks what has changed before it knows the wired text."""
    info = server.get("/object_info")
    drawn = demo_graph(info)
    drawn["kept"] = node(info, "LiDARSavePool", pool=["sampler", 1], filename_prefix="wired/part")
    succeeded(server.run(drawn))
    drawn["config"]["inputs"]["lookahead_seed"] = 9
    (entry,) = succeeded(server.run(drawn))["outputs"]["kept"]["pools"]
    added = server.folder / "output" / "wired" / entry["filename"]
    hidden = added.rename(added.with_suffix(".hidden"))

    loading = {
        "words": node(info, "PrimitiveString", value="wired/*"),
        "pool": node(info, "LiDARLoadPool", pool_name="", pattern=["words", 0]),
        "report": node(info, "Report", anything=["pool", 0]),
    }

    def samples():
        (told,) = succeeded(server.run(loading))["outputs"]["report"]["said"]
        return len(told["rewards"])

    assert samples() == 4
    hidden.rename(added)
    assert samples() == 8
