"""Measures of a sound that need no weights, as rewards. They ignore the prompt.

Each maps one sound, waves (C, L) float32 of one or two channels and their rate, to a number within its own range.
"""

import math
from typing import Any

import torch

from .loudness import QUIETEST, integrated_loudness, loudness_range, true_peak
from .measure import Measure, Metric
from .media import Sounds
from .reward import SoundReward

_QUIET = -60.0
_BANDS = 40
_LOWEST_BAND, _HIGHEST_BAND = 50.0, 16000.0


def clipping(waves: torch.Tensor, rate: int) -> float:
    """Share of samples at or beyond 0.999 of full scale."""
    return (waves.abs() >= 0.999).float().mean().item()


def silence(waves: torch.Tensor, rate: int) -> float:
    """Share of windows of 50 ms whose level is below -60 dB of full scale."""
    return (_levels(waves, rate, 0.05) < _QUIET).float().mean().item()


def brightness(waves: torch.Tensor, rate: int) -> float:
    """kHz: the centroid of the mean magnitude spectrum (Tzanetakis and Cook, Musical genre classification, 2002)."""
    magnitudes, frequencies = _spectrum(waves, rate)
    mean = magnitudes.mean(1)
    return (mean @ frequencies / mean.sum().clamp(min=1e-12)).item() / 1000


def balance(waves: torch.Tensor, rate: int) -> float:
    """dB an octave: the slope of the power density over the octaves from 63 Hz to 16 kHz.

    0 is white noise, -3 pink noise. Mastered pop falls by about 5 (Pestana et al., Spectral characteristics of popular
    commercial recordings, 2013).
    """
    magnitudes, frequencies = _spectrum(waves, rate)
    power = magnitudes.square().mean(1)
    levels = []
    for octave in range(8):
        low = 62.5 * 2**octave
        inside = (frequencies >= low) & (frequencies < 2 * low)
        if 2 * low > rate / 2 or not inside.any():
            break
        levels.append(10 * math.log10(power[inside].mean().clamp(min=1e-12).item()))
    octaves = torch.arange(len(levels), dtype=torch.float64)
    centred = octaves - octaves.mean()
    return (centred @ torch.tensor(levels, dtype=torch.float64) / centred.square().sum()).item()


def stereo_width(waves: torch.Tensor, rate: int) -> float:
    """Share of the side signal (L - R) / 2 in the power of middle and side: 0 mono, 0.5 unrelated, 1 opposite."""
    if len(waves) == 1:
        return 0.0
    middle, side = (waves[0] + waves[1]).square().mean(), (waves[0] - waves[1]).square().mean()
    return (side / (middle + side).clamp(min=1e-12)).item()


def phase(waves: torch.Tensor, rate: int) -> float:
    """Correlation of the channels: 1 mono, 0 unrelated; below 0 they cancel when played over one loudspeaker."""
    if len(waves) == 1:
        return 1.0
    left, right = waves - waves.mean(1, keepdim=True)
    return (left @ right / (left.norm() * right.norm()).clamp(min=1e-12)).item()


def tempo_stability(waves: torch.Tensor, rate: int) -> float:
    """How regularly the beat comes: the best period's autocorrelation of the onsets, over 1 to 8 beats.

    The onset curve is the rise of the log spectrum (as in Percival and Tzanetakis, Streamlined tempo estimation, 2014),
    its normalised autocorrelation measures the pulse's clarity (Lartillot et al., Multi-feature modeling of pulse
    clarity, 2008). Periods are 0.33 to 1 s, 180 to 60 beats a minute. 0 if the sound is too short for 8 beats.
    """
    hop = round(rate / 100)
    magnitudes, _ = _spectrum(waves, rate, hop)
    curve = (1 + 1000 * magnitudes).log().diff(dim=1).clamp(min=0).mean(0)
    rate_of_curve = rate / hop
    shortest, longest = round(rate_of_curve / 3), round(rate_of_curve)
    if len(curve) <= 8 * longest:
        return 0.0
    # A beat may fall between two windows, and a period between two hops.
    curve = torch.nn.functional.avg_pool1d(curve[None, None], 5, 1, 2)[0, 0]
    curve = curve - curve.mean()
    if curve.norm() < 1e-6:
        return 0.0
    spectrum = torch.fft.rfft(curve.double(), 2 * len(curve))
    lagged = torch.fft.irfft(spectrum.abs().square())[: len(curve)]
    # Each lag has its own number of products.
    lagged = lagged / torch.arange(len(curve), 0, -1) / (lagged[0] / len(curve))
    beats = torch.arange(1, 9)
    finer = torch.arange(4 * shortest, 4 * longest + 1) / 4
    places = (finer[:, None] * beats).round().long()
    return lagged[places].mean(1).amax().clamp(0, 1).item()


def ending(waves: torch.Tensor, rate: int) -> float:
    """dB by which the last tenth of a second is quieter than the whole: 0 is cut off, 60 has faded out."""
    last = waves[:, -max(1, round(rate / 10)) :]
    level, end = (10 * math.log10(part.square().mean().clamp(min=1e-12).item()) for part in (waves, last))
    return level - end


def likeness(waves: torch.Tensor, rate: int, reference: torch.Tensor, reference_rate: int) -> float:
    """1 minus the distance of the sounds' tone colours over 60 dB, whatever their loudness and length.

    The distance is the root mean square difference, over 40 bands of equal width in mel (O'Shaughnessy, Speech
    communication, 1987), of the bands' mean levels in dB and of the levels' deviations over time.
    """
    ours, theirs = _colour(waves, rate), _colour(reference, reference_rate)
    return 1 - (ours - theirs).square().mean().sqrt().item() / 60


def _colour(waves: torch.Tensor, rate: int) -> torch.Tensor:
    """(2, bands) dB: mean level of each band against the mean of all, and its deviation over time."""
    magnitudes, frequencies = _spectrum(waves, rate)
    lowest, highest = (2595 * math.log10(1 + frequency / 700) for frequency in (_LOWEST_BAND, _HIGHEST_BAND))
    edges = 700 * (10 ** (torch.linspace(lowest, highest, _BANDS + 1, dtype=torch.float64) / 2595) - 1)
    band = torch.bucketize(frequencies.double(), edges, right=True) - 1
    inside = (band >= 0) & (band < _BANDS)
    power = torch.zeros(_BANDS, magnitudes.shape[1])
    power.index_add_(0, band[inside], magnitudes[inside].square())
    # 90 dB below the loudest is nothing, however loud that is.
    levels = 10 * power.clamp(min=max(1e-9 * power.amax().item(), 1e-20)).log10()
    means = levels.mean(1)
    return torch.stack([means - means.mean(), levels.std(1, correction=0)])


def _levels(waves: torch.Tensor, rate: int, seconds: float) -> torch.Tensor:
    """(windows,) dB of full scale, of all channels together."""
    power = waves.square().mean(0)
    size = min(round(seconds * rate), len(power))
    return 10 * torch.nn.functional.avg_pool1d(power[None, None], size)[0, 0].clamp(min=1e-12).log10()


def _spectrum(waves: torch.Tensor, rate: int, hop: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Magnitudes (frequencies, windows) of the channels' mean through Hann windows of about 46 ms, and the
    frequencies in Hz."""
    size = 2 ** round(math.log2(0.046 * rate))
    mono = waves.mean(0)
    if len(mono) < size:
        mono = torch.nn.functional.pad(mono, (0, size - len(mono)))
    window = torch.hann_window(size)
    spectra = torch.stft(mono, size, hop or size // 2, window=window, center=False, return_complex=True)
    return spectra.abs() * 2 / window.sum(), torch.fft.rfftfreq(size, 1 / rate)


SOUND_MEASURES = {
    "loudness": Measure(integrated_loudness, QUIETEST, 5, "LUFS, streaming plays -14"),
    "true peak": Measure(lambda waves, rate: true_peak(waves), -70, 10, "dBTP, above -1 may clip"),
    "clipping": Measure(clipping, 0, 1, "share of samples at full scale"),
    "silence": Measure(silence, 0, 1, "share of the time below -60 dB"),
    "dynamic range": Measure(loudness_range, 0, 60, "LU, flat to very changing"),
    "brightness": Measure(brightness, 0, 24, "kHz, dull to bright"),
    "spectral balance": Measure(balance, -24, 24, "dB an octave, pop is about -5, white noise 0"),
    "stereo width": Measure(stereo_width, 0, 1, "mono to opposite channels"),
    "phase": Measure(phase, -1, 1, "opposite channels to mono"),
    "tempo stability": Measure(tempo_stability, 0, 1, "no beat to a steady one"),
    "ending": Measure(ending, 0, 60, "dB, cut off to faded out"),
    "likeness to reference": Measure(likeness, -1, 1, "1 if the same tone colour", needs_reference=True),
}


class SoundMetricReward(Metric, SoundReward):
    """A measure of sounds as a reward. reference: one sound, for the measures that need one."""

    measures = SOUND_MEASURES
    compares_with = "a recording"

    def __init__(
        self, measure: str, direction: str = "more", target: float = 0.0, reference: Sounds | None = None
    ) -> None:
        super().__init__(measure, direction, target)
        self.references: tuple[Any, ...] = ()
        for sounds in self.needed(reference):
            self.references = (_shown(sounds.waves[0]), sounds.rate)

    def values(self, sounds: Sounds, prompt: str) -> torch.Tensor:
        """(n,) float32; NaN for a sound that is not finite."""
        values = torch.tensor([self._value(waves, sounds.rate) for waves in sounds.waves])
        return self.towards(values)

    def _value(self, waves: torch.Tensor, rate: int) -> float:
        if not torch.isfinite(waves).all():
            return math.nan
        value = self.measure.of(_shown(waves), rate, *self.references)
        return min(self.measure.high, max(self.measure.low, value))


def _shown(waves: torch.Tensor) -> torch.Tensor:
    return waves[:2].float().cpu()
