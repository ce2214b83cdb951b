"""Results in parts, one file for each: what a part runs, and the command that runs, resumes and reports parts."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from . import records
from .plots import plots
from .records import Row
from .report import reach_tables, tables
from .rivals import rival_tables
from .runs import refuse_other_code, run, share
from .workplace import Sampling


@dataclass(frozen=True)
class Part:
    """One results file: methods, samplings, prompts of each family and pictures of each prompt."""

    samplings: tuple[str, ...]
    methods: tuple[str, ...]
    prompts: int
    images: int = 4

    def do(self, out: Path, share: tuple[int, int], device: str) -> None:
        samplings = [Sampling.parse(text) for text in self.samplings]
        run(out, "reported", self.prompts, self.images, samplings, list(self.methods), share, device=device)


def timed(cells: list[Row], others: list[Row]) -> list[Row]:
    """The `cells` that `others` hold too, with the mean seconds and the peak memory of those."""
    known: dict[str, list[Row]] = {}
    for cell in others:
        known.setdefault(_way(cell), []).append(cell["cost"])
    return [
        cell
        | {
            "cost": cell["cost"]
            | {
                "seconds": fmean(cost["seconds"] for cost in costs),
                "memory": max(cost["memory"] for cost in costs),
            }
        }
        for cell in cells
        if (costs := known.get(_way(cell)))
    ]


def _way(cell: Row) -> str:
    """What results of the same method and sampling share, whatever the prompt."""
    return records.key(cell | {"case": 0})


def write(folder: Path, parts: Mapping[str, Part], reference: str, clock: Path | None) -> None:
    """Write tables.md and the plots of all results in `folder`; clock: the folder that their seconds are taken from."""
    sections = []
    for name in parts:
        cells = records.read(folder / f"{name}.jsonl")[1]
        if clock:
            cells = timed(cells, records.read(clock / f"{name}.jsonl")[1])
        if cells:
            shown = "\n".join((tables(cells), rival_tables(cells), reach_tables(cells, reference)))
            sections.append(f"## {name}\n\n{shown}".strip())
            plots(cells, folder / "plots" / name)
    (folder / "tables.md").write_text("# Tables\n\n" + "\n\n".join(sections) + "\n")


def command(prog: str, description: str, out: Path, parts: Mapping[str, Part], reference: str) -> None:
    """Run the parts that the command line names, then write the tables and plots of all results."""
    parser = argparse.ArgumentParser(
        prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=out, metavar="FOLDER", help=f"default: {out}")
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts), metavar="PART")
    parser.add_argument("--prompts", type=int, help="prompts of each family, instead of each part's own number")
    parser.add_argument("--same-code", action="store_true", help="continue files whose results are of other code")
    parser.add_argument("--device", default="cpu", help="of the networks (default: cpu)")
    parser.add_argument(
        "--share",
        type=share,
        default=(1, 1),
        metavar="K/N",
        help="only the K-th of N parts of the prompts, and no tables, to share a run between processes; give each its "
        "own --out and join their files",
    )
    parser.add_argument(
        "--seconds",
        type=Path,
        metavar="FOLDER",
        help="show the seconds and memory of the results in FOLDER, of fewer prompts on one thread, instead of "
        "those of a shared run or a GPU",
    )
    parser.add_argument("--no-runs", action="store_true", help="only write tables and plots of what is there")
    options = parser.parse_args()
    for name in [] if options.no_runs else options.only:
        file = options.out / f"{name}.jsonl"
        try:
            if not options.same_code:
                refuse_other_code(file)
        except ValueError as error:
            parser.error(str(error))
        records.append(file, records.run_header(sys.argv[1:], options.device))
        part = parts[name]
        (replace(part, prompts=options.prompts) if options.prompts else part).do(file, options.share, options.device)
    if options.share == (1, 1):
        write(options.out, parts, reference, options.seconds)
