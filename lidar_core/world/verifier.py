"""The exact verifier, which decides whether a picture shows what the prompt says. It never guides sampling."""

from dataclasses import dataclass
from functools import cache
from itertools import combinations

import torch
from torch.nn import functional

from .blobs import blobs
from .grammar import COLOURS, SHAPES, Group, Prompt
from .scenes import PALETTE, signed_distance, stands

_CONTRAST = 0.25
_SMALLEST_AREA = 40
_PURITY = 0.8
_OVERLAP = 0.75
_TEMPLATE_SIZE = 24


@dataclass(frozen=True)
class Sighting:
    """A connected blob of a picture; a shape or colour of None is none of the world's."""

    shape: str | None
    colour: str | None
    x: float
    y: float


@cache
def _templates() -> torch.Tensor:
    """(shapes, T, T) masks, each shape filling its bounding box."""
    grid = torch.linspace(-1.2, 1.2, 241)
    v, u = torch.meshgrid(grid, grid, indexing="ij")
    return torch.stack([_fit(signed_distance(shape, u, v) > 0) for shape in SHAPES])


def _fit(mask: torch.Tensor) -> torch.Tensor:
    rows, columns = mask.any(1).nonzero(), mask.any(0).nonzero()
    box = mask[rows[0, 0] : rows[-1, 0] + 1, columns[0, 0] : columns[-1, 0] + 1].float()
    return functional.interpolate(box[None, None], (_TEMPLATE_SIZE, _TEMPLATE_SIZE), mode="area")[0, 0]


def sightings(pictures: torch.Tensor) -> list[list[Sighting]]:
    """The blobs in each of `pictures` (N, 3, 128, 128) in [0, 1]."""
    pictures = pictures.float()
    border = torch.cat([pictures[:, :, 0], pictures[:, :, -1], pictures[:, :, :, 0], pictures[:, :, :, -1]], 2)
    background = border.median(2).values[:, :, None, None]
    foreground = (pictures - background).norm(dim=1) > _CONTRAST
    labels = blobs(foreground).cpu()
    palette = PALETTE.to(pictures.device)[None, :, :, None, None]
    colours = (pictures[:, None] - palette).square().sum(2).argmin(1).cpu()
    templates = _templates()
    return [
        [
            _sighting(labels[n] == label, colours[n], templates)
            for label in labels[n].unique()
            if label > 0 and (labels[n] == label).sum() >= _SMALLEST_AREA
        ]
        for n in range(len(pictures))
    ]


def _sighting(mask: torch.Tensor, colours: torch.Tensor, templates: torch.Tensor) -> Sighting:
    votes = torch.bincount(colours[mask], minlength=len(COLOURS))
    colour = COLOURS[int(votes.argmax())] if votes.max() >= _PURITY * votes.sum() else None
    rows, columns = mask.nonzero().unbind(1)
    height, width = float(rows.max() - rows.min() + 1), float(columns.max() - columns.min() + 1)
    fitted = _fit(mask)
    overlap = torch.minimum(fitted, templates).sum((1, 2)) / torch.maximum(fitted, templates).sum((1, 2))
    upright = 0.75 < width / height < 1.33
    shape = SHAPES[int(overlap.argmax())] if upright and overlap.max() >= _OVERLAP else None
    return Sighting(shape, colour, float(columns.float().mean()), float(rows.float().mean()))


def matches(prompt: Prompt, seen: list[Sighting]) -> bool:
    """Whether `seen` is exactly what `prompt` says: every object, in number, colour and place, and nothing else."""
    if len(seen) != sum(group.count for group in prompt.groups):
        return False
    first = prompt.groups[0]
    for chosen in combinations(range(len(seen)), first.count):
        ours = [seen[index] for index in chosen]
        others = [sighting for index, sighting in enumerate(seen) if index not in chosen]
        if not _all_are(first, ours) or (len(prompt.groups) == 2 and not _all_are(prompt.groups[1], others)):
            continue
        if prompt.relation is None or _related(prompt.relation, ours, others):
            return True
    return False


def _all_are(group: Group, seen: list[Sighting]) -> bool:
    return all(
        sighting.shape == group.shape and sighting.colour is not None and group.colour in (None, sighting.colour)
        for sighting in seen
    )


def _related(relation: str, ours: list[Sighting], others: list[Sighting]) -> bool:
    return all(stands(relation, a.x - b.x, a.y - b.y, margin=8) for a in ours for b in others)


def verify(prompt: Prompt, pictures: torch.Tensor) -> torch.Tensor:
    """(N,) bool: which of `pictures` (N, 3, 128, 128) in [0, 1] show exactly what `prompt` says."""
    return torch.tensor([matches(prompt, seen) for seen in sightings(pictures)])
