"""Tunes the methods on the tuning split: python -m benchmarks.tune

Works stage by stage for each sampling and method: tries every combination of the stage's options on top of the best so
far, and keeps the best by --by (ties by reward). Writes the choice, its result and everything tried to
benchmarks/tuned.json, where "method:tuned" finds them. Resumes like benchmarks.alignment. --near SAMPLING limits the
first stage to that sampling's choice and the values beside it, --from-stage continues from the file, and --as SAMPLING
tries nothing and copies that sampling's choice.
"""

import argparse
import itertools
import json
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

from . import records
from .alignment import DEFAULT_SAMPLINGS
from .cells import accuracy
from .runs import refuse_other_code, run
from .specs import TUNED, fits, tuned_options
from .workplace import Sampling

Stage = dict[str, tuple[Any, ...]]

STAGES: dict[str, list[Stage]] = {
    "renoise": [{"denoise": (0.3, 0.45, 0.6, 0.75, 0.9), "sources": (0, 1)}],
    "lidar-paper": [{"strength": (1.0, 2.0, 4.0, 8.0, 12.5, 20.0)}],
    "fk": [
        {"lam": (0.1, 0.3, 1.0, 3.0), "potential": ("max", "difference")},
        {"potential": ("max", "difference", "add"), "joint": (False, True)},
        {"first": (0.1, 0.2, 0.4), "last": (0.6, 0.8)},
    ],
    "universal": [
        {"scale": (0.03, 0.1, 0.3, 1.0, 3.0)},
        {"start": (0.0, 0.3), "end": (0.7, 1.0)},
        {"backward": (2,), "rate": (0.1, 0.4)},
        {"repeats": (2,)},
    ],
    "date": [{"rate": (0.06, 0.12, 0.25, 0.5, 1.0)}, {"accumulate": (False,), "rate": (0.25, 0.5, 1.0, 2.0)}],
}
MANY_STEPS = 50
"""From so many steps on, gradients are taken at each fifth step, as the authors of DATE do at each tenth of 50."""


def rarely(method: str, sampling: Sampling) -> dict[str, Any]:
    """Gradients at every fifth step only, for samplings of many steps."""
    return {"every": 5} if method in ("universal", "date") and sampling.steps >= MANY_STEPS else {}


def untried(method: str, sampling: Sampling, like: str) -> dict[str, Any]:
    """The record for tuned.json that copies another sampling's choice."""
    return {"options": rarely(method, sampling) | tuned_options(method, like), "as": like}


def beside(stage: Stage, chosen: dict[str, Any]) -> Stage:
    """The stage limited to the chosen values and their neighbours; options of words or without a choice stay whole."""
    narrow: Stage = {}
    for name, values in stage.items():
        place = values.index(chosen[name]) if chosen.get(name) in values and not isinstance(values[0], str) else None
        narrow[name] = values if place is None else values[max(place - 1, 0) : place + 2]
    return narrow


def tune(
    out: Path,
    method: str,
    sampling: Sampling,
    per_family: int,
    images: int,
    by: str,
    stages: list[Stage],
    before: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The record for tuned.json: options, their result, and everything tried. before: a record to continue from."""
    best: dict[str, Any] = dict(before["options"]) if before else rarely(method, sampling)
    tried: dict[str, dict[str, float]] = dict(before["tried"]) if before else {}
    for stage in stages:
        candidates = [best] if tried else []
        candidates += [best | dict(zip(stage, values, strict=True)) for values in itertools.product(*stage.values())]
        candidates = [options for options in candidates if fits(_text(method, options), sampling)]
        texts = [_text(method, options) for options in candidates]
        cells = run(out, "tuning", per_family, images, [sampling], texts, quiet=True)
        for text in texts:
            own = [cell for cell in cells if cell["spec"] == text]
            tried[text] = {
                "accuracy": round(fmean(map(accuracy, own)), 4),
                "reward": round(fmean(fmean(cell["rewards"]) for cell in own), 3),
            }
        order = ("accuracy", "reward") if by == "accuracy" else ("reward", "accuracy")
        ranks = [tuple(tried[text][name] for name in order) for text in texts]
        best = candidates[ranks.index(max(ranks))]
        print(f"{sampling} {_text(method, best)}: {tried[_text(method, best)]}", flush=True)
    reached = tried[_text(method, best)]
    return {"options": best, **reached, "by": by, "cases": 6 * per_family, "images": images, "tried": tried}


def _text(method: str, options: dict[str, Any]) -> str:
    values = [f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in options.items()]
    return method + (":" + ",".join(values) if values else "")


def save(sampling: Sampling, method: str, record: dict[str, Any], file: Path = TUNED) -> None:
    tuned = json.loads(file.read_text()) if file.exists() else {}
    tuned.setdefault(str(sampling), {})[method] = record
    file.write_text(json.dumps(tuned, indent=1, sort_keys=True) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tune", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", choices=STAGES, default=list(STAGES), metavar="METHOD")
    parser.add_argument("--samplings", nargs="+", default=list(DEFAULT_SAMPLINGS), metavar="SAMPLER/SCHEDULE/STEPS")
    parser.add_argument("--prompts", type=int, default=4, help="prompts of each family (default: 4)")
    parser.add_argument("--images", type=int, default=2, help="pictures of each prompt (default: 2)")
    parser.add_argument("--by", choices=("accuracy", "reward"), default="accuracy", help="what is best")
    parser.add_argument("--depth", type=int, default=9, help="the most stages (default: all)")
    parser.add_argument("--from-stage", type=int, default=1, help="continue from tuned.json at this stage (default: 1)")
    parser.add_argument("--near", metavar="SAMPLING", help="try only what lies beside that sampling's choice")
    parser.add_argument("--as", dest="like", metavar="SAMPLING", help="take that sampling's choice untried")
    parser.add_argument("--out", type=Path, default=Path("benchmark_results/tuning.jsonl"))
    parser.add_argument("--same-code", action="store_true", help="continue a file whose results are of other code")
    options = parser.parse_args()
    try:
        samplings = [Sampling.parse(text) for text in options.samplings]
        if not options.same_code:
            refuse_other_code(options.out)
    except ValueError as error:
        parser.error(str(error))
    records.append(options.out, records.run_header(sys.argv[1:]))
    for sampling, method in itertools.product(samplings, options.methods):
        if not fits(method, sampling):
            continue
        if options.like:
            save(sampling, method, untried(method, sampling, options.like))
            continue
        stages = STAGES[method][options.from_stage - 1 : options.depth]
        if options.near:
            stages = [beside(stages[0], tuned_options(method, options.near)), *stages[1:]]
        before = json.loads(TUNED.read_text())[str(sampling)][method] if options.from_stage > 1 else None
        arguments = (options.prompts, options.images, options.by, stages, before)
        save(sampling, method, tune(options.out, method, sampling, *arguments))


if __name__ == "__main__":
    main()
