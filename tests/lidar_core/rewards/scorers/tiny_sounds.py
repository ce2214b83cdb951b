"""Sounds for the comparison of sound scorers with the official code. Needs torch alone."""

import torch

LENGTHS = {
    "short": (3.3, 48000, 1),
    "ten seconds": (10.0, 48000, 2),
    "song": (24.7, 48000, 2),
    "44.1 kHz": (12.0, 44100, 2),
}
"""Seconds, samples a second, channels."""


def sound(seconds: float, rate: int, channels: int, seed: int) -> torch.Tensor:
    """(channels, L) in [-1, 1]: three notes that come and go, and some noise."""
    generator = torch.Generator().manual_seed(seed)
    times = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    wave = torch.zeros(channels, len(times), dtype=torch.float64)
    for hertz, beat in zip(
        torch.rand(3, generator=generator) * 2000 + 80, torch.rand(3, generator=generator), strict=True
    ):
        note = torch.sin(2 * torch.pi * float(hertz) * times) * torch.sin(2 * torch.pi * (0.3 + float(beat)) * times)
        wave += torch.rand(channels, 1, generator=generator) * note / 3
    noise = torch.rand(channels, len(times), generator=generator, dtype=torch.float64) - 0.5
    return (wave + 0.05 * noise).float().clamp(-1, 1)


def sounds() -> dict[str, tuple[torch.Tensor, int]]:
    """(C, L) and the rate, by name."""
    return {name: (sound(*form, seed), form[1]) for seed, (name, form) in enumerate(LENGTHS.items())}
