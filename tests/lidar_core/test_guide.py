import itertools

import pytest
import torch

from lidar_core.guidance import PreparedPool
from lidar_core.guide import GuidanceSettings, Guide, Trace
from lidar_core.rewards import log_tilts
from lidar_core.world.samplers import SAMPLERS

SIGMAS = torch.tensor([10.0, 5.0, 2.0, 0.5, 0.0])


def make_guide(settings, trace=None, start=float("inf"), end=0.0):
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(5, 4, 4, 4, generator=generator)
    pool = PreparedPool(latents, log_tilts(torch.arange(5.0), settings.lam, 64, settings.raw_rewards))
    return Guide(pool, settings, SIGMAS, start, end, trace), latents


def call(guide, sigma, batch=1):
    x = torch.zeros(batch, 4, 4, 4)
    sigma = torch.as_tensor(sigma).expand(batch)
    return guide(x, sigma, torch.ones(batch), sigma, torch.zeros(batch, 4, 4, 4))


def test_outside_the_window_the_prediction_is_returned_as_it_is():
    guide, _ = make_guide(GuidanceSettings(), start=6.0, end=1.0)
    denoised = torch.randn(1, 4, 4, 4)
    for sigma in (10.0, 0.5):
        assert guide(denoised, torch.tensor([sigma]), torch.ones(1), torch.tensor([sigma]), denoised) is denoised
    assert call(guide, 5.0).abs().max() > 0


def test_each_element_of_a_batch_has_its_own_noise_level():
    guide, _ = make_guide(GuidanceSettings(), start=6.0, end=1.0)
    mixed = call(guide, torch.tensor([10.0, 5.0, 2.0]), batch=3)
    assert mixed[0].abs().max() == 0
    torch.testing.assert_close(mixed[1:2], call(guide, 5.0))
    torch.testing.assert_close(mixed[2:], call(guide, 2.0))


def test_the_papers_rule_is_s_times_the_shift():
    settings = GuidanceSettings.paper(12.5)
    guide, latents = make_guide(settings)
    pool = PreparedPool(latents, 5000 * torch.arange(5.0))
    expected = 12.5 * pool.shift(pool.weights(torch.zeros(1, 4, 4, 4), torch.ones(1), torch.tensor([5.0])))
    torch.testing.assert_close(call(guide, 5.0), expected, atol=1e-5, rtol=1e-5)


def test_an_euler_step_moves_at_most_its_reach_of_the_way():
    guide, _latents = make_guide(GuidanceSettings(strength=1000.0, reach=0.5))
    paper, _ = make_guide(GuidanceSettings(strength=1.0, reach=float("inf")))
    for sigma, following in itertools.pairwise(SIGMAS):
        way = call(paper, sigma)
        moved = (1 - following / sigma) * call(guide, sigma)
        torch.testing.assert_close(moved, 0.5 * way, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_at_a_reach_of_one_half_no_sampler_passes_its_target_in_a_step(name):
    """From zero, with all predictions zero but for the shift, no latent goes beyond the way that the shift points."""
    guide, _ = make_guide(GuidanceSettings(strength=1000.0, reach=0.5))
    paper, _ = make_guide(GuidanceSettings(strength=1.0, reach=float("inf")))
    for start in range(len(SIGMAS) - 1):
        step = SIGMAS[start : start + 2]
        end = SAMPLERS[name](lambda x, sigma: call(guide, sigma), torch.zeros(1, 4, 4, 4), step, lambda: torch.zeros(1))
        way = call(paper, step[0])
        assert end.norm() <= way.norm() * (1 + 1e-5)
        assert end.norm() > 0.4 * way.norm()


def test_the_trace_tells_who_pulls_and_how_hard():
    trace = Trace()
    guide, _ = make_guide(GuidanceSettings(lam=100.0), trace)
    denoised = torch.ones(1, 4, 4, 4)
    sigma = torch.tensor([10.0])
    out = guide(torch.zeros(1, 4, 4, 4), sigma, torch.ones(1), sigma, denoised)
    (row,) = trace.rows()
    assert row["sigma"] == [10.0]
    assert row["pulling"] == [4]
    assert 1 <= row["tilted_samples"][0] < 1.01
    assert 1 < row["prior_samples"][0] <= 5
    torch.testing.assert_close(torch.tensor(row["shift_ratio"]), ((out - denoised).norm() / denoised.norm())[None])


def test_half_precision_predictions_keep_their_dtype():
    guide, _ = make_guide(GuidanceSettings())
    denoised = torch.zeros(1, 4, 4, 4, dtype=torch.float16)
    out = guide(torch.zeros(1, 4, 4, 4), torch.tensor([5.0]), torch.ones(1), torch.tensor([5.0]), denoised)
    assert out.dtype == torch.float16
