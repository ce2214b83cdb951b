"""Everything that docs/benchmark holds: python -m benchmarks.reported --out FOLDER

Runs each part below on the reported prompts and writes its results, then all tables and plots. Resumes like
benchmarks.alignment; --only PART does a single one. All parts together take about two hours on one core.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from . import records
from .plots import plots
from .report import reach_tables, tables
from .runs import refuse_other_code, run
from .workplace import Sampling


@dataclass(frozen=True)
class Part:
    """One results file: methods, samplings, prompts of each family and pictures of each prompt."""

    samplings: tuple[str, ...]
    methods: tuple[str, ...]
    prompts: int
    images: int = 4


REFERENCE = "universal:tuned"
"""The gradient guidance whose accuracy the others' costs are compared at."""

_BASELINES = ("renoise:tuned", "lidar-paper:tuned", "universal:tuned")
_OF_EVERY_SAMPLING = (
    "plain",
    "best-of:n=2",
    "best-of:n=4",
    "pool",
    "best-noise",
    "lidar",
    "lidar:best_noise=true",
    "lidar:keep_of=2",
    "lidar:keep_of=2,with_pool=true",
    "lidar:strength=1",
    "lidar:strength=4",
)

PARTS = {
    "ancestral": Part(
        ("euler_ancestral/simple/20",),
        (
            *_OF_EVERY_SAMPLING,
            "plain:longer=2",
            "plain:longer=4",
            "best-of:n=8",
            "lidar:keep_of=4",
            "lidar:with_pool=true",
            "lidar:samples=8,with_pool=true",
            "lidar:samples=8,keep_of=2,with_pool=true",
            "lidar:alone=2",
            "lidar:lookahead_cfg=1",
            "lidar:samples=8,lookahead_steps=6",
            "lidar:variety=0",
            *(f"lidar:samples={samples}" for samples in (4, 8, 32)),
            *(f"lidar:lookahead_steps={steps}" for steps in (2, 3, 4, 6)),
            *_BASELINES,
            "date:tuned",
            "fk:tuned,particles=2",
            "fk:tuned,particles=4",
        ),
        prompts=4,
    ),
    "sixteen": Part(
        ("euler_ancestral/simple/20",),
        (
            "plain",
            "plain:longer=2",
            "best-of:n=2",
            "best-of:n=4",
            "pool",
            "lidar",
            "lidar:keep_of=2",
            "lidar:samples=8",
            "lidar:samples=8,keep_of=2",
            "lidar:samples=32",
            REFERENCE,
        ),
        prompts=2,
        images=16,
    ),
    "others": Part(
        ("euler/karras/30", "dpmpp_2m/karras/25", "euler/simple/20", "euler/flow/28"),
        (*_OF_EVERY_SAMPLING, *_BASELINES),
        prompts=2,
    ),
    "ddim": Part(
        ("ddim/simple/100",),
        (
            "plain",
            "best-of:n=2",
            "pool",
            "best-noise",
            "lidar",
            "lidar:best_noise=true",
            "lidar:keep_of=2",
            "lidar:strength=4",
            "lidar-paper:strength=12.5",
            *_BASELINES,
            "fk:tuned,particles=4",
        ),
        prompts=2,
    ),
}


def do(part: Part, out: Path) -> None:
    samplings = [Sampling.parse(text) for text in part.samplings]
    run(out, "reported", part.prompts, part.images, samplings, list(part.methods))


def write(folder: Path) -> None:
    """tables.md and the plots of all results that `folder` holds."""
    sections = []
    for name in PARTS:
        cells = records.read(folder / f"{name}.jsonl")[1]
        if cells:
            sections.append(f"## {name}\n\n{tables(cells)}\n{reach_tables(cells, REFERENCE)}".strip())
            plots(cells, folder / "plots" / name)
    (folder / "tables.md").write_text("# Tables\n\n" + "\n\n".join(sections) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reported", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("benchmark_results/reported"), metavar="FOLDER")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--same-code", action="store_true", help="go on with files whose results are of other code")
    parser.add_argument("--no-runs", action="store_true", help="only write tables and plots of what is there")
    options = parser.parse_args()
    for name in [] if options.no_runs else options.only:
        out = options.out / f"{name}.jsonl"
        try:
            if not options.same_code:
                refuse_other_code(out)
        except ValueError as error:
            parser.error(str(error))
        records.append(out, records.run_header(sys.argv[1:]))
        do(PARTS[name], out)
    write(options.out)


if __name__ == "__main__":
    main()
