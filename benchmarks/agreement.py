"""Compares a run of lidar_bench with benchmarks.alignment: python -m benchmarks.agreement OUT FILE

OUT: a run of lidar_bench/demo.json that benchmarks.verified judged. FILE: results of benchmarks.alignment of the split
"reported", whose prompts are those of lidar_bench/demo_prompts.txt. Prints for each arm the share of right pictures by
both, with 95 % intervals over prompts, and their difference, paired by prompt. Both sample the same prompts with other
noise, so the difference's interval should hold zero: in one of twenty comparisons chance alone leaves it out.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

from lidar_bench.runner import PLAN
from lidar_bench.tables import results

from . import records
from .intervals import interval

CORRECT = "GenEval: correct"


def methods_of(plan: Mapping[str, int], steps: int) -> dict[str, str]:
    """The method of benchmarks.alignment that does what each arm does, for a workflow of `steps` steps."""
    return {
        "plain": "plain",
        "longer": f"plain:longer={plan['longer_steps'] / steps:g}",
        "best-of": f"best-of:n={plan['turns']}",
        "pool": f"pool:samples={plan['samples']}",
        "lidar": "lidar",
        "select": f"lidar:keep_of={plan['select_turns']}",
    }


def compared(runner: Mapping[int, float], benchmark: Mapping[int, float]) -> list[str]:
    """Prompts, both shares with intervals, and their difference, of the prompts that both have; in points."""
    shared = sorted(runner.keys() & benchmark.keys())
    ours, theirs = [100 * runner[index] for index in shared], [100 * benchmark[index] for index in shared]
    differences = [one - other for one, other in zip(ours, theirs, strict=True)]

    def span(values: list[float], digits: str) -> str:
        low, high = interval(values, shared)
        return f"{low:{digits}} to {high:{digits}}"

    cells = [f"{fmean(values):.0f} ({span(values, '.0f')})" for values in (ours, theirs)]
    return [str(len(shared)), *cells, f"{fmean(differences):+.0f} ({span(differences, '+.0f')})"]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.agreement", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--steps", type=int, default=20, help="of the workflow (default: 20)")
    options = parser.parse_args()
    right = results(options.out).values[CORRECT]
    methods = methods_of(json.loads((options.out / PLAN).read_text(encoding="utf-8"))["plan"], options.steps)
    measured: dict[str, dict[int, float]] = {}
    for cell in records.read(options.file)[1]:
        measured.setdefault(cell["spec"], {})[cell["case"]] = fmean(cell["verified"])
    print("| arm | method of benchmarks.alignment | prompts | runner, % right | benchmark, % right | difference |")
    print("|---|---|---|---|---|---|")
    for arm, of_arm in right.items():
        print(f"| {arm} | `{methods[arm]}` | {' | '.join(compared(of_arm, measured[methods[arm]]))} |")


if __name__ == "__main__":
    main()
