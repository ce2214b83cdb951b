"""The samplers on a Gaussian, whose denoiser and end points are known exactly."""

import pytest
import torch

from lidar_core.world.samplers import SAMPLERS, karras

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


def test_karras_schedule_falls_from_largest_to_smallest_and_ends_in_zero():
    sigmas = karras(10, 0.03, 14.6)
    assert sigmas[0] == pytest.approx(14.6, rel=1e-5)
    assert sigmas[-2] == pytest.approx(0.03, rel=1e-4)
    assert sigmas[-1] == 0
    assert (sigmas.diff() < 0).all()
