"""Lookahead samples of the analytic world: of few steps, or of 8 and deliberately spoiled."""

from collections.abc import Callable

import torch

from .forms import Model

STEPS = (2, 3, 4, 6, 8)
_UNSPOILED_STEPS = 8


def steps_of(kind: str) -> int:
    return int(kind) if kind.isdecimal() else _UNSPOILED_STEPS


def blurred(x: torch.Tensor) -> torch.Tensor:
    """By a Gaussian with a standard deviation of one cell."""
    axes = (-2, -1)
    spectrum = torch.fft.fftn(x, dim=axes)
    rows, columns = (torch.fft.fftfreq(side) for side in x.shape[-2:])
    radius = rows[:, None].square() + columns[None].square()
    return torch.fft.ifftn(spectrum * (-2 * torch.pi**2 * radius).exp(), dim=axes).real


def noisy(x: torch.Tensor) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return x + 0.3 * torch.randn(x.shape, generator=generator)


def flat(x: torch.Tensor) -> torch.Tensor:
    return 0.7 * x


def harsh(x: torch.Tensor) -> torch.Tensor:
    return 1.3 * x


def shifted(x: torch.Tensor) -> torch.Tensor:
    """By one cell to the right, around the edge."""
    return x.roll(1, -1)


SPOILINGS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "blurred": blurred,
    "noisy": noisy,
    "flat": flat,
    "harsh": harsh,
    "shifted": shifted,
}
KINDS = (*map(str, STEPS), *SPOILINGS)


def draw(model: Model, kind: str, count: int, generator: torch.Generator) -> torch.Tensor:
    """(count, *shape) drafts of `kind`: a number of steps, or the name of a spoiling."""
    if kind in SPOILINGS:
        return SPOILINGS[kind](model.drafts(count, _UNSPOILED_STEPS, generator))
    return model.drafts(count, int(kind), generator)
