"""LiDAR Guidance under every sampler and guider of the host, in one run and in stages."""

import pytest
import torch

from ..tiny_models import conditioning
from .wired import (
    CFG,
    GUIDERS,
    SEED,
    STEPS,
    changed_and_repeatable,
    custom,
    execute,
    guide,
    ksampler,
    latent,
    paper_guide,
    watched,
)


@pytest.mark.parametrize("scheduler", ["karras", "simple"])
def test_every_sampler_of_the_hosts_list(pack, model, pool, scheduler):
    import comfy.samplers

    guided, off = guide(pack, model, pool), guide(pack, model, pool, strength=0.0)
    failed = []
    for sampler in comfy.samplers.KSampler.SAMPLERS:
        stock = ksampler(model, sampler, scheduler)
        result = ksampler(guided, sampler, scheduler)
        if not torch.isfinite(stock).all():
            continue
        if not torch.equal(ksampler(off, sampler, scheduler), stock):
            failed.append(f"{sampler}: strength 0 is not the stock sampler")
        if not torch.isfinite(result).all() or torch.equal(result, stock):
            failed.append(f"{sampler}: guidance did nothing, or too much")
    assert failed == []
    assert len(comfy.samplers.KSampler.SAMPLERS) > 40


def test_ksampler_advanced_with_start_end_and_leftover_noise(pack, model, pool):
    import nodes

    def run(model):
        advanced = nodes.KSamplerAdvanced()
        first = advanced.sample(
            model, "enable", SEED, 8, CFG, "euler", "karras", conditioning(1), conditioning(2), latent(), 0, 4, "enable"
        )[0]
        rest = (conditioning(1), conditioning(2), first, 4, 10000, "disable")
        return advanced.sample(model, "disable", SEED, 8, CFG, "euler", "karras", *rest)[0]["samples"]

    changed_and_repeatable(run, model, guide(pack, model, pool))


@pytest.mark.parametrize("switch", [2, 4, 6])
def test_two_stages_of_an_ode_sampler_are_one_run(pack, model, pool, switch):
    """The choice which sample an image follows outlives the change of stage, in either kind of sampler node."""
    import nodes

    guided = guide(pack, model, pool, variety=1.0)
    whole = nodes.KSampler().sample(
        guided, SEED, 8, CFG, "euler", "karras", conditioning(1), conditioning(2), latent(), 1.0
    )
    whole = whole[0]["samples"]
    advanced = nodes.KSamplerAdvanced()
    rest = ("euler", "karras", conditioning(1), conditioning(2))
    first = advanced.sample(guided, "enable", SEED, 8, CFG, *rest, latent(), 0, switch, "enable")[0]
    second = advanced.sample(guided, "disable", SEED, 8, CFG, *rest, first, switch, 10000, "disable")[0]["samples"]
    torch.testing.assert_close(second, whole, atol=2e-3, rtol=1e-3)

    module = "nodes_custom_sampler"
    sigmas = execute(module, "BasicScheduler", guided, "karras", 8, 1.0)
    guider, sampler = GUIDERS["CFGGuider"](guided), execute(module, "KSamplerSelect", "euler")
    noises = execute(module, "RandomNoise", SEED), execute(module, "DisableNoise")
    half = latent()
    for noise, part in zip(noises, (sigmas[: switch + 1], sigmas[switch:]), strict=True):
        half = execute(module, "SamplerCustomAdvanced", noise, guider, sampler, part, half)
    torch.testing.assert_close(half["samples"], whole, atol=2e-3, rtol=1e-3)


@pytest.mark.parametrize("guider", GUIDERS)
def test_every_guider(pack, model, pool, guider):
    changed_and_repeatable(lambda m: custom(m, GUIDERS[guider]), model, guide(pack, model, pool))


@pytest.mark.parametrize("guider", GUIDERS)
def test_guidance_comes_after_all_that_a_guider_combines(pack, model, pool, guider):
    """The guider's own first prediction is as without LiDAR; the next one is made at a latent that LiDAR moved."""
    import comfy.patcher_extension

    def own_predictions(model):
        """What the guider predicts, read by a wrapper that sits inside of LiDAR's."""
        predictions = []

        def read(executor, *args, **kwargs):
            predictions.append(executor(*args, **kwargs))
            return predictions[-1]

        def watched_run(executor, *args, **kwargs):
            kind, options = comfy.patcher_extension.WrappersMP.PREDICT_NOISE, executor.class_obj.model_options
            comfy.patcher_extension.add_wrapper_with_key(kind, "watch", read, options, is_model_options=True)
            return executor(*args, **kwargs)

        watched = model.clone()
        watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.OUTER_SAMPLE, "watch", watched_run)
        custom(watched, GUIDERS[guider], sampler="euler")
        return predictions

    plain, guided = own_predictions(model), own_predictions(paper_guide(pack, model, pool))
    assert len(guided) == len(plain) == STEPS
    assert torch.equal(guided[0], plain[0])
    assert not torch.equal(guided[1], plain[1])


def test_the_model_is_called_below_the_hand_over_alone(pack, model, pool):
    def called_at(model):
        """The noise levels at which the model itself was called."""
        watching, levels = watched(model)
        ksampler(watching, "dpmpp_2m")
        return levels

    always = called_at(model)
    assert len(always) == STEPS
    below = called_at(guide(pack, model, pool, 2.0, handover=1.0))
    assert below == [sigma for sigma in always if sigma < 0.5]
    assert 0 < len(below) < STEPS


def test_sampler_custom(pack, model, pool):
    module = "nodes_custom_sampler"

    def run(model):
        sampler = execute(module, "KSamplerSelect", "euler_ancestral")
        sigmas = execute(module, "BasicScheduler", model, "karras", STEPS, 1.0)
        conditions = (conditioning(1), conditioning(2))
        return execute(module, "SamplerCustom", model, True, SEED, CFG, *conditions, sampler, sigmas, latent())[
            "samples"
        ]

    changed_and_repeatable(run, model, guide(pack, model, pool))
