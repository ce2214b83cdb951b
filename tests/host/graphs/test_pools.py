"""LiDAR Guidance by the pools that people wire: of a distilled model, two at once, and the noise of a pool."""

import pytest
import torch

from ..tiny_models import conditioning, tiny_model
from .wired import (
    GUIDERS,
    SDXL,
    SEED,
    STEPS,
    changed_and_repeatable,
    draw,
    execute,
    guide,
    ksampler,
    latent,
    submodule,
)


def test_a_distilled_lookahead_has_its_own_model_conditioning_and_sigmas(pack, model):
    other = tiny_model(SDXL)
    with torch.inference_mode(False):
        for parameter in other.model.diffusion_model.parameters():
            parameter.data.mul_(0.5)
    sigmas = torch.tensor([4.0, 1.0, 0.0])
    pools = [
        draw(pack, model, latent(), **config)
        for config in (
            {},
            {"model": other},
            {"model": other, "cfg": 1.0, "sampler_name": "lcm"},
            {"model": other, "positive": conditioning(7), "negative": conditioning(8)},
            {"sigmas": sigmas, "sampler_name": "euler"},
        )
    ]
    for index, pool in enumerate(pools):
        assert torch.isfinite(pool.latents).all()
        assert all(not torch.equal(pool.latents, earlier.latents) for earlier in pools[:index])
    changed_and_repeatable(ksampler, model, guide(pack, model, pools[2]))


def test_a_lookahead_model_of_another_family_is_refused(pack, model):
    with pytest.raises(ValueError, match="lookahead model has SD15 latents and the sampler's model SDXL latents"):
        draw(pack, model, latent(), model=tiny_model("SD 1.5 (epsilon)"))


def test_of_two_guidances_the_later_one_leads_and_the_earlier_one_goes_on_below_its_hand_over(pack, model, pool):
    other = draw(pack, model, latent(), seed=9)

    def guided(first, second):
        return ksampler(guide(pack, guide(pack, model, pool, handover=first), other, handover=second))

    later, earlier = ksampler(guide(pack, model, other, handover=0.5)), ksampler(guide(pack, model, pool, handover=0.5))
    assert torch.equal(guided(0.5, 0.5), later)
    assert not torch.equal(later, earlier)
    both = guided(0.5, 4.0)
    assert not torch.equal(both, later)
    assert not torch.equal(both, earlier)


def test_the_pools_noise_grows_into_the_pools_best_samples_again(pack, model):
    """Sampled as the lookahead was, without guidance, the best noise gives the best samples, best first."""
    pool = draw(pack, model, latent(1), samples=3, steps=STEPS, sampler_name="dpmpp_2m")
    noise = submodule(pack, "nodes.pool_noise").LiDARPoolNoise.execute(pool, SEED)[0]
    module = "nodes_custom_sampler"
    sampler = execute(module, "KSamplerSelect", "dpmpp_2m")
    sigmas = execute(module, "BasicScheduler", model, "karras", STEPS, 1.0)
    guider = GUIDERS["CFGGuider"](model)
    result = execute(module, "SamplerCustomAdvanced", noise, guider, sampler, sigmas, latent(4))["samples"]
    # Latents here are of size 100, and batches of other sizes round differently.
    torch.testing.assert_close(result[:3], pool.latents[pool.order()], atol=2e-3, rtol=1e-4)
    fresh = execute(module, "RandomNoise", SEED).generate_noise(latent(4))
    assert torch.equal(noise.generate_noise(latent(4))[3], fresh[3])


def test_a_pool_made_of_scores_has_no_noise_to_start_from(pack):
    make = submodule(pack, "nodes.pool_from_scores").LiDARPoolFromScores.execute
    pool = make([latent(2)], [0.0, 1.0], ["x"])[0]
    with pytest.raises(ValueError, match="made from scores, so its starting noise is unknown: wire one of LiDAR"):
        submodule(pack, "nodes.pool_noise").LiDARPoolNoise.execute(pool, SEED)
