import argparse
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from lidar_core.world.grammar import FAMILIES

from . import records
from .cells import Group, accuracy, by_setting, mean, mean_flaws, mean_reward, per_image
from .intervals import interval, ratio_interval
from .plots import plots
from .records import Row

_COMPARED = ((accuracy, 100, 0), (mean_flaws, 1, 1), (mean_reward, 1, 1))
"""What a method is compared in, the unit's share of 1, and the digits after the point."""


def tables(cells: Iterable[Row], against: str = "plain") -> str:
    """Markdown tables, one for each setting: accuracy by family, and cost."""
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
    """The options behind names that do not state them."""
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
        f"| method | verified | 95 % | against {against} | flaws | against {against} | mean reward | against {against} "
        "| best reward | diversity |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for label, cells in group.items():
        prompts = [cell["prompt"] for cell in cells]
        low, high = interval([accuracy(cell) for cell in cells], prompts)
        gains = ["", "", ""]
        if against in group and label != against:
            for place, (value, unit, digits) in enumerate(_COMPARED):
                pairs = zip(cells, group[against], strict=True)
                gain = interval([unit * (value(cell) - value(other)) for cell, other in pairs], prompts)
                gains[place] = f"{gain[0]:+.{digits}f} to {gain[1]:+.{digits}f}"
        lines.append(
            f"| {label} | {100 * mean(cells, accuracy):.0f} % | {100 * low:.0f} to {100 * high:.0f} | {gains[0]} "
            f"| {mean(cells, mean_flaws):.1f} | {gains[1]} | {mean(cells, mean_reward):.2f} | {gains[2]} "
            f"| {mean(cells, lambda cell: max(cell['rewards'])):.2f} "
            f"| {mean(cells, lambda cell: cell['diversity']):.0f} |"
        )
    return "\n".join(lines)


def _families(group: Group) -> str:
    lines = ["| verified, % | " + " | ".join(FAMILIES) + " |", "|---" * (len(FAMILIES) + 1) + "|"]
    for label, cells in group.items():
        shares = [mean([cell for cell in cells if cell["family"] == family], accuracy) for family in FAMILIES]
        lines.append(f"| {label} | " + " | ".join(f"{100 * share:.0f}" for share in shares) + " |")
    return "\n".join(lines)


def _costs(group: Group) -> str:
    lines = [
        "| cost per picture | NFE | differentiated | decodes | scores | differentiated | seconds | peak MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, cells in group.items():
        counts = [
            fmean(per_image(cell, name) for cell in cells)
            for name in ("nfe", "backward", "decodes", "scores", "gradients")
        ]
        lines.append(
            f"| {label} | " + " | ".join(f"{count:.0f}" for count in counts) + " "
            f"| {mean(cells, lambda cell: per_image(cell, 'seconds')):.2f} "
            f"| {max(cell['cost']['memory'] for cell in cells):.0f} |"
        )
    return "\n".join(lines)


def reach_tables(cells: Iterable[Row], reference: str) -> str:
    """Markdown tables: the cheapest options of each method that match the reference's accuracy, setting by setting."""
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


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--against", default="plain", help="compare the others with this method (default: plain)")
    parser.add_argument("--methods", nargs="+", help="only these methods, spelled as for benchmarks.alignment")
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
