"""The results of a run as tables."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from lidar_core.errors import LidarError

from .arms import ARMS
from .evaluators import evaluated
from .folders import Record, records
from .intervals import interval
from .runner import PLAN

REFERENCES = ("plain", "best-of")
MACHINES = "servers.json"


@dataclass(frozen=True)
class Table:
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Results:
    """arms: the records of each arm by prompt index, for the prompts that all arms have. values: by measure, arm and
    index."""

    out: Path
    arms: Mapping[str, Mapping[int, Record]]
    values: Mapping[str, Mapping[str, Mapping[int, float]]]

    @property
    def indices(self) -> list[int]:
        return sorted(next(iter(self.arms.values())))


def results(out: Path) -> Results:
    found = {arm: records(out, arm) for arm in ARMS if (out / arm).is_dir()}
    shared = set.intersection(*(set(of_arm) for of_arm in found.values())) if found else set()
    if not shared:
        raise LidarError(f"{out} holds no prompt that every arm has finished: let the run finish at least one.")
    arms = {arm: {index: of_arm[index] for index in sorted(shared)} for arm, of_arm in found.items()}
    values: dict[str, dict[str, dict[int, float]]] = {}
    for arm, of_arm in arms.items():
        for measure, numbers in {**evaluated(out / arm, found[arm]), **_rewards(of_arm)}.items():
            values.setdefault(measure, {})[arm] = {index: numbers[index] for index in of_arm if index in numbers}
    return Results(out, arms, values)


def tables(found: Results) -> list[Table]:
    return [_costs(found), *(_compared(found, measure) for measure in found.values), _machines(found), _plan(found)]


def _rewards(of_arm: Mapping[int, Record]) -> dict[str, dict[int, float]]:
    """The mean over a prompt's pictures, by judge; a picture that cannot be scored is left out."""
    means: dict[str, dict[int, float]] = {}
    for index, record in of_arm.items():
        for judge, scores in record["rewards"].items():
            numbers = [score for score in scores if score is not None]
            if numbers:
                means.setdefault(judge, {})[index] = fmean(numbers)
    return means


def _costs(found: Results) -> Table:
    def mean(arm: str, key: str) -> float:
        return fmean(record[key] for record in found.arms[arm].values())

    rows = [
        [arm, str(len(of_arm)), f"{mean(arm, 'seconds'):.2f}", f"{mean(arm, 'model_calls'):.0f}"]
        for arm, of_arm in found.arms.items()
    ]
    return Table("Cost of a prompt", ["arm", "prompts", "seconds", "model calls"], rows)


def _compared(found: Results, measure: str) -> Table:
    of_arms = found.values[measure]
    references = [arm for arm in REFERENCES if arm in of_arms]
    rows = []
    for arm, numbers in of_arms.items():
        row = [arm, f"{fmean(numbers.values()):.3f}", _span(list(numbers.values()), ".3f")]
        for reference in references:
            other = of_arms[reference]
            differences = [value - other[index] for index, value in numbers.items() if index in other]
            row.append("" if arm == reference else _span(differences, "+.3f"))
        rows.append(row)
    return Table(measure, ["arm", "mean", "95 %", *(f"against {arm}, 95 %" for arm in references)], rows)


def _span(values: Sequence[float], digits: str) -> str:
    low, high = interval(values)
    return f"{low:{digits}} to {high:{digits}}"


def _machines(found: Results) -> Table:
    stored = json.loads((found.out / MACHINES).read_text(encoding="utf-8"))
    return Table("Servers", ["server", "machine"], [[name, machine] for name, machine in stored.items()])


def _plan(found: Results) -> Table:
    stored = json.loads((found.out / PLAN).read_text(encoding="utf-8"))["plan"]
    says: dict[str, Callable[[dict[str, int]], str]] = {
        "pictures of a prompt": lambda plan: str(plan["images"]),
        "longer: steps": lambda plan: str(plan["longer_steps"]),
        "best-of: turns": lambda plan: str(plan["turns"]),
        "pool: lookahead samples": lambda plan: str(plan["samples"]),
        "select: turns": lambda plan: str(plan["select_turns"]),
    }
    return Table("Plan", ["what", "number"], [[name, say(stored)] for name, say in says.items()])
