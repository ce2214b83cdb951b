"""Against the numbers that ITU-R BS.1770 and the EBU print, and against the filters written as recursions."""

import math

import pytest
import torch

from lidar_core.rewards.loudness import (
    QUIETEST,
    integrated_loudness,
    k_weighted,
    k_weighting,
    loudness_range,
    true_peak,
)

RATE = 48000


def tone(decibels, seconds, frequency=1000.0, rate=RATE, phase=0.0, channels=2):
    """A sine whose peak is so far below full scale."""
    times = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    wave = 10 ** (decibels / 20) * torch.sin(2 * torch.pi * frequency * times + phase)
    return wave.float().expand(channels, -1)


def steps(*levels_and_seconds):
    return torch.cat([tone(level, seconds) for level, seconds in levels_and_seconds], 1)


def test_the_filters_are_those_that_bs_1770_tabulates_at_48_khz():
    shelf, high_pass = k_weighting(48000)
    assert shelf[0] == pytest.approx((1.53512485958697, -2.69169618940638, 1.19839281085285), abs=1e-12)
    assert shelf[1] == pytest.approx((1.0, -1.69065929318241, 0.73248077421585), abs=1e-12)
    assert high_pass[0] == (1.0, -2.0, 1.0)
    assert high_pass[1] == pytest.approx((1.0, -1.99004745483398, 0.99007225036621), abs=1e-12)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_filtering_by_spectrum_is_the_filters_recursion(rate):
    wave = torch.randn(1, 600, generator=torch.Generator().manual_seed(0))
    values = wave[0].double().tolist()
    for b, a in k_weighting(rate):
        out: list[float] = []
        for n in range(len(values)):
            fed = sum(b[k] * values[n - k] for k in range(3) if n >= k)
            out.append(fed - sum(a[k] * out[n - k] for k in (1, 2) if n >= k))
        values = out
    # Float32 transforms of values of size 1.
    torch.testing.assert_close(k_weighted(wave, rate)[0], torch.tensor(values).float(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rate", [32000, 44100, 48000])
def test_bs_1770s_calibration_tone(rate):
    """A full-scale sine of 997 Hz on one front channel is -3.01 LKFS, on both 3.01 dB more."""
    both = tone(0, 5, 997.0, rate)
    one = both * torch.tensor([[1.0], [0.0]])
    assert integrated_loudness(one, rate) == pytest.approx(-3.01, abs=0.02)
    assert integrated_loudness(both, rate) == pytest.approx(0.0, abs=0.02)
    assert integrated_loudness(both[:1], rate) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        (((-23, 20),), -23.0),
        (((-33, 20),), -33.0),
        (((-36, 10), (-23, 60), (-36, 10)), -23.0),
        (((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23.0),
        (((-26, 20), (-20, 20.1), (-26, 20)), -23.0),
    ],
)
def test_ebu_tech_3341_cases_1_to_5(signal, expected):
    assert integrated_loudness(steps(*signal), RATE) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)],
)
def test_ebu_tech_3342_cases_1_to_4(levels, expected):
    assert loudness_range(steps(*((level, 20) for level in levels)), RATE) == pytest.approx(expected, abs=1)


def test_a_gain_adds_its_decibels():
    noise = torch.randn(2, 2 * RATE, generator=torch.Generator().manual_seed(0)) / 10
    louder = integrated_loudness(noise, RATE) - 20 * math.log10(2)
    assert integrated_loudness(noise / 2, RATE) == pytest.approx(louder, abs=1e-4)


@pytest.mark.parametrize("waves", [torch.zeros(2, RATE), torch.zeros(1, 100), tone(-90, 1)])
def test_silence_is_as_quiet_as_can_be(waves):
    assert integrated_loudness(waves, RATE) == QUIETEST
    assert loudness_range(waves, RATE) == 0.0


@pytest.mark.parametrize(
    ("decibels", "cycle", "degrees"),
    [(0, 4, 45), (-6, 4, 0), (-6, 4, 45), (-6, 6, 60), (-6, 8, 67.5)],
)
def test_ebu_tech_3341_true_peaks(decibels, cycle, degrees):
    """Sines of a fourth, sixth and eighth of the rate; the samples of the first miss its peak by 3.01 dB."""
    wave = tone(decibels, 1, RATE / cycle, phase=math.radians(degrees))
    faded = wave * torch.hann_window(RATE).sqrt()
    assert -0.4 < true_peak(faded) - decibels < 0.2
    if (decibels, cycle, degrees) == (0, 4, 45):
        assert 20 * math.log10(faded.abs().amax()) == pytest.approx(-3.01, abs=0.01)


def test_a_peak_is_found_wherever_it_is():
    for place in (0, 1, 2**18 - 1, 2**18, 2**18 + 5, 300000 - 1):
        wave = torch.zeros(1, 300000)
        wave[0, place] = 0.5
        assert true_peak(wave) == pytest.approx(20 * math.log10(0.5), abs=1e-4)
