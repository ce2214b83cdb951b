"""Sounds as the networks hear them: one channel, another rate, parts of one length."""

from fractions import Fraction
from math import ceil

import torch
from torch.nn import functional

_REACH = 6
_ROLLOFF = 0.99
_AT_ONCE = 2**20
_LARGEST_PERIOD = 1000


def mono(waves: torch.Tensor) -> torch.Tensor:
    """(..., L), the mean of the channels of (..., C, L), as float32."""
    return waves.float().mean(-2)


def resampled(wave: torch.Tensor, rate: int, wanted: int) -> torch.Tensor:
    """(ceil(L wanted / rate),) from (L,): the same sound at `wanted` samples a second.

    A low-pass filter at 0.99 of the lower Nyquist frequency: a sinc of 6 zero crossings to each side under a squared
    cosine, which are the default settings of torchaudio's resample. Unusual rates, whose ratio has no period of at most
    1000 input samples, are rounded to one that has, which shifts the pitch by less than a millionth.
    """
    if rate == wanted:
        return wave
    ratio = Fraction(wanted, rate).limit_denominator(_LARGEST_PERIOD)
    old, new = ratio.denominator, ratio.numerator
    cutoff = _ROLLOFF * min(old, new)
    reach = ceil(_REACH * old / cutoff)
    # Of each of the `new` output samples in a period of `old` input samples, one kernel.
    taps = torch.arange(-reach, reach + old, dtype=torch.float64) / old
    at = (cutoff * (taps - torch.arange(new, dtype=torch.float64)[:, None] / new)).clamp(-_REACH, _REACH)
    kernels = torch.sinc(at) * torch.cos(torch.pi * at / (2 * _REACH)).square() * cutoff / old
    kernels = kernels.to(wave)[:, None]
    length = ceil(len(wave) * new / old)
    periods = ceil(len(wave) / old) + 1
    padded = functional.pad(wave, (reach, reach + periods * old - len(wave)))
    # In parts: a row of kernel products for every output sample of a whole song would be large.
    step = max(1, _AT_ONCE // (2 * reach + old))
    parts = [
        functional.conv1d(padded[None, start * old : (start + step) * old + 2 * reach], kernels, stride=old)
        for start in range(0, periods, step)
    ]
    return torch.cat(parts, 1).T.flatten()[:length]


def spread_windows(wave: torch.Tensor, size: int) -> torch.Tensor:
    """(n, size): as many evenly spaced parts of (L,) as cover it, the first from its start and the last to its end."""
    count = ceil(len(wave) / size)
    places = torch.linspace(0, len(wave) - size, count).round().long().tolist()
    return torch.stack([wave[place : place + size] for place in places])


def log_mel(windows: torch.Tensor, filters: torch.Tensor, size: int, hop: int) -> torch.Tensor:
    """(n, time, mels) in dB of windows (n, L): 10 log10 of the power in each band, at least -100.

    size: samples of each Hann window. filters: (size / 2 + 1, mels), the bands' weights.
    """
    window = torch.hann_window(size, device=windows.device)
    spectra = torch.stft(windows, size, hop, window=window, center=True, pad_mode="reflect", return_complex=True)
    return 10 * (spectra.abs().square().mT @ filters).clamp(min=1e-10).log10()
