"""Models in two parts, such as Wan 2.2 14B: one samples high noise and the other low noise, on two tiny ones."""

import dataclasses
import importlib
from types import SimpleNamespace

import pytest
import torch

from .tiny_models import FAMILIES, MeanDecoder, conditioning, tiny_model

FAMILY, SHIFT, SAMPLES, STEPS, CFG = "Wan (flow, video)", 5.0, 4, 4, 3.0
EMPTY = {"samples": torch.zeros(1, *FAMILIES[FAMILY].latent_shape)}
VIDEO = {"samples": torch.randn(EMPTY["samples"].shape, generator=torch.Generator().manual_seed(5))}
CONDITIONS = conditioning(1), conditioning(2)


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def part(weight):
    """A tiny model, and the list of (noise level, batch size) of its calls."""
    import comfy.patcher_extension
    from comfy_extras.nodes_model_advanced import ModelSamplingSD3

    calls = []

    def watch(executor, x, sigma, *args, **kwargs):
        calls.append((float(sigma.flatten()[0]), len(x)))
        return executor(x, sigma, *args, **kwargs)

    model = tiny_model(FAMILY)
    with torch.no_grad():
        for parameter in model.model.diffusion_model.parameters():
            parameter.mul_(weight)
    model = ModelSamplingSD3().patch(model, SHIFT)[0]
    model.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREDICT_NOISE, "watch", watch)
    return model, calls


@pytest.fixture
def parts(pack):
    return part(1.0), part(1.5)


def level_at(share):
    """The noise level at a share of a schedule of this shift."""
    return SHIFT * (1 - share) / (1 + (SHIFT - 1) * (1 - share))


def draw(pack, high, low, start=0.5, latent=EMPTY, **config):
    drawing, sampling = submodule(pack, "nodes.host.drawing"), submodule(pack, "nodes.host.sampling")
    task = sampling.Task(high, *CONDITIONS, latent, low_noise_model=low, low_noise_start=start)
    settings = {"samples": SAMPLES, "steps": STEPS, "cfg": CFG, "sampler_name": "euler", "scheduler": "simple"}
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    return drawing.draw_pool(task, MeanDecoder(), reward, drawing.LookaheadConfig(**(settings | config)), "x")[0]


def in_two_stages(high, low, seed, latent, steps=STEPS, sampler="euler"):
    """As ComfyUI's templates for Wan 2.2 sample."""
    import nodes

    sampled = nodes.KSamplerAdvanced().sample
    how, half = (steps, CFG, sampler, "simple", *CONDITIONS), steps // 2
    (begun,) = sampled(high, "enable", seed, *how, latent, 0, half, "enable")
    return sampled(low, "disable", seed, *how, begun, half, 10000, "disable")[0]["samples"]


@pytest.mark.parametrize("latent", [EMPTY, VIDEO])
@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m", "heun"])
def test_each_sample_is_what_two_ksamplers_make_of_its_seed(pack, parts, sampler, latent):
    (high, _), (low, _) = parts
    pool = draw(pack, high, low, latent=latent, sampler_name=sampler)
    for seed, drawn in zip(pool.seeds, pool.latents, strict=True):
        expected = in_two_stages(high, low, seed, latent, sampler=sampler)[0]
        # The noise is taken out of the first stage and put in again, which rounds.
        assert (drawn - expected).norm() < 1e-5 * expected.norm()
    alone = draw(pack, high, None, latent=latent, sampler_name=sampler)
    assert (alone.latents - pool.latents).norm() > 0.01 * pool.latents.norm()


def drawing_and_measuring(calls):
    """How many latents were drawn a step, one by one as on every CPU, and the levels at which four were redrawn."""
    return sum(count == 1 for _, count in calls), [level for level, count in calls if count == SAMPLES]


@pytest.mark.parametrize(("start", "steps"), [(0.0, 0), (0.2, 1), (0.5, 2), (0.9, 4), (1.0, 4)])
def test_each_model_draws_and_measures_on_its_own_side_alone(pack, parts, start, steps):
    (high, of_high), (low, of_low) = parts
    pool = draw(pack, high, low, start)
    boundary = 1.0 if start == 0 else level_at(start)
    assert all(level > boundary * (1 + 1e-4) for level, _ in of_high)
    assert all(level <= boundary * (1 + 1e-4) for level, _ in of_low)
    (drawn_high, measured_high), (drawn_low, measured_low) = map(drawing_and_measuring, (of_high, of_low))
    assert (drawn_high, drawn_low) == (SAMPLES * steps, SAMPLES * (STEPS - steps))
    inside = high.model.latent_format.process_in(pool.latents)
    handover = submodule(pack, "lidar_core.guidance.handover")
    ratio = handover.ABOVE * handover.levels(inside)[1]
    assert [*measured_high, *measured_low] == pytest.approx([ratio / (1 + ratio)] * 2)
    assert set(pool.origin.measured_with.split()) == {str(model.patches_uuid) for model in (high, low)}


def test_models_of_the_lookahead_draw_and_the_samplers_own_measure(pack, parts):
    (high, of_high), (low, of_low) = parts
    (fast_high, of_fast_high), (fast_low, of_fast_low) = part(0.7), part(1.2)
    draw(pack, high, low, model=fast_high, low_noise_model=fast_low)
    for calls, drawn in ((of_high, 0), (of_low, 0), (of_fast_high, 2 * SAMPLES), (of_fast_low, 2 * SAMPLES)):
        assert drawing_and_measuring(calls)[0] == drawn
    assert len(of_high) + len(of_low) == 2
    for calls in (of_high, of_low, of_fast_high, of_fast_low):
        calls.clear()
    draw(pack, high, low, model=fast_high)
    assert (len(of_fast_high), len(of_fast_low)) == (STEPS * SAMPLES, 0)
    draw(pack, high, low, low_noise_model=fast_low)
    assert [drawing_and_measuring(calls)[0] for calls in (of_high, of_low, of_fast_low)] == [8, 0, 8]


@pytest.mark.parametrize("ratio", [8.0, 1.0, 0.2])
def test_each_guided_model_is_asked_as_the_measurement_says(pack, parts, ratio):
    """Of 10 steps, 5 for each model: those below the hand-over and the last, and none to measure the pool again."""
    (high, of_high), (low, of_low) = parts
    pool = draw(pack, high, low)
    pool = dataclasses.replace(pool, origin=dataclasses.replace(pool.origin, handover=ratio))
    of_high.clear(), of_low.clear()
    guide = submodule(pack, "nodes.guidance").LiDARGuidance.execute
    guided = [guide(model, pool, 1.0)[0] for model in (high, low)]
    latent = {"samples": torch.zeros(2, *EMPTY["samples"].shape[1:])}
    pictures = in_two_stages(*guided, 3, latent, steps=10)
    levels = [level_at(step / 10) for step in range(10)]
    for calls, steps in ((of_high, range(5)), (of_low, range(5, 10))):
        asked = [levels[step] for step in steps if levels[step] < ratio * (1 - levels[step]) or step == 9]
        assert [level for level, _ in calls] == pytest.approx(asked, rel=1e-4)
        assert {count for _, count in calls} <= {2}
    if ratio < 1:
        assert len(of_high) == 0
        distances = torch.cdist(pictures.flatten(1), pool.latents.flatten(1))
        # The random model draws the last step.
        assert (distances.amin(1) < 0.5 * distances.amax(1)).all()


def test_a_low_noise_model_of_other_latents_is_refused(pack):
    high, low = tiny_model(FAMILY), tiny_model("SD 3 (flow)")
    with pytest.raises(ValueError, match="The low_noise_model has SD3 latents and the sampler's model Wan21 latents"):
        draw(pack, high, low)


def test_the_node_hands_both_models_on(pack, parts, monkeypatch):
    from comfy_execution.graph import DynamicPrompt

    (high, of_high), (low, of_low) = parts
    node = submodule(pack, "nodes.lookahead").LiDARLookahead
    graph = DynamicPrompt({"1": {"class_type": "LiDARLookahead", "inputs": {}}})
    monkeypatch.setattr(node, "hidden", SimpleNamespace(dynprompt=graph, unique_id="1"), raising=False)
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    config = submodule(pack, "nodes.host.drawing").LookaheadConfig(4, STEPS, CFG, "euler", "simple")
    inputs = (high, *CONDITIONS, MeanDecoder(), reward, EMPTY, 1.0, CFG, "x", config)
    for share, steps in ((0.5, 2), (0.2, 1)):
        of_high.clear(), of_low.clear()
        node.execute(*inputs, low_noise_model=low, low_noise_start=share)
        drawn = [drawing_and_measuring(calls)[0] for calls in (of_high, of_low)]
        assert drawn == [SAMPLES * steps, SAMPLES * (STEPS - steps)]
