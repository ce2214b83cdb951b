"""Results of a run, grouped so that methods can be compared, and figures of a single result."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

from .records import Row

Group = dict[str, list[Row]]
"""Cells by the method's text, every method's in the same order of cases."""


@dataclass(frozen=True)
class Setting:
    """What must be the same for methods to be compared."""

    sampling: str
    split: str
    images: int

    def __str__(self) -> str:
        return f"{self.sampling}, split {self.split}"


def by_setting(cells: Iterable[Row]) -> dict[Setting, Group]:
    """Cells by setting and method; a method keeps only the cases that every method of its setting has."""
    settings: dict[Setting, dict[str, dict[int, Row]]] = {}
    for cell in cells:
        setting = Setting(cell["sampling"], cell["split"], cell["images"])
        methods = settings.setdefault(setting, {})
        methods.setdefault(_label(cell, methods), {})[cell["case"]] = cell
    groups = {}
    for setting, methods in settings.items():
        common = sorted(set.intersection(*(set(found) for found in methods.values())))
        groups[setting] = {label: [found[case] for case in common] for label, found in methods.items()}
    return groups


def _label(cell: Row, methods: dict[str, dict[int, Row]]) -> str:
    """The method's text, with a number if the same text stood for other options, as after a change of defaults."""
    label, number = cell["spec"], 1
    while label in methods and next(iter(methods[label].values()))["options"] != cell["options"]:
        number += 1
        label = f"{cell['spec']} ({number})"
    return label


def accuracy(cell: Row) -> float:
    return fmean(cell["verified"])


def mean_reward(cell: Row) -> float:
    return fmean(cell["rewards"])


def mean_flaws(cell: Row) -> float:
    """NaN in old results, whose pictures were not measured."""
    return fmean(cell["flaws"]) if "flaws" in cell else float("nan")


def per_image(cell: Row, cost: str) -> float:
    return cell["cost"][cost] / cell["images"]


def plotted_cost(cell: Row, cost: str) -> float:
    """NFE per picture; a backward pass through the denoiser counts as two, about its work."""
    return per_image(cell, cost) + (2 * per_image(cell, "backward") if cost == "nfe" else 0)


def mean(cells: list[Row], value: Callable[[Row], float]) -> float:
    return fmean(map(value, cells)) if cells else float("nan")
