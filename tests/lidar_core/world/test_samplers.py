"""The samplers on a Gaussian, whose denoiser and end points are known exactly."""

import itertools

import pytest
import torch

from lidar_core.guidance.closed_form import PreparedPool
from lidar_core.guidance.guide import GuidanceSettings, Guide, Schedule
from lidar_core.guidance.rules import KernelRule
from lidar_core.world.samplers import SAMPLERS, ddim_step, flow, karras, simple

SPREAD = 0.7


def denoise(x, sigma):
    """E[x0 | x] for x0 ~ N(0, SPREAD^2)."""
    return x * SPREAD**2 / (SPREAD**2 + sigma**2)


@pytest.mark.parametrize(("name", "steps", "error"), [("euler", 1000, 5e-3), ("dpmpp_2m", 60, 5e-3)])
def test_deterministic_samplers_reach_the_exact_end_of_the_flow(name, steps, error):
    """The probability flow scales x by sqrt(SPREAD^2 / (SPREAD^2 + sigma^2)) from any level to zero."""
    sigmas = karras(steps, 0.002, 10.0)
    x = torch.tensor([1.0, -20.0])
    expected = x * (SPREAD**2 / (SPREAD**2 + sigmas[0] ** 2)).sqrt()
    got = SAMPLERS[name](denoise, x, sigmas, lambda: torch.zeros(2))
    torch.testing.assert_close(got, expected, rtol=error, atol=1e-4)


def test_euler_is_of_first_and_dpmpp_2m_of_second_order():
    x = torch.tensor([8.0])

    def error(name, steps):
        sigmas = karras(steps, 0.02, 10.0)
        end = SAMPLERS[name](denoise, x, sigmas[:-1], lambda: x)
        exact = x * ((SPREAD**2 + sigmas[-2] ** 2) / (SPREAD**2 + sigmas[0] ** 2)).sqrt()
        return (end - exact).abs().item()

    assert error("euler", 40) / error("euler", 80) == pytest.approx(2, abs=0.3)
    # The first step has no past and is of first order, which leaves the ratio between 2 and 4.
    assert error("dpmpp_2m", 40) / error("dpmpp_2m", 80) > 2.8


def test_the_ancestral_sampler_gives_the_data_their_spread():
    generator = torch.Generator().manual_seed(0)
    sigmas = karras(200, 0.002, 30.0)
    start = sigmas[0] * torch.randn(20000, generator=generator)
    end = SAMPLERS["euler_ancestral"](denoise, start, sigmas, lambda: torch.randn(20000, generator=generator))
    # 20,000 samples tell the spread to 0.5 %, 200 steps to about 1 %.
    assert end.std().item() == pytest.approx(SPREAD, rel=0.03)


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
def test_a_ddim_step_is_the_papers_own_formula(eta):
    """Song et al. 2021, equations 12 and 16, in the variance-preserving form, in double precision."""
    generator = torch.Generator().manual_seed(0)
    x, denoised, fresh = torch.randn(3, 2, 4, 5, 5, generator=generator, dtype=torch.float64)
    for sigma, following in ((14.6, 9.1), (2.0, 1.9), (0.3, 0.03), (0.1, 0.0)):
        abar, abar_next = 1 / (1 + sigma**2), 1 / (1 + following**2)
        latent, epsilon = x * abar**0.5, (x - denoised) / sigma
        spread = eta * ((1 - abar_next) / (1 - abar)) ** 0.5 * (1 - abar / abar_next) ** 0.5
        predicted = (latent - (1 - abar) ** 0.5 * epsilon) / abar**0.5
        direction = max(1 - abar_next - spread**2, 0.0) ** 0.5 * epsilon
        expected = abar_next**0.5 * predicted + direction + spread * fresh
        levels = torch.tensor([sigma, following], dtype=torch.float64)
        got = ddim_step(x, denoised, levels[0], levels[1], eta, lambda: fresh) * abar_next**0.5
        # Both are of size 15 at most; cancellation in the two forms leaves some 1e-13 of it.
        torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-11)


def test_a_deterministic_step_draws_no_noise():
    def never():
        raise AssertionError

    levels = torch.tensor([2.0, 1.0])
    torch.testing.assert_close(
        ddim_step(torch.tensor([3.0]), torch.tensor([1.0]), levels[0], levels[1], 0.0, never), torch.tensor([2.0])
    )


def test_the_simple_schedule_takes_evenly_spaced_levels_from_the_last_down():
    table = torch.arange(1.0, 1001.0)
    assert simple(4, table).tolist() == [1000, 750, 500, 250, 0]
    assert simple(3, table).tolist() == [1000, 667, 334, 0]


def test_karras_schedule_falls_from_largest_to_smallest_and_ends_in_zero():
    sigmas = karras(10, 0.03, 14.6)
    assert sigmas[0] == pytest.approx(14.6, rel=1e-5)
    assert sigmas[-2] == pytest.approx(0.03, rel=1e-4)
    assert sigmas[-1] == 0
    assert (sigmas.diff() < 0).all()


def flow_times(sigmas):
    return sigmas / (1 + sigmas)


def test_the_flow_schedules_times_are_evenly_spaced_before_the_shift():
    sigmas = flow(28, 14.6, 3.0)
    times = flow_times(sigmas)
    even = times / (3 - 2 * times)
    assert len(sigmas) == 29
    assert sigmas[0] == pytest.approx(14.6, rel=1e-5)
    assert sigmas[-1] == 0
    # Float32 times of size 1 leave 1e-6.
    torch.testing.assert_close(even.diff(), (-even[0] / 28).expand(28), rtol=0, atol=2e-6)
    torch.testing.assert_close(flow_times(flow(4, 3.0, 1.0)), torch.tensor([0.75, 0.5625, 0.375, 0.1875, 0.0]))


def test_a_larger_shift_spends_more_steps_on_high_noise():
    middles = [flow(28, 14.6, shift)[14] for shift in (1.0, 3.0, 6.0)]
    assert middles == sorted(middles)
    assert middles[2] > 2 * middles[0]


def test_euler_is_the_flow_models_euler_in_the_other_form():
    """x = (1 - t) x0 + t noise, dx/dt = (x - D) / t; x / (1 - t) is the variance-exploding x at sigma = t / (1 - t)."""
    sigmas = flow(28, 14.6, 3.0).double()
    times = flow_times(sigmas)
    noise = torch.randn(64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = times[0] * noise
    for t, following in itertools.pairwise(times):
        predicted = denoise(x / (1 - t), t / (1 - t))
        x = x + (following - t) * (x - predicted) / t
    got = SAMPLERS["euler"](denoise, sigmas[0] * noise, sigmas, lambda: noise)
    # Double precision: 28 steps of numbers up to 60 leave some 1e-13.
    torch.testing.assert_close(got, x, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [GuidanceSettings(KernelRule(handover=0.5)), GuidanceSettings.paper(12.5)],
    ids=["kernel", "paper"],
)
def test_guidance_is_the_same_in_the_flow_form(settings):
    generator = torch.Generator().manual_seed(0)
    latents, noise = torch.randn(2, 6, 4, 4, 4, generator=generator)
    tilts = 20 * torch.randn(6, generator=generator)
    sigmas = flow(8, 14.6, 3.0)
    moved = []
    for sigma in sigmas[:-1]:
        t = flow_times(sigma)
        x = latents[:3] + sigma * noise[:3]
        denoised = torch.randn(3, 4, 4, 4, generator=generator)
        exploding, straight = (
            Guide(PreparedPool(latents, tilts), settings, Schedule(levels, lambda share: 0.0), noise[:3])
            for levels in (sigmas, flow_times(sigmas))
        )
        one, level, time = torch.ones(3), sigma.expand(3), t.expand(3)
        leads = exploding.at(x, level, one, level), straight.at(x * (1 - t), time, 1 - time, time)
        assert (leads[0] is None) == (leads[1] is None) == (isinstance(settings.rule, KernelRule) and sigma < 0.5)
        if None in leads:
            continue
        expected, got = (lead.guided(denoised) for lead in leads)
        # Tens of nats in float32 are right to 1e-5, and the weights with them; the paper's rule multiplies by 12.5.
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=5e-4)
        moved.append((expected - denoised).abs().max().item())
    assert max(moved) > 0.5


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_lcm_with_the_exact_end_of_every_path_gives_the_data_their_spread(steps):
    """A consistency function maps x to the end of its probability flow: here a factor, as above."""
    generator, draws = torch.Generator().manual_seed(0), []

    def noise():
        draws.append(None)
        return torch.randn(20000, generator=generator)

    def end(x, sigma):
        return x * SPREAD / (SPREAD**2 + sigma**2).sqrt()

    sigmas = karras(steps, 0.5, 10.0)
    start = (SPREAD**2 + sigmas[0] ** 2).sqrt() * torch.randn(20000, generator=generator)
    assert SAMPLERS["lcm"](end, start, sigmas, noise).std().item() == pytest.approx(SPREAD, rel=0.03)
    # The end itself gets no noise.
    assert len(draws) == steps - 1
