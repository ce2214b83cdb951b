"""Lookahead and guidance of every model family by the core's formulas, on tiny random models of the host's classes."""

import importlib

import pytest
import torch

from .tiny_models import FAMILIES, MeanDecoder, conditioning, tiny_model

STEPS, CFG = 4, 3.0


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, pack):
    model = tiny_model(request.param)
    wanted = FAMILIES[request.param].settings
    if "noise_scale" in wanted and not hasattr(model.get_model_object("model_sampling"), "noise_scale"):
        pytest.skip("this ComfyUI has no noise_scale yet")
    return request.param, model


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def latent(name, batch=2):
    return {"samples": torch.zeros(batch, *FAMILIES[name].latent_shape)}


def draw(pack, name, model):
    drawing = submodule(pack, "nodes.host.drawing")
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    config = drawing.LookaheadConfig(samples=4, steps=2, cfg=CFG, sampler_name="euler", scheduler="simple")
    conditions = conditioning(1), conditioning(2)
    task = submodule(pack, "nodes.host.sampling").Task(model, *conditions, latent(name))
    return drawing.draw_pool(task, MeanDecoder(), reward, config, "x")


def sample(model, name, sampler="euler"):
    import nodes

    conditions = conditioning(1), conditioning(2)
    (out,) = nodes.common_ksampler(model, 3, STEPS, CFG, sampler, "simple", *conditions, latent(name))
    return out["samples"]


def test_a_family_is_looked_ahead_and_guided(pack, family):
    name, model = family
    pool, media = draw(pack, name, model)
    assert pool.latents.shape == (4, *FAMILIES[name].latent_shape)
    assert submodule(pack, "lidar_core.rewards.media").stills(media).shape == (4, 128, 128, 3)
    guided = submodule(pack, "nodes.guidance").LiDARGuidance.execute(model, pool, 1.0, handover=0.125)[0]
    plain = sample(model, name)
    result = sample(guided, name)
    assert torch.isfinite(result).all()
    assert result.shape == plain.shape
    assert not torch.equal(result, plain)
    assert torch.equal(sample(model, name), plain)


def test_the_measurement_redraws_the_best_samples_at_the_level_that_the_core_names(pack, family):
    """Replayed from the model's inputs and outputs, with the family's noising written out."""
    import comfy.patcher_extension

    name, model = family
    seen = []

    def watch(executor, x, sigma, *args, **kwargs):
        seen.append((x.clone(), sigma.clone(), executor(x, sigma, *args, **kwargs).clone()))
        return seen[-1][2]

    watched = model.clone()
    watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREDICT_NOISE, "watch", watch)
    pool, _ = draw(pack, name, watched)
    asked = [call for call in seen if len(call[0]) == 4][-2:]
    assert len(seen) > 2
    measure = submodule(pack, "lidar_core.guidance.handover")
    inside = model.model.latent_format.process_in(pool.latents)[pool.order()]
    ratio = measure.ABOVE * measure.levels(inside)[1]
    sampling = model.get_model_object("model_sampling")
    scale, flow = getattr(sampling, "noise_scale", 1.0), "flow" in name
    generator = torch.Generator().manual_seed(0)
    for x, sigma, _ in asked:
        level = float(sigma[0])
        a, b = (1 - level, scale * level) if flow else (1.0, level)
        # The nearest level that the model knows: a table of levels has two ends, a flow has all ratios.
        ends = (0.0, torch.inf) if flow else (float(sampling.sigma_min), float(sampling.sigma_max))
        assert b / a == pytest.approx(min(max(ratio, ends[0]), ends[1]), rel=1e-3)
        noise = torch.randn(inside.shape, generator=generator)
        torch.testing.assert_close(x, a * inside + b * noise, atol=1e-4 * float(x.abs().max()), rtol=1e-3)
    replies = iter(asked)
    found = measure.handover(lambda *_: next(replies)[2], inside, range(4), pool.nfe)
    assert pool.origin.handover == pytest.approx(found)
    assert pool.origin.measured_with == str(model.patches_uuid)


def test_cancel_stops_the_measurement(pack, family):
    import comfy.model_management
    import comfy.patcher_extension

    name, model = family
    seen = []

    def watch(executor, x, *args, **kwargs):
        seen.append(len(x))
        comfy.model_management.interrupt_current_processing(measuring(seen))
        return executor(x, *args, **kwargs)

    def measuring(calls):
        """Two steps of four samples have been drawn, in whatever batches."""
        return sum(calls) > 8

    watched = model.clone()
    watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREDICT_NOISE, "watch", watch)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        draw(pack, name, watched)
    assert sum(seen) == 8 + 4
    comfy.model_management.interrupt_current_processing(False)


def test_the_measurement_halves_its_batch_when_memory_runs_out(pack, family):
    import comfy.patcher_extension

    name, model = family
    sizes = []

    def small(executor, x, *args, **kwargs):
        sizes.append(len(x))
        if len(x) > 2:
            raise torch.cuda.OutOfMemoryError("simulated")
        return executor(x, *args, **kwargs)

    watched = model.clone()
    watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREDICT_NOISE, "watch", small)
    pool, _ = draw(pack, name, watched)
    # Batches of other sizes round differently.
    assert pool.origin.handover == pytest.approx(draw(pack, name, model)[0].origin.handover, rel=1e-3)
    assert sizes[-6:] == [4, 2, 2, 4, 2, 2]


@pytest.mark.parametrize("rule", ["kernel", "paper"])
def test_the_first_step_moves_by_the_core_term_in_the_models_own_space(pack, family, rule):
    """One Euler step, replayed by hand from the plain prediction, the pool in model space, and the core's term."""
    import comfy.patcher_extension

    name, model = family
    pool, _ = draw(pack, name, model)
    calls = []

    def watch(executor, x, sigma, *args, **kwargs):
        calls.append((x.clone(), sigma.clone(), executor(x, sigma, *args, **kwargs).clone()))
        return calls[-1][2]

    kind = comfy.patcher_extension.WrappersMP.PREDICT_NOISE
    plain = model.clone()
    plain.add_wrapper_with_key(kind, "watch", watch)
    sample(plain, name)
    (x, sigma, denoised), (_, following, _) = calls[:2]
    calls.clear()
    sampling = model.get_model_object("model_sampling")
    scale = getattr(sampling, "noise_scale", 1.0)
    flow = "flow" in name

    def forward(sigma):
        return (1 - sigma, scale * sigma) if flow else (torch.ones_like(sigma), sigma)

    (a, b), (a_next, b_next) = forward(sigma), forward(following)
    # Between the first two steps.
    handover = 1.01 * float((b_next / a_next).max())
    rules = submodule(pack, "lidar_core.guidance.rules")
    rule_of = {"kernel": rules.KernelRule(1.0, variety=0.0, handover=handover), "paper": rules.PaperRule(2.0)}
    settings = submodule(pack, "lidar_core.guidance.guide").GuidanceSettings(rule_of[rule])
    guided = submodule(pack, "nodes.host.guided_model").with_guidance(model, pool, settings)
    guided.add_wrapper_with_key(kind, "watch", watch)
    sample(guided, name)
    inside = model.model.latent_format.process_in(pool.latents)
    guidance, rewards = submodule(pack, "lidar_core.guidance.closed_form"), submodule(pack, "lidar_core.rewards.reward")
    prepared = guidance.PreparedPool(inside, rewards.log_tilts(pool.rewards, 0.3, inside[0].numel()))
    a, b = a.expand(len(x)), b.expand(len(x))
    if rule == "paper":
        prediction = denoised + 2.0 * prepared.shift(prepared.weights(x, a, b))
        assert torch.equal(calls.pop(0)[0], x)
    else:
        # The samples decide the first step, so the model's first call is the second step's.
        prediction = prepared.target(prepared.weights(x, a, b, handover))
    assert (prediction - denoised).abs().max() > 0
    share = (following / sigma).reshape(-1)[0]
    expected = prediction * (1 - share) + x * share
    # The next latent has the size of sigma, up to 4,500, and float32 seven digits.
    torch.testing.assert_close(calls[0][0], expected, atol=1e-4 * float(x.abs().max()), rtol=1e-3)
