"""The tables of benchmarks.judges, with 95 % intervals over the prompts."""

from collections.abc import Sequence
from statistics import fmean

from lidar_core.world.grammar import FAMILIES

from .intervals import interval
from .records import Row


def tables(rows: list[Row]) -> str:
    """All tables as Markdown, from the results of each prompt."""
    return "\n\n".join([agreement(rows), best_of(rows), pushed(rows), taste(rows)])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def stated(values: Sequence[float], prompts: Sequence[str]) -> str:
    low, high = interval(values, prompts)
    return f"{fmean(values):.2f} ({low:.2f} to {high:.2f})" if values else ""


def agreement(rows: list[Row]) -> str:
    """AUC by family; a prompt whose samples are all right, or all wrong, has none."""
    right = fmean(row["right"] for row in rows)
    body = []
    for name in rows[0]["auc"]:
        known = [row for row in rows if row["auc"][name] is not None]
        of = [[row["auc"][name] for row in known if row["family"] == family] for family in FAMILIES]
        areas = [row["auc"][name] for row in known]
        body.append(
            [name, *(f"{fmean(some):.2f}" if some else "" for some in of), stated(areas, [r["prompt"] for r in known])]
        )
    counts = [sum(row["family"] == family and row["auc"]["scorer"] is not None for row in rows) for family in FAMILIES]
    head = ["reward", *(f"{family} ({count})" for family, count in zip(FAMILIES, counts, strict=True))]
    return (
        f"{len(rows)} prompts; {100 * right:.0f} % of the lookahead samples are verified. Agreement with the verifier "
        f"within a prompt, by AUC, for prompts with right and wrong samples:\n\n"
        + table([*head, f"all ({sum(counts)})"], body)
    )


def best_of(rows: list[Row]) -> str:
    numbers = list(rows[0]["best"]["scorer"])
    body = [[name, *(_cell([row["best"][name][n] for row in rows]) for n in numbers)] for name in rows[0]["best"]]
    return "The best of n samples by each reward: z-score of the reward, share verified.\n\n" + table(
        ["reward", *(f"n = {n}" for n in numbers)], body
    )


def pushed(rows: list[Row]) -> str:
    """Rewards and accuracies of LiDAR's pictures, with intervals of the accuracy less that of plain pictures."""
    names = [name for name, pushes in rows[0]["pushed"].items() if len(pushes) > 1]
    pushes = list(rows[0]["pushed"][names[0]])
    prompts = [row["prompt"] for row in rows]
    body = []
    for name in names:
        before = [row["plain"][name] for row in rows]
        cells = [_cell(before)]
        for push in pushes:
            after = [row["pushed"][name][push] for row in rows]
            gains = [100 * (one[1] - other[1]) for one, other in zip(after, before, strict=True)]
            low, high = interval(gains, prompts)
            cells.append(f"{_cell(after)} ({low:+.0f} to {high:+.0f})")
        body.append([name, *cells])
    return (
        "LiDAR by each reward: z-score of the reward among the prompt's samples, share verified (95 % interval of the "
        "difference from plain, in points).\n\n" + table(["reward", "plain", *pushes], body)
    )


def taste(rows: list[Row]) -> str:
    """The hidden taste of LiDAR's pictures by rewards with and without the learned taste."""
    (push,) = rows[0]["pushed"]["taste"]
    prompts = [row["prompt"] for row in rows]
    plain = [row["plain"]["taste"] for row in rows]
    body = [["plain", f"{fmean(point[2] for point in plain):+.2f}", "", f"{100 * fmean(p[1] for p in plain):.0f} %"]]
    for name in ("taste", "scorer", "scorer + taste", "scorer gates taste"):
        points = [row["pushed"][name][push] for row in rows]
        low, high = interval([one[2] - other[2] for one, other in zip(points, plain, strict=True)], prompts)
        body.append(
            [
                name,
                f"{fmean(point[2] for point in points):+.2f}",
                f"{low:+.2f} to {high:+.2f}",
                f"{100 * fmean(point[1] for point in points):.0f} %",
            ]
        )
    return (
        f"A hidden taste learned from comparisons of other prompts' samples: agreement with comparisons left out "
        f"{rows[0]['agreement']:.2f}; correlation with the hidden taste within a new prompt "
        f"{stated([row['correlation'] for row in rows], prompts)}. LiDAR with {push}; the taste is in standard "
        "deviations of the prompt's samples:\n\n"
        + table(["reward", "hidden taste", "difference from plain (95 %)", "verified"], body)
    )


def _cell(points: Sequence[Sequence[float]]) -> str:
    return f"{fmean(point[0] for point in points):+.2f}, {100 * fmean(point[1] for point in points):.0f} %"
