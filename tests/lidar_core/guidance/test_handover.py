"""The hand-over in a Gaussian world, whose denoiser is the Wiener filter and whose ratios are known exactly."""

import math

import pytest
import torch

from lidar_core.guidance.handover import ABOVE, LACK, Octaves, disagreement, handover, lacks, levels, redrawings

SHAPES = [(4, 16, 16), (2, 9, 14), (8, 64), (2, 3, 12, 10), (1, 48, 48)]
SIZES = [16, 32, 64, 128]


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

    def octave(self, number):
        return (self.cycles >= 2 ** (number - 1)) & (self.cycles < 2**number)

    def found(self, pool, nfe=256):
        return handover(self.redraw, pool, range(16), nfe)


@pytest.mark.parametrize("shape", SHAPES)
def test_powers_by_octave_sum_to_the_product(shape):
    u, v = torch.randn(2, 3, *shape, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(Octaves(shape).power(u, v).sum(), (u * v).sum(), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(("cycles", "octave"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (7, 3), (8, 4)])
def test_a_wave_is_in_the_octave_of_its_cycles_across_the_longest_axis(cycles, octave):
    wave = torch.cos(2 * math.pi * cycles * torch.arange(24) / 24).expand(1, 2, 10, 24)
    power = Octaves(wave.shape[1:]).power(wave, wave)
    assert float(power[octave]) == pytest.approx(float(wave.square().sum()), rel=1e-5)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_ratios_of_the_worlds_own_samples_are_the_wiener_filters(level):
    world = Gaussian((4, 32, 32))
    samples, octaves = world.draw(400), Octaves(world.shape)
    ratio = ABOVE * levels(samples)[level]
    redrawn = redrawings(world.redraw, samples, ratio)
    gain = world.density / (world.density + ratio**2)
    layout = world.octave(1)
    common, spread = ((1 - gain) ** 2 * world.density)[layout].sum(), (gain * ratio).square()[layout].sum()
    # 1,600 fields of 8 frequencies: 1 / sqrt(12,800) is 0.9 % of each power; the product's noise is of their size too.
    assert disagreement(samples, redrawn, octaves) == pytest.approx(float(common / spread), rel=0.05, abs=0.02)
    assert disagreement(samples, redrawn, octaves) < 1
    expected = [
        float((gain * world.density)[band].sum() / world.density[band].sum())
        for band in map(world.octave, (1, 2, 3, 4))
    ]
    assert lacks(samples, redrawn, octaves)[1:5].tolist() == pytest.approx(expected, rel=0.03)
    assert max(expected) < 1 < LACK


@pytest.mark.parametrize("size", SIZES)
def test_an_octave_stands_above_the_noise_that_its_own_level_is_tested_at_at_every_size(size):
    world = Gaussian((4, size, size))
    for octave, level in enumerate(levels(world.draw(16)), 1):
        density = float(world.density[world.octave(octave)].mean())
        assert 0.5 < math.sqrt(density) / (ABOVE * level) < 2


@pytest.mark.parametrize("size", SIZES)
def test_the_worlds_own_samples_lead_down_to_the_lowest_level(size):
    world = Gaussian((4, size, size))
    pool = world.draw(16)
    assert world.found(pool) == levels(pool)[2]


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize(("missing", "level"), [(3, 1), (2, 0)])
def test_samples_without_an_octave_do_not_lead_where_it_is_drawn(size, missing, level):
    world = Gaussian((4, size, size))
    pool = world.draw(16)
    smooth = world.filtered(pool, 1 - 0.9 * world.octave(missing))
    assert world.found(smooth) == levels(smooth)[level]


@pytest.mark.parametrize("size", SIZES)
def test_samples_with_a_wrong_layout_do_not_lead(size):
    world = Gaussian((4, size, size))
    assert world.found(world.filtered(world.draw(16), 1 + 3.0 * world.octave(1))) == math.inf


def test_the_handover_is_in_the_latents_own_unit():
    small, large = Gaussian((4, 16, 16)), Gaussian((4, 16, 16), scale=12.0)
    found = [world.found(world.draw(16)) for world in (small, large)]
    assert found[1] == pytest.approx(3 * found[0], rel=1e-4)


@pytest.mark.parametrize(("nfe", "calls", "level"), [(256, 16, 2), (128, 16, 2), (127, 8, 1), (16, 8, 1)])
def test_a_small_pool_is_asked_at_one_level_only(nfe, calls, level):
    world, asked = Gaussian((4, 16, 16)), []

    def redraw(samples, ratio, noise):
        asked.append(len(samples))
        return world.redraw(samples, ratio, noise)

    pool = world.draw(16)
    assert handover(redraw, pool, range(16), nfe) == levels(pool)[level]
    assert sum(asked) == calls


def test_latents_of_one_cell_have_no_layout_to_be_wrong_about():
    pool = torch.randn(16, 4, 1, 1, generator=torch.Generator().manual_seed(0))
    assert handover(lambda samples, ratio, noise: samples, pool, range(16), 256) == 0.0
