"""What a real server computes again when a workflow is edited and queued, counted in latents passed to the model."""

import json

import pytest

from .test_server import LIDAR, WORKFLOW, succeeded
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
