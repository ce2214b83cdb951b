"""The hand-over in a Gaussian world, whose denoiser is the Wiener filter and whose ratios are known exactly."""

import math

import pytest
import torch

from lidar_core.guidance.handover import LIMIT, Spectrum, cycles, disagreement, handover

SHAPES = [(4, 16, 16), (2, 9, 14), (8, 64), (2, 3, 12, 10), (1, 48, 48)]


class Gaussian:
    """Stationary fields with the spectral density S = scale^2 / (1 + cycles^2), like natural pictures'."""

    def __init__(self, shape, scale=4.0):
        self.shape, self.axes = shape, tuple(range(1 - len(shape), 0))
        sizes = shape[1:]
        grid = torch.meshgrid(*(torch.fft.fftfreq(size) for size in sizes), indexing="ij")
        self.cycles = max(sizes) * torch.stack(grid).square().sum(0).sqrt()
        self.density = scale**2 / (1 + self.cycles**2)

    def filtered(self, x, gain):
        return torch.fft.ifftn(torch.fft.fftn(x, dim=self.axes) * gain, dim=self.axes).real

    def draw(self, count, seed=7):
        white = torch.randn(count, *self.shape, generator=torch.Generator().manual_seed(seed))
        return self.filtered(white, self.density.sqrt())

    def redraw(self, samples, ratio, noise):
        return self.filtered(samples + ratio * noise, self.density / (self.density + ratio**2))


@pytest.mark.parametrize("shape", SHAPES)
def test_powers_by_octave_sum_to_the_product(shape):
    u, v = torch.randn(2, 3, *shape, generator=torch.Generator().manual_seed(0))
    total = Spectrum(torch.randn(2, *shape)).power(u, v).sum()
    torch.testing.assert_close(total, (u * v).sum(), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_white_noise_has_density_one_in_every_octave(shape):
    spectrum = Spectrum(torch.randn(2000, *shape, generator=torch.Generator().manual_seed(1)))
    # The rarest octave, the constant, has 2,000 independent values: standard error 0.03.
    torch.testing.assert_close(spectrum.density, torch.ones_like(spectrum.density), rtol=0, atol=0.15)


def test_frequencies_are_counted_in_cycles_across_the_longest_axis():
    assert cycles(torch.Size((4, 8, 16)))[0, :3].tolist() == [0.0, 1.0, 2.0]
    assert cycles(torch.Size((4, 8, 16)))[1, 0] == 2.0


@pytest.mark.parametrize("ratio", [2.0, 1.0, 0.4])
def test_the_ratio_of_the_worlds_own_samples_is_the_wiener_filters(ratio):
    world = Gaussian((4, 32, 32))
    samples = world.draw(200)
    spectrum = Spectrum(samples)
    settled = (spectrum.density >= ratio**2)[spectrum_octaves(world)]
    gain = world.density / (world.density + ratio**2)
    common, spread = (1 - gain) ** 2 * world.density, (gain * ratio) ** 2
    expected = common[settled].sum() / spread[settled].sum()
    found = disagreement(world.redraw, samples, ratio, spectrum)
    # 800 fields of at least 9 settled frequencies each: 1 / sqrt(7200) is 1.2 %, of two sums.
    assert found == pytest.approx(expected.item(), rel=0.05)
    assert found < 1


def spectrum_octaves(world):
    return world.cycles.clamp(min=0.5).log2().floor().long() + 1


@pytest.mark.parametrize("size", [16, 32, 64, 128])
def test_the_worlds_own_samples_lead_at_every_size(size):
    world = Gaussian((4, size, size))
    pool = world.draw(16)
    found = handover(world.redraw, pool, range(16), 256)
    levels = Spectrum(pool).levels()
    assert found == levels[-1]
    assert len(levels) == pytest.approx(math.log2(size / 2), abs=1)


@pytest.mark.parametrize("size", [16, 64, 128])
def test_an_error_in_an_octave_is_found_where_that_octave_is_settled(size):
    """Four times too much power from four cycles on: at most the two octaves below are followed, whatever the size."""
    world = Gaussian((4, size, size))
    pool, other = world.draw(16), world.draw(16, seed=1)
    pool = pool + world.filtered(other, 2.0 * (world.cycles >= 4))
    levels = Spectrum(pool).levels()
    assert handover(world.redraw, pool, range(16), 256) in levels[:2]


def test_samples_with_a_wrong_layout_do_not_lead():
    world = Gaussian((4, 32, 32))
    assert handover(world.redraw, 3 * world.draw(16), range(16), 256) == math.inf


def test_the_handover_is_in_the_latents_own_unit():
    small, large = Gaussian((4, 16, 16)), Gaussian((4, 16, 16), scale=12.0)
    found = [handover(world.redraw, world.draw(16), range(16), 256) for world in (small, large)]
    assert found[1] == pytest.approx(3 * found[0], rel=1e-4)


@pytest.mark.parametrize(("nfe", "most"), [(256, 24), (64, 12), (16, 12)])
def test_it_takes_a_tenth_of_the_evaluations_or_two_samples_at_three_levels(nfe, most):
    world, calls = Gaussian((4, 16, 16)), []

    def redraw(samples, ratio, noise):
        calls.append(len(samples))
        return world.redraw(samples, ratio, noise)

    handover(redraw, world.draw(16), range(16), nfe)
    assert sum(calls) <= most
    assert LIMIT > 1
