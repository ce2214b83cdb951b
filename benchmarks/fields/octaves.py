"""Power and agreement of pictures of the analytic world, octave by octave, coarse to fine."""

import math

import torch

from .world import Fields


def count(fields: Fields) -> int:
    """Octaves from 1 cycle a picture to the Nyquist frequency of the picture's sides."""
    height, width = fields.shape[-2:]
    return round(math.log2(math.sqrt(height * width) / 2))


def octave_of(fields: Fields) -> torch.Tensor:
    """The octave of each frequency: 0 below 2 cycles a picture, 1 from 2 to 4, ...; -1 for the picture's mean.

    What lies in the corners, above the Nyquist frequency of the sides, belongs to the finest octave.
    """
    octave = fields.frequency.clamp(min=1).log2().floor().clamp(max=count(fields) - 1).long()
    return octave.masked_fill(fields.frequency == 0, -1)


def by_octave(fields: Fields, values: torch.Tensor) -> torch.Tensor:
    """(B, octaves) means of values (B, *shape) given for each frequency."""
    octave = octave_of(fields)
    return torch.stack([values[..., octave == index].flatten(1).mean(1) for index in range(count(fields))], dim=1)


def power(fields: Fields, x: torch.Tensor) -> torch.Tensor:
    """(B, octaves): power of pictures x about their component's mean, 1 for pictures of the world itself."""
    return by_octave(fields, fields.detail(x).abs().square() / fields.spectrum)


def agreement(fields: Fields, x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """(B, octaves): correlation of what x and other, pair by pair, add to their components' means."""
    here, there = fields.detail(x), fields.detail(other)
    shared = by_octave(fields, (here * there.conj()).real / fields.spectrum)
    return shared / (power(fields, x) * power(fields, other)).sqrt()
