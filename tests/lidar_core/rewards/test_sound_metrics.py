"""Each measure on synthetic sounds whose value is known beforehand."""

import math

import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.rewards.media import Sounds
from lidar_core.rewards.sound_metrics import SOUND_MEASURES, SoundMetricReward

RATE = 32000
SECONDS = 12


def measured(name, waves, rate=RATE, *reference):
    return SOUND_MEASURES[name].of(waves, rate, *reference)


def tone(frequency, seconds=SECONDS, size=0.5):
    times = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    return (size * torch.sin(2 * torch.pi * frequency * times)).float()[None]


def noise(exponent=0.0, seed=0, channels=1):
    """Noise whose power density falls with this power of the frequency: 0 white, 1 pink, 2 brown."""
    length = SECONDS * RATE
    frequencies = torch.fft.rfftfreq(length, 1 / RATE).clamp(min=20)
    turns = torch.rand(channels, len(frequencies), generator=torch.Generator().manual_seed(seed)) * 2 * torch.pi
    wave = torch.fft.irfft(torch.polar((frequencies ** (-exponent / 2)).expand_as(turns).contiguous(), turns), length)
    return 0.1 * wave / wave.std()


def clicks(times):
    wave = torch.zeros(1, 25 * RATE)
    click = torch.exp(-torch.arange(0.05 * RATE) / (0.005 * RATE)) * torch.randn(
        round(0.05 * RATE), generator=torch.Generator().manual_seed(1)
    )
    for time in times:
        start = round(float(time) * RATE)
        wave[0, start : start + len(click)] += click / 4
    return wave


def test_clipping_is_the_share_of_full_samples():
    wave = torch.zeros(2, 1000)
    wave[0, :150] = 1.0
    wave[1, :50] = -1.2
    assert measured("clipping", wave) == pytest.approx(0.1)


def test_silence_is_the_share_of_quiet_windows():
    wave = tone(440) * (torch.arange(SECONDS * RATE) < 9 * RATE)
    assert measured("silence", wave) == pytest.approx(0.25, abs=0.01)
    assert measured("silence", tone(440, size=0.002)) == 0.0
    assert measured("silence", tone(440, size=0.001)) == 1.0


@pytest.mark.parametrize("frequency", [500, 2000, 8000])
def test_a_tones_brightness_is_its_frequency(frequency):
    assert measured("brightness", tone(frequency)) == pytest.approx(frequency / 1000, rel=0.02)


def test_white_noise_is_as_bright_as_the_middle_of_its_band():
    assert measured("brightness", noise()) == pytest.approx(RATE / 4000, rel=0.01)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_the_spectrum_falls_by_three_decibels_an_octave_for_each_power(exponent):
    slope = -10 * math.log10(2) * exponent
    assert measured("spectral balance", noise(exponent)) == pytest.approx(slope, abs=0.15)


def test_width_and_phase_of_known_stereo():
    left, right = noise(seed=1)[0], noise(seed=2)[0]
    cases = {
        (0.0, 1.0): torch.stack([left, left]),
        (1.0, -1.0): torch.stack([left, -left]),
        (0.5, 0.0): torch.stack([left, right]),
        # L = 2 R: the side is half a wave, the middle one and a half.
        (0.1, 1.0): torch.stack([left, left / 2]),
    }
    for (width, phase), waves in cases.items():
        assert measured("stereo width", waves) == pytest.approx(width, abs=0.01)
        assert measured("phase", waves) == pytest.approx(phase, abs=0.01)
    assert (measured("stereo width", left[None]), measured("phase", left[None])) == (0.0, 1.0)


@pytest.mark.parametrize("tempo", [64, 97.3, 120, 171])
def test_a_steady_beat_is_stable_at_every_tempo(tempo):
    assert measured("tempo stability", clicks(torch.arange(0.2, 24, 60 / tempo))) > 0.75


def test_a_wandering_beat_is_less_stable_and_noise_has_none():
    generator = torch.Generator().manual_seed(3)
    gaps = 0.5 * (1 + 0.25 * (2 * torch.rand(45, generator=generator) - 1))
    wandering = measured("tempo stability", clicks(gaps.cumsum(0)))
    assert wandering < 0.5
    assert measured("tempo stability", noise()) < 0.15
    assert measured("tempo stability", tone(440)) < 0.15
    assert measured("tempo stability", clicks([0.5])[:, : 2 * RATE]) == 0.0


def test_the_ending_is_the_last_tenth_of_a_second_against_the_whole():
    assert measured("ending", tone(440)) == pytest.approx(0, abs=0.01)
    faded = tone(440)
    faded[:, -RATE // 10 :] *= 0.1
    # The whole loses the hundredth part of its power that the end had.
    whole = 10 * math.log10(1 - 0.99 * 0.1 / SECONDS)
    assert measured("ending", faded) == pytest.approx(20 + whole, abs=0.01)
    gone = tone(440) * (torch.arange(SECONDS * RATE) < 11 * RATE)
    assert SoundMetricReward("ending").score(Sounds(gone[None], RATE), "").values.item() == 60


def test_likeness_is_of_tone_colour_and_not_of_loudness_or_length():
    white = noise()
    assert measured("likeness to reference", white, RATE, white, RATE) == 1
    quiet = 0.1 * noise(seed=5)[:, : 5 * RATE]
    assert measured("likeness to reference", white, RATE, quiet, RATE) > 0.99


def test_the_distance_of_white_to_pink_noise_is_that_of_their_bands():
    """Pink noise of a band from f to g has the power ln(g / f), white noise g - f; both change alike over time."""
    edges = torch.linspace(*(2595 * math.log10(1 + f / 700) for f in (50, 16000)), 41, dtype=torch.float64)
    edges = 700 * (10 ** (edges / 2595) - 1)
    difference = 10 * ((edges[1:] / edges[:-1]).log() / edges.diff()).log10()
    expected = 1 - ((difference - difference.mean()).square().mean() / 2).sqrt().item() / 60
    found = measured("likeness to reference", noise(0.0), RATE, noise(1.0, seed=7), RATE)
    # Bands of two or three frequencies each at the low end.
    assert found == pytest.approx(expected, abs=0.006)


def test_directions_and_ranges():
    sounds = Sounds(torch.stack([tone(440, size=size) for size in (0.05, 0.2, 0.8)]), RATE)
    louder = SoundMetricReward("loudness").score(sounds, "").values
    assert louder.argsort().tolist() == [0, 1, 2]
    assert torch.equal(SoundMetricReward("loudness", "less").score(sounds, "").values, -louder)
    near = SoundMetricReward("loudness", "near target", louder[1].item()).score(sounds, "").values
    assert near.argmax() == 1
    silent = Sounds(torch.zeros(1, 1, RATE), RATE)
    for name, measure in SOUND_MEASURES.items():
        reference = Sounds(tone(440)[None], RATE) if measure.needs_reference else None
        value = SoundMetricReward(name, reference=reference).score(silent, "").values.item()
        assert measure.low <= value <= measure.high


def test_a_sound_that_is_not_finite_has_no_score():
    waves = torch.stack([tone(440), tone(440)]).clone()
    waves[0, 0, 7] = torch.inf
    values = SoundMetricReward("brightness").score(Sounds(waves, RATE), "").values
    assert values.isnan().tolist() == [True, False]


def test_a_metric_of_a_reference_needs_one():
    with pytest.raises(LidarError, match=r'The metric "likeness to reference" compares with a recording: wire one'):
        SoundMetricReward("likeness to reference")


@pytest.mark.parametrize("length", [1, 3, 500])
@pytest.mark.parametrize("rate", [1000, 44100])
def test_a_sound_of_an_instant_has_a_score(length, rate):
    sounds = Sounds(torch.rand(1, 2, length), rate)
    for name, measure in SOUND_MEASURES.items():
        reference = sounds if measure.needs_reference else None
        value = SoundMetricReward(name, reference=reference).score(sounds, "").values.item()
        assert measure.low <= value <= measure.high, name


@pytest.mark.parametrize("shape", [(1, 1, 0), (1, 0, 100), (0, 1, 100), (2, 100)])
def test_what_is_no_sound_is_refused(shape):
    with pytest.raises(LidarError, match=r"have the shape .*: wire sounds that last, of 1000 samples a second"):
        Sounds(torch.zeros(shape), RATE)
    with pytest.raises(LidarError, match="and 0 samples a second"):
        Sounds(torch.zeros(1, 1, 100), 0)
