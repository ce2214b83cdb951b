"""Loudness and peaks of sound, as broadcasters measure them.

ITU-R BS.1770-4 (2015), Algorithms to measure audio programme loudness and true-peak audio level; EBU Tech 3342 (2016),
Loudness range. Waves are (C, L) float32 in [-1, 1] of one or two channels, rate is in samples a second.
"""

import math

import torch
from torch.nn import functional

QUIETEST = -70.0
"""LUFS: BS.1770's absolute gate. What is quieter counts as silence."""

Biquad = tuple[tuple[float, float, float], tuple[float, float, float]]


def k_weighting(rate: int) -> list[Biquad]:
    """The two filters of BS.1770, each (b, a), at any rate.

    BS.1770 tabulates them at 48 kHz only. These are the analogue filters whose bilinear transform gives that table: a
    shelf of +4 dB for the head, then a high-pass at 38 Hz.
    """
    gain, centre, quality = 3.999843853973347, 1681.974450955533, 0.7071752369554196
    k = math.tan(math.pi * centre / rate)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    norm = 1 + k / quality + k * k
    shelf = (
        (
            (high + band * k / quality + k * k) / norm,
            2 * (k * k - high) / norm,
            (high - band * k / quality + k * k) / norm,
        ),
        (1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm),
    )
    centre, quality = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * centre / rate)
    norm = 1 + k / quality + k * k
    high_pass = ((1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm))
    return [shelf, high_pass]


def k_weighted(waves: torch.Tensor, rate: int) -> torch.Tensor:
    """(C, L) filtered by the two filters, by their frequency response.

    A second of silence after the wave holds the filters' ringing, which falls below 1e-90 in that time.
    """
    length = waves.shape[1]
    size = 2 ** math.ceil(math.log2(length + rate))
    turns = torch.arange(size // 2 + 1, dtype=torch.float64) / size
    back = torch.polar(torch.ones_like(turns), -2 * torch.pi * turns)
    response = torch.ones_like(back)
    for b, a in k_weighting(rate):
        response = response * (b[0] + back * (b[1] + back * b[2])) / (a[0] + back * (a[1] + back * a[2]))
    spectrum = torch.fft.rfft(waves.float(), size) * response.to(torch.complex64)
    return torch.fft.irfft(spectrum, size)[:, :length]


def block_loudness(waves: torch.Tensor, rate: int, seconds: float, hop: float) -> torch.Tensor:
    """(blocks,) LUFS of overlapping blocks: -0.691 + 10 log10 of the channels' summed mean squares."""
    power = k_weighted(waves, rate).square().sum(0)
    size, step = min(round(seconds * rate), len(power)), round(hop * rate)
    means = functional.avg_pool1d(power[None, None].double(), size, step)[0, 0]
    return -0.691 + 10 * means.clamp(min=1e-20).log10()


def _mean_loudness(blocks: torch.Tensor) -> float:
    return 10 * math.log10(torch.pow(10.0, blocks.double() / 10).mean().item())


def integrated_loudness(waves: torch.Tensor, rate: int) -> float:
    """LUFS: the mean power of the 0.4 s blocks above -70 LUFS that are at most 10 LU below the mean of these."""
    blocks = block_loudness(waves, rate, 0.4, 0.1)
    loud = blocks[blocks > QUIETEST]
    if not len(loud):
        return QUIETEST
    return _mean_loudness(loud[loud > _mean_loudness(loud) - 10])


def loudness_range(waves: torch.Tensor, rate: int) -> float:
    """LU from the 10th to the 95th percentile of the 3 s blocks above -70 LUFS and at most 20 LU below their mean."""
    blocks = block_loudness(waves, rate, 3.0, 0.1)
    loud = blocks[blocks > QUIETEST]
    if not len(loud):
        return 0.0
    loud = loud[loud > _mean_loudness(loud) - 20]
    low, high = torch.quantile(loud, torch.tensor([0.1, 0.95], dtype=loud.dtype)).tolist()
    return high - low


_OVERSAMPLING = 4
_REACH = 16
_AT_ONCE = 2**18


def true_peak(waves: torch.Tensor) -> float:
    """dBTP: the highest level, between samples too, from the wave at four times its rate (BS.1770, annex 2).

    The filter is a sinc of 16 samples to each side under a Hann window; that of annex 2 has 6.
    """
    taps = torch.arange(-_REACH, _REACH + 1, dtype=torch.float64)
    offsets = torch.arange(_OVERSAMPLING, dtype=torch.float64)[:, None] / _OVERSAMPLING
    at = taps - offsets
    kernel = (torch.sinc(at) * torch.cos(torch.pi * at / (2 * (_REACH + 1))).square()).float()[:, None]
    padded = functional.pad(waves.float(), (_REACH, _REACH))[:, None]
    # In parts: four copies of a whole song would be large.
    parts = [padded[..., start : start + _AT_ONCE + 2 * _REACH] for start in range(0, waves.shape[1], _AT_ONCE)]
    highest = max(functional.conv1d(part, kernel).abs().amax().item() for part in parts)
    return 20 * math.log10(max(highest, 1e-6))
