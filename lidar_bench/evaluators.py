"""Reads the results that GenEval's and GenEval 2's evaluators wrote into an arm's folder: one number per prompt."""

import json
import math
from pathlib import Path
from statistics import fmean

from lidar_core.errors import LidarError

from .folders import Record

GENEVAL, GENEVAL2 = "results.jsonl", "score_lists.json"


def evaluated(folder: Path, records: dict[int, Record]) -> dict[str, dict[int, float]]:
    """By evaluator and prompt index: GenEval's share of correct pictures, and the geometric mean of GenEval 2's
    probabilities of a prompt's atoms (Soft-TIFA GM)."""
    found = {}
    if (folder / GENEVAL).is_file():
        found["GenEval: correct"] = _shares(folder / GENEVAL)
    if (folder / GENEVAL2).is_file():
        found["GenEval 2: Soft-TIFA GM"] = _geometric_means(folder / GENEVAL2, records)
    return found


def _shares(path: Path) -> dict[int, float]:
    correct: dict[int, list[float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        # .../00012/samples/0000.png
        correct.setdefault(int(Path(result["filename"]).parts[-3]), []).append(float(result["correct"]))
    return {index: fmean(values) for index, values in correct.items()}


def _geometric_means(path: Path, records: dict[int, Record]) -> dict[int, float]:
    """The geometric mean for each prompt, from its atoms' probabilities by prompt text or in the order of the list."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    by_index = (
        {index: stored[record["prompt"]] for index, record in records.items() if record["prompt"] in stored}
        if isinstance(stored, dict)
        else dict(enumerate(stored))
    )
    if not all(isinstance(atoms, list) and atoms for atoms in by_index.values()):
        raise LidarError(f"{path} has no list of numbers for each prompt: evaluate with --method soft_tifa_gm.")
    return {index: math.exp(fmean(math.log(max(atom, 1e-12)) for atom in atoms)) for index, atoms in by_index.items()}
