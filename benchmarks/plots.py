"""Plots of results: accuracy against cost, and what the pool's size and steps do. They need matplotlib."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .cells import Group, accuracy, by_setting, mean, mean_flaws, mean_reward, plotted_cost
from .intervals import interval
from .records import Row

BUDGETS = {
    "plain": "longer",
    "best-of": "n",
    "pool": "samples",
    "lidar": "keep_of",
    "lidar-paper": "keep_of",
    "fk": "particles",
}
"""The option by which a method spends more; its values are joined by a line over cost."""


_ROWS = ((accuracy, 100, "verified, %"), (mean_flaws, 1, "flaws of the pictures, less is better"))
_COSTS = (
    ("nfe", "model calls per picture (NFE), a differentiated one as three"),
    ("seconds", "processor seconds per picture"),
)


def plots(cells: list[Row], folder: Path) -> list[Path]:
    """SVG files in `folder`: accuracy against cost, and what the pool's size and steps do.

    Text stays text, drawn by the viewer's font; outlines of the letters would be most of the file.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "benchmarks"})
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for setting, group in by_setting(cells).items():
        if not next(iter(group.values())):
            continue
        stem = f"{setting.sampling}-{setting.split}".replace("/", "-")
        measured = [row for row in _ROWS if math.isfinite(mean(next(iter(group.values())), row[0]))]
        shape = (len(measured), len(_COSTS))
        figure, axes = pyplot.subplots(*shape, figsize=(13, 6 * shape[0]), sharex="col", sharey="row", squeeze=False)
        for row, (value, unit, axis_title) in zip(axes, measured, strict=True):
            for axis, (cost, title) in zip(row, _COSTS, strict=True):
                _against_cost(axis, group, cost, value, unit)
                axis.set_xlabel(title)
            row[0].set_ylabel(axis_title)
        axes[0, 1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1))
        figure.suptitle(f"{setting}: what is reached against cost, bars are 95 % intervals")
        files.append(_save(figure, folder / f"{stem}-cost.svg"))
        for option, title in (("samples", "lookahead samples n"), ("lookahead_steps", "lookahead steps")):
            curves = curves_of(group, option)
            if curves:
                figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.5))
                _against_option(axes, curves, group.get("plain", []))
                for axis in axes:
                    axis.set_xlabel(title)
                figure.suptitle(str(setting))
                files.append(_save(figure, folder / f"{stem}-{option}.svg"))
        pyplot.close("all")
    return files


def _save(figure: Any, file: Path) -> Path:
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None}, bbox_inches="tight")
    file.write_text(" ".join(file.read_text().split()) + "\n")
    return file


def _against_cost(axis: Any, group: Group, cost: str, value: Callable[[Row], float], unit: float) -> None:
    """Accuracy against mean cost: the budgets of one method are joined by a line, other methods are points."""
    from matplotlib.ticker import LogLocator, NullFormatter

    curves = {
        f"{name} by {option}": [cells for _, cells in points]
        for method, option in BUDGETS.items()
        for name, points in curves_of(
            {label: cells for label, cells in group.items() if cells[0]["name"] == method}, option
        ).items()
    }
    joined = [id(cells) for points in curves.values() for cells in points]
    curves |= {label: [cells] for label, cells in group.items() if id(cells) not in joined}
    for index, (label, points) in enumerate(curves.items()):
        xs = [mean(cells, lambda cell: plotted_cost(cell, cost)) for cells in points]
        ys, bars = _with_bars(points, value, unit)
        style = {"color": f"C{index % 10}", "linestyle": "-" if len(points) > 1 else "", "label": label}
        axis.errorbar(xs, ys, bars, marker="osD^v"[index // 10 % 5], markersize=5, elinewidth=0.5, **style)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.grid(alpha=0.3)


def curves_of(group: Group, option: str) -> dict[str, list[tuple[float, list[Row]]]]:
    """Settings of a method that differ in `option` alone, at least two of them, by the options that they share."""
    curves: dict[str, list[tuple[float, list[Row]]]] = {}
    names: dict[str, str] = {}
    for label, cells in group.items():
        options = dict(cells[0]["options"])
        if option not in options:
            continue
        value = options.pop(option)
        shared = json.dumps([cells[0]["name"], options], sort_keys=True)
        parts = label.partition(":")[2].split(",")
        rest = ",".join(part for part in parts if part and not part.startswith(f"{option}="))
        name = names.setdefault(shared, cells[0]["name"] + (f":{rest}" if rest else ""))
        curves.setdefault(name, []).append((value, cells))
    return {name: sorted(points, key=lambda point: point[0]) for name, points in curves.items() if len(points) > 1}


def _with_bars(
    points: list[list[Row]], value: Callable[[Row], float], unit: float
) -> tuple[list[float], list[list[float]]]:
    """The mean of each point, and how far its interval extends below and above."""
    ys = [unit * mean(cells, value) for cells in points]
    ends = [interval([unit * value(cell) for cell in cells], [cell["prompt"] for cell in cells]) for cells in points]
    return ys, [
        [max(y - low, 0) for y, (low, _) in zip(ys, ends, strict=True)],
        [max(high - y, 0) for y, (_, high) in zip(ys, ends, strict=True)],
    ]


def _against_option(axes: Any, curves: dict[str, list[tuple[float, list[Row]]]], plain: list[Row]) -> None:
    for axis, value, unit, title in (
        (axes[0], accuracy, 100, "verified, %"),
        (axes[1], mean_reward, 1, "mean reward"),
    ):
        for name, points in curves.items():
            xs = [x for x, _ in points]
            ys, bars = _with_bars([cells for _, cells in points], value, unit)
            axis.errorbar(xs, ys, bars, marker="o", capsize=2, label=name)
        if plain:
            axis.axhline(unit * mean(plain, value), color="black", linestyle="--", linewidth=1, label="plain")
        axis.set_ylabel(title)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
