"""Compares a run of lidar_bench with the benchmarks: python -m benchmarks.agreement OUT FILE ...

OUT: a run of lidar_bench/demo.json that benchmarks.verified judged. FILE: results of benchmarks.alignment or of another
benchmark of the split "reported", whose prompts are those of lidar_bench/demo_prompts.txt. Prints for each arm the
share of right pictures by both, with 95 % intervals over prompts, and their difference, paired by prompt. Both sample
the same prompts with other noise, so the difference's interval should hold zero: in one of twenty comparisons chance
alone leaves it out.
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
from .specs import Spec
from .workplace import Sampling

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

    if not shared:
        return ["0", "", "", ""]
    cells = [f"{fmean(values):.0f} ({span(values, '.0f')})" for values in (ours, theirs)]
    return [str(len(shared)), *cells, f"{fmean(differences):+.0f} ({span(differences, '+.0f')})"]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.agreement", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--sampling", default="euler_ancestral/simple/20", help="that of the workflow")
    options = parser.parse_args()
    right = results(options.out).values[CORRECT]
    plan = json.loads((options.out / PLAN).read_text(encoding="utf-8"))["plan"]
    methods = methods_of(plan, Sampling.parse(options.sampling).steps)
    measured: dict[str, dict[int, float]] = {}
    for file in options.files:
        for cell in records.read(file)[1]:
            if (cell["sampling"], cell["split"], cell["images"]) == (options.sampling, "reported", plan["images"]):
                measured.setdefault(_same(cell), {})[cell["case"]] = fmean(cell["verified"])
    print("| arm | method of benchmarks.alignment | prompts | runner, % right | benchmark, % right | difference |")
    print("|---|---|---|---|---|---|")
    for arm, of_arm in right.items():
        spec = Spec.parse(methods[arm])
        cells = compared(of_arm, measured.get(_same({"name": spec.name, "options": spec.options}), {}))
        print(f"| {arm} | `{spec.text}` | {' | '.join(cells)} |")


def _same(cell: records.Row) -> str:
    """Equal for cells of the same method, however its options were written."""
    return json.dumps([cell["name"], cell["options"]], sort_keys=True)


if __name__ == "__main__":
    main()
