"""The term that the published rule estimates, by quadrature, and where the estimate converges."""

import pytest
import torch

from benchmarks.paper_rule import TAU, relative_error, term


@pytest.mark.parametrize("ratio", [0.5, 1.0, 4.0])
def test_the_term_is_the_difference_of_two_posterior_means(ratio):
    grid = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
    for x in (-1.5, 0.0, 3.0):
        prior = -grid.square() / 2 - (x - grid).square() / (2 * ratio**2)
        means = [(grid * (prior + tilt * grid).softmax(0)).sum() for tilt in (0.0, TAU)]
        assert float(means[1] - means[0]) == pytest.approx(float(term(3, ratio)[0]), rel=1e-6)


def test_in_one_dimension_the_error_falls_with_the_root_of_the_number_of_samples():
    few, many = (relative_error(1, 1.0, samples, 40) for samples in (256, 4096))
    # 640 latents on 40 pools: the ratio of the two errors is 4 within about a quarter.
    assert 3 < few / many < 5.5


@pytest.mark.parametrize("samples", [16, 1024])
def test_in_a_thousand_dimensions_it_does_not_converge_at_a_low_noise(samples):
    assert relative_error(1024, 1.0, samples, 4) > 1
