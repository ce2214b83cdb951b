"""Tables and plots of a results file: python -m benchmarks.report FILE [--plots FOLDER] [--reach METHOD]

Prints Markdown. Plots need matplotlib (the extra "bench").
"""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from lidar_core.world.grammar import FAMILIES

from . import records
from .intervals import interval, ratio_interval
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
    """The method's text; numbered if it has stood for other options, as when defaults changed between two runs."""
    label, number = cell["spec"], 1
    while label in methods and next(iter(methods[label].values()))["options"] != cell["options"]:
        number += 1
        label = f"{cell['spec']} ({number})"
    return label


def accuracy(cell: Row) -> float:
    return fmean(cell["verified"])


def per_image(cell: Row, cost: str) -> float:
    return cell["cost"][cost] / cell["images"]


def plotted_cost(cell: Row, cost: str) -> float:
    """Per picture; a pass back through the denoiser takes about the work of two forward."""
    return per_image(cell, cost) + (2 * per_image(cell, "backward") if cost == "evaluations" else 0)


def mean(cells: list[Row], value: Callable[[Row], float]) -> float:
    return fmean(map(value, cells)) if cells else float("nan")


def tables(cells: Iterable[Row], against: str = "plain") -> str:
    """Markdown: for each setting what was reached, by family, and what it cost."""
    parts = []
    for setting, group in by_setting(cells).items():
        first = next(iter(group.values()))
        if not first:
            parts.append(f"### {setting}\n\nNo prompt that every method has done yet.")
            continue
        distinct = len({cell["prompt"] for cell in first})
        parts += [
            f"### {setting}",
            f"{len(first)} prompts ({distinct} different ones), {setting.images} pictures each.",
            _quality(group, against),
            _families(group),
            _costs(group),
            *_options(group),
        ]
    return "\n\n".join(parts) + "\n"


def _options(group: Group) -> list[str]:
    """What names that do not say their options stand for."""
    lines = [
        f"- {label}: " + ", ".join(f"{name} {value}" for name, value in _flat(cells[0]["options"]).items())
        for label, cells in group.items()
        if "tuned" in label or label.endswith(")") or cells[0]["name"].startswith("lidar")
    ]
    return ["\n".join(lines)] if lines else []


def _flat(options: Row) -> Row:
    nested = options.get("settings", {})
    return {name: value for name, value in options.items() if name != "settings"} | nested


def _quality(group: Group, against: str) -> str:
    lines = [
        f"| method | verified | 95 % | against {against} | mean reward | against {against} | best reward | diversity |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, cells in group.items():
        prompts = [cell["prompt"] for cell in cells]
        low, high = interval([accuracy(cell) for cell in cells], prompts)
        gains = ["", ""]
        if against in group and label != against:
            for place, (value, unit) in enumerate(((accuracy, 100), (_mean_reward, 1))):
                pairs = zip(cells, group[against], strict=True)
                gain = interval([unit * (value(cell) - value(other)) for cell, other in pairs], prompts)
                gains[place] = (
                    f"{gain[0]:+.0f} to {gain[1]:+.0f}" if unit == 100 else f"{gain[0]:+.1f} to {gain[1]:+.1f}"
                )
        lines.append(
            f"| {label} | {100 * mean(cells, accuracy):.0f} % | {100 * low:.0f} to {100 * high:.0f} | {gains[0]} "
            f"| {mean(cells, _mean_reward):.2f} | {gains[1]} | {mean(cells, lambda cell: max(cell['rewards'])):.2f} "
            f"| {mean(cells, lambda cell: cell['diversity']):.0f} |"
        )
    return "\n".join(lines)


def _mean_reward(cell: Row) -> float:
    return fmean(cell["rewards"])


def _families(group: Group) -> str:
    lines = ["| verified, % | " + " | ".join(FAMILIES) + " |", "|---" * (len(FAMILIES) + 1) + "|"]
    for label, cells in group.items():
        shares = [mean([cell for cell in cells if cell["family"] == family], accuracy) for family in FAMILIES]
        lines.append(f"| {label} | " + " | ".join(f"{100 * share:.0f}" for share in shares) + " |")
    return "\n".join(lines)


def _costs(group: Group) -> str:
    lines = [
        "| cost per picture | evaluations | differentiated | decodes | scores | differentiated | seconds | peak MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, cells in group.items():
        counts = [
            fmean(per_image(cell, name) for cell in cells)
            for name in ("evaluations", "backward", "decodes", "scores", "gradients")
        ]
        lines.append(
            f"| {label} | " + " | ".join(f"{count:.0f}" for count in counts) + " "
            f"| {mean(cells, lambda cell: per_image(cell, 'seconds')):.2f} "
            f"| {max(cell['cost']['memory'] for cell in cells):.0f} |"
        )
    return "\n".join(lines)


def reach_tables(cells: Iterable[Row], reference: str) -> str:
    """Markdown: for each setting that has the reference, the cheapest way of every other method to be as accurate."""
    parts = [
        f"### {setting}: what {reference} reaches\n\n{_reach(group, reference)}"
        for setting, group in by_setting(cells).items()
        if group.get(reference)
    ]
    return "\n\n".join(parts) + "\n"


def _reach(group: Group, reference: str) -> str:
    wanted = group[reference]
    prompts = [cell["prompt"] for cell in wanted]
    target, wanted_seconds = mean(wanted, accuracy), [per_image(cell, "seconds") for cell in wanted]
    lines = [
        f"| cheapest with at least {100 * target:.0f} % | verified | against it | seconds | times faster | 95 % |",
        "|---|---|---|---|---|---|",
        f"| {reference} | {100 * target:.0f} % |  | {fmean(wanted_seconds):.2f} |  |  |",
    ]
    methods: dict[str, list[tuple[str, list[Row]]]] = {}
    for label, cells in group.items():
        if cells[0]["name"] != wanted[0]["name"]:
            methods.setdefault(cells[0]["name"], []).append((label, cells))
    for name, settings in methods.items():
        reaching = [(label, cells) for label, cells in settings if mean(cells, accuracy) >= target]
        if not reaching:
            label, cells = max(settings, key=lambda item: mean(item[1], accuracy))
            lines.append(f"| {name}: none; best is {label} | {100 * mean(cells, accuracy):.0f} % |  |  |  |  |")
            continue
        label, cells = min(reaching, key=lambda item: mean(item[1], lambda cell: per_image(cell, "seconds")))
        seconds = [per_image(cell, "seconds") for cell in cells]
        gain = interval(
            [100 * (accuracy(cell) - accuracy(other)) for cell, other in zip(cells, wanted, strict=True)], prompts
        )
        low, high = ratio_interval(wanted_seconds, seconds, prompts)
        lines.append(
            f"| {label} | {100 * mean(cells, accuracy):.0f} % | {gain[0]:+.0f} to {gain[1]:+.0f} "
            f"| {fmean(seconds):.2f} | {fmean(wanted_seconds) / fmean(seconds):.1f} | {low:.1f} to {high:.1f} |"
        )
    return "\n".join(lines)


def plots(cells: list[Row], folder: Path) -> list[Path]:
    """SVG files in `folder`: accuracy against cost, and what the pool's size and steps do.

    Letters stay letters, which the viewer's font draws: as outlines they would be most of the file.
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
        figure, axes = pyplot.subplots(1, 2, figsize=(13, 6), sharey=True)
        for axis, (cost, title) in zip(
            axes,
            (
                ("evaluations", "model evaluations per picture, a differentiated one as three"),
                ("seconds", "processor seconds per picture"),
            ),
            strict=True,
        ):
            _against_cost(axis, group, cost)
            axis.set_xlabel(title)
        axes[0].set_ylabel("verified, %")
        axes[1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1.01, 0.5))
        figure.suptitle(f"{setting}: accuracy against cost, bars are 95 % intervals")
        files.append(_save(figure, folder / f"{stem}-cost.svg"))
        for option, title in (("samples", "lookahead samples n"), ("lookahead_steps", "lookahead steps")):
            curves = _curves(group, option)
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


def _against_cost(axis: Any, group: Group, cost: str) -> None:
    """Budgets of one method are joined, the others are points; each stands where its mean cost is."""
    from matplotlib.ticker import LogLocator, NullFormatter

    curves = {
        f"{name} by {option}": [cells for _, cells in points]
        for method, option in BUDGETS.items()
        for name, points in _curves(
            {label: cells for label, cells in group.items() if cells[0]["name"] == method}, option
        ).items()
    }
    joined = [id(cells) for points in curves.values() for cells in points]
    curves |= {label: [cells] for label, cells in group.items() if id(cells) not in joined}
    for index, (label, points) in enumerate(curves.items()):
        xs = [mean(cells, lambda cell: plotted_cost(cell, cost)) for cells in points]
        ys, bars = _with_bars(points, accuracy, 100)
        style = {"color": f"C{index % 10}", "linestyle": "-" if len(points) > 1 else "", "label": label}
        axis.errorbar(xs, ys, bars, marker="osD^v"[index // 10 % 5], markersize=5, elinewidth=0.5, **style)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.grid(alpha=0.3)


def _curves(group: Group, option: str) -> dict[str, list[tuple[float, list[Row]]]]:
    """Settings of a method that differ in `option` alone, with at least two values of it, under what they share."""
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
    """Each point's mean, and how far its interval reaches below and above."""
    ys = [unit * mean(cells, value) for cells in points]
    ends = [interval([unit * value(cell) for cell in cells], [cell["prompt"] for cell in cells]) for cells in points]
    return ys, [
        [max(y - low, 0) for y, (low, _) in zip(ys, ends, strict=True)],
        [max(high - y, 0) for y, (_, high) in zip(ys, ends, strict=True)],
    ]


def _against_option(axes: Any, curves: dict[str, list[tuple[float, list[Row]]]], plain: list[Row]) -> None:
    for axis, value, unit, title in (
        (axes[0], accuracy, 100, "verified, %"),
        (axes[1], _mean_reward, 1, "mean reward"),
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


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--against", default="plain", help="the method that others are compared with (default: plain)")
    parser.add_argument("--methods", nargs="+", help="only these, as they were given to benchmarks.alignment")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="also draw SVG plots into this folder")
    parser.add_argument(
        "--reach", metavar="METHOD", help="also the cheapest way of each other method to be as accurate as this one"
    )
    options = parser.parse_args()
    cells = [cell for file in options.files for cell in records.read(file)[1]]
    if options.methods:
        cells = [cell for cell in cells if cell["spec"] in options.methods]
    if not cells:
        parser.error("there are no results in the files, or none of these methods.")
    print(tables(cells, options.against))
    if options.reach:
        if options.reach not in {cell["spec"] for cell in cells}:
            parser.error(f'--reach: the results hold no method "{options.reach}".')
        print(reach_tables(cells, options.reach))
    if options.plots:
        print("\n".join(map(str, plots(cells, options.plots))))


if __name__ == "__main__":
    main()
