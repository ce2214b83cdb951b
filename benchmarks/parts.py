"""Results in parts, one file each: what is run, and the command that runs, resumes and reports it."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from . import records
from .plots import plots
from .report import reach_tables, tables
from .rivals import rival_tables
from .runs import refuse_other_code, run
from .workplace import Sampling


@dataclass(frozen=True)
class Part:
    """One results file: methods, samplings, prompts of each family and pictures of each prompt."""

    samplings: tuple[str, ...]
    methods: tuple[str, ...]
    prompts: int
    images: int = 4

    def do(self, out: Path) -> None:
        samplings = [Sampling.parse(text) for text in self.samplings]
        run(out, "reported", self.prompts, self.images, samplings, list(self.methods))


def write(folder: Path, parts: Mapping[str, Part], reference: str) -> None:
    """tables.md and the plots of all results that `folder` holds."""
    sections = []
    for name in parts:
        cells = records.read(folder / f"{name}.jsonl")[1]
        if cells:
            shown = "\n".join((tables(cells), rival_tables(cells), reach_tables(cells, reference)))
            sections.append(f"## {name}\n\n{shown}".strip())
            plots(cells, folder / "plots" / name)
    (folder / "tables.md").write_text("# Tables\n\n" + "\n\n".join(sections) + "\n")


def command(prog: str, description: str, out: Path, parts: Mapping[str, Part], reference: str) -> None:
    """Do the parts that the command line names, then write the tables and plots of all that are there."""
    parser = argparse.ArgumentParser(
        prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=out, metavar="FOLDER", help=f"default: {out}")
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts), metavar="PART")
    parser.add_argument("--prompts", type=int, help="prompts of each family, instead of each part's own number")
    parser.add_argument("--same-code", action="store_true", help="go on with files whose results are of other code")
    parser.add_argument("--no-runs", action="store_true", help="only write tables and plots of what is there")
    options = parser.parse_args()
    for name in [] if options.no_runs else options.only:
        file = options.out / f"{name}.jsonl"
        try:
            if not options.same_code:
                refuse_other_code(file)
        except ValueError as error:
            parser.error(str(error))
        records.append(file, records.run_header(sys.argv[1:]))
        part = parts[name]
        (replace(part, prompts=options.prompts) if options.prompts else part).do(file)
    write(options.out, parts, reference)
