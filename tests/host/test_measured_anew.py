"""In the demo world: a pool is measured anew when another model guides than it was measured with, and only then."""

import dataclasses
import importlib

import pytest
import torch

PROMPT, STORED, CFG, STEPS = "two red circles", 1.23, 1.5, 3


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


class World:
    """The demo world's parts, and a pool of PROMPT whose stored hand-over no measurement gives."""

    def __init__(self, pack):
        import nodes

        self.pack = pack
        loaded = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute()
        self.model, clip, self.vae, self.reward, self.distilled = (loaded[index] for index in range(5))
        self.positive, self.negative = (nodes.CLIPTextEncode().encode(clip, text)[0] for text in (PROMPT, ""))
        self.latent = {"samples": torch.zeros(2, 4, 16, 16)}
        drawing = submodule(pack, "nodes.host.drawing")
        config = drawing.LookaheadConfig(samples=8, steps=8, cfg=CFG)
        drawn = drawing.draw_pool(self.task(self.model), self.vae, self.reward, config, PROMPT)[0]
        self.pool = dataclasses.replace(drawn, origin=dataclasses.replace(drawn.origin, handover=STORED))

    def task(self, model):
        sampling = submodule(self.pack, "nodes.host.sampling")
        return sampling.Task(model, self.positive, self.negative, self.latent)

    def measured_by(self, model):
        """The hand-over as phase 1 measures it."""
        measure, cost = submodule(self.pack, "nodes.host.handover"), submodule(self.pack, "nodes.host.cost").Cost()
        return measure.with_handover(self.pool, self.task(model), cost).origin.handover

    def used_by(self, model, pool=None, cfg=CFG, change=lambda guided: guided):
        """The hand-over of a guided run, and the run's model calls. change: applied after the guidance."""
        import nodes

        guided = submodule(self.pack, "nodes.guidance").LiDARGuidance.execute(model, pool or self.pool, 1.0)
        how = 7, STEPS, cfg, "euler", "simple", self.positive, self.negative, self.latent
        nodes.common_ksampler(change(guided[0]), *how)
        (told,) = guided.ui["lidar_run"][0]
        return told["handover"], told["model_calls"]


@pytest.fixture(scope="module")
def world(pack):
    with torch.inference_mode():
        return World(pack)


def loaded_again(world):
    return submodule(world.pack, "nodes.demo_loader").LiDARDemoLoader.execute()[0]


def with_lora(model):
    """A LoRA of every weight's own size, so that the model is of no use."""
    weights = {
        name: ("diff", (0.5 * weight.clone(),)) for name, weight in model.model.state_dict().items() if weight.ndim == 4
    }
    changed = model.clone()
    assert changed.add_patches(weights, 1.0)
    return changed


MEASURING = 8
"""Model calls of the measurement of a pool of 8 samples of 8 steps at one level."""


def own_calls(world, handover):
    """Of two pictures in the steps below the hand-over, and in the last one but above eight times that."""
    import comfy.samplers

    sigmas = comfy.samplers.calculate_sigmas(world.model.get_model_object("model_sampling"), "simple", STEPS)[:-1]
    least = [handover or float("inf")] * STEPS
    least[-1] *= 8
    return 2 * sum(float(sigma) < level for sigma, level in zip(sigmas, least, strict=True))


def test_the_stored_hand_over_leaves_some_steps_to_the_model(world):
    assert 0 < own_calls(world, STORED) < 2 * STEPS


OTHERS = {
    "another checkpoint": loaded_again,
    "a LoRA": lambda world: world.distilled,
    "another LoRA": lambda world: with_lora(world.model),
    "another LoRA on a LoRA": lambda world: with_lora(world.distilled),
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_model_measures_anew(world, other):
    model = OTHERS[other](world)
    found, calls = world.used_by(model)
    expected = world.measured_by(model)
    assert found == (None if expected == float("inf") else pytest.approx(expected, rel=1e-4))
    assert found != pytest.approx(STORED)
    assert calls - own_calls(world, found) in (MEASURING, 2 * MEASURING)


def test_the_models_differ_in_what_they_find(world):
    """Else a stale hand-over would pass for one that was measured anew."""
    assert world.measured_by(world.model) != world.measured_by(with_lora(world.model))


def test_a_lora_after_the_guidance_measures_anew(world):
    found, calls = world.used_by(world.model, change=with_lora)
    expected = world.measured_by(with_lora(world.model))
    assert found == (None if expected == float("inf") else pytest.approx(expected, rel=1e-4))
    assert calls > own_calls(world, found)


def test_a_pool_from_a_file_of_another_session_is_measured_anew(world, tmp_path):
    files = submodule(world.pack, "lidar_core.pools.files")
    pool = files.load_pool(files.save_pool(world.pool, tmp_path, "pool"))
    assert pool.origin.handover == STORED
    # The host names a model anew whenever it loads one.
    found, calls = world.used_by(loaded_again(world), pool)
    assert found == pytest.approx(world.measured_by(world.model), rel=1e-4)
    assert calls > own_calls(world, found)
    assert world.used_by(world.model, pool) == (pytest.approx(STORED), own_calls(world, STORED))


@pytest.mark.parametrize("cfg", [1.0, CFG, 7.0])
def test_another_cfg_finds_the_same(world, cfg):
    """The measurement has no cfg, so that the stored one holds at any."""
    assert world.used_by(world.model, cfg=cfg) == (pytest.approx(STORED), own_calls(world, STORED))
    assert world.used_by(world.model.clone(), cfg=cfg) == (pytest.approx(STORED), own_calls(world, STORED))
    unknown = dataclasses.replace(world.pool.origin, measured_with=None)
    found, _ = world.used_by(world.model, dataclasses.replace(world.pool, origin=unknown), cfg)
    assert found == pytest.approx(world.measured_by(world.model), rel=1e-4)
