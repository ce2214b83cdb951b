"""Each method against plain sampling and Best-of-N that cost at least as much."""

from .cells import Group, Setting, accuracy, by_setting, mean, mean_flaws, per_image
from .intervals import interval
from .records import Row

BUDGETS = ("plain", "best-of")
COSTS = {"nfe": "model calls", "seconds": "seconds"}
_SAME = 0.98
"""Costs count as equal from this share on: seconds of the same work differ by that."""


def rival_of(group: Group, method: str, cost: str) -> str | None:
    """The cheapest plain sampling or Best-of-N that costs at least as much as `method`; of equal ones the better."""

    def spent(label: str) -> float:
        return mean(group[label], lambda cell: per_image(cell, cost))

    dear = [
        label for label, cells in group.items() if cells[0]["name"] in BUDGETS and spent(label) >= _SAME * spent(method)
    ]
    if not dear:
        return None
    least = min(map(spent, dear))
    return max(
        (label for label in dear if spent(label) <= least / _SAME), key=lambda label: mean(group[label], accuracy)
    )


def rival_tables(cells: list[Row]) -> str:
    """Markdown tables, one for each setting and cost: every method beside its rival, with paired 95 % intervals."""
    parts = []
    for setting, group in by_setting(cells).items():
        if next(iter(group.values())):
            parts += [_table(setting, group, cost) for cost in COSTS]
    return "\n\n".join(parts) + "\n"


def _table(setting: Setting, group: Group, cost: str) -> str:
    unit = COSTS[cost]
    lines = [
        f"### {setting}, at equal {unit}",
        "",
        f"| method | {unit} | rival of at least as many | {unit} | right: method - rival | flaws: method - rival |",
        "|---|---|---|---|---|---|",
    ]
    for method, cells in group.items():
        if cells[0]["name"] in BUDGETS:
            continue
        rival = rival_of(group, method, cost)
        spent = mean(cells, lambda cell: per_image(cell, cost))
        if rival is None:
            lines.append(f"| {method} | {spent:.3g} | none | | | |")
            continue
        prompts = [cell["prompt"] for cell in cells]
        pairs = list(zip(cells, group[rival], strict=True))
        right = interval([100 * (accuracy(cell) - accuracy(other)) for cell, other in pairs], prompts)
        flaws = interval([mean_flaws(cell) - mean_flaws(other) for cell, other in pairs], prompts)
        other = mean(group[rival], lambda cell: per_image(cell, cost))
        lines.append(
            f"| {method} | {spent:.3g} | {rival} | {other:.3g} | {right[0]:+.0f} to {right[1]:+.0f} "
            f"| {flaws[0]:+.1f} to {flaws[1]:+.1f} |"
        )
    return "\n".join(lines)
