import math

import pytest
import torch

from lidar_core.rewards.waves import log_mel, mono, resampled, spread_windows


def tone(hertz, rate, seconds=1.0):
    return torch.sin(2 * torch.pi * hertz * torch.arange(round(seconds * rate), dtype=torch.float64) / rate).float()


@pytest.mark.parametrize(("rate", "wanted"), [(44100, 48000), (44100, 16000), (48000, 16000), (8000, 48000)])
def test_a_resampled_tone_is_the_tone_at_the_other_rate(rate, wanted):
    """Away from the ends, where the sound begins suddenly. The filter's window of 6 crossings leaves 1 % of ripple."""
    found, expected = resampled(tone(1000, rate), rate, wanted), tone(1000, wanted)
    assert len(found) == wanted
    torch.testing.assert_close(found[1000:-1000], expected[1000:-1000], rtol=0, atol=0.01)


def test_what_the_lower_rate_cannot_hold_is_filtered_out():
    """A tone at 12 kHz, which 16,000 samples a second would fold to 4 kHz, leaves -55 dB."""
    assert resampled(tone(12000, 48000), 48000, 16000)[1000:-1000].abs().max() < 10 ** (-50 / 20)


def test_long_sounds_are_resampled_in_parts_that_fit_together(monkeypatch):
    wave = torch.rand(20001, generator=torch.Generator().manual_seed(0))
    whole = resampled(wave, 44100, 16000)
    monkeypatch.setattr("lidar_core.rewards.waves._AT_ONCE", 3000)
    torch.testing.assert_close(resampled(wave, 44100, 16000), whole, rtol=0, atol=1e-6)


def test_an_unusual_rate_takes_no_more_memory_than_a_usual_one():
    """44,101 and 48,000 have no common divisor: exact kernels would take 17 GB."""
    found = resampled(tone(1000, 44101), 44101, 48000)
    assert abs(len(found) - 48000) <= 1
    torch.testing.assert_close(found[1000:-1000], tone(1000, 48000)[1000 : len(found) - 1000], rtol=0, atol=0.02)


def test_windows_cover_the_whole_sound_evenly():
    assert spread_windows(torch.arange(10.0), 10).tolist() == [list(range(10))]
    assert spread_windows(torch.arange(25.0), 10)[:, 0].tolist() == [0, 8, 15]


def test_mono_is_the_mean_of_the_channels():
    assert mono(torch.tensor([[[1.0, 0.0], [0.0, 0.5]]])).tolist() == [[0.5, 0.25]]


def test_the_power_of_a_tone_is_in_its_band():
    """A tone of amplitude 1 has the power (N / 4)^2 in the middle of a Hann window's peak, N the window's samples."""
    filters = torch.zeros(513, 2)
    filters[64, 0] = filters[200, 1] = 1
    bands = log_mel(tone(64 * 48000 / 1024, 48000)[None], filters, 1024, 480)
    assert bands.shape == (1, 101, 2)
    assert bands[0, 50, 0].item() == pytest.approx(20 * math.log10(256), abs=0.01)
    assert bands[0, 50, 1] < -40
