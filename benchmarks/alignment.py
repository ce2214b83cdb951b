"""Compares ways to follow the prompt on the embedded world: python -m benchmarks.alignment

Every method samples the same prompts at the same seeds. Each result (method, sampling, prompt) is appended to --out
as soon as it is ready; finished results are not recomputed, so a run may be stopped and resumed at any time.
`python -m benchmarks.report FILE` makes tables and plots. Choose options on --split tuning, and report figures of
--split reported, which has other prompts and seeds.
"""

import argparse
import sys
from pathlib import Path

from . import records
from .prompts import SPLITS
from .report import tables
from .runs import fitting, refuse_other_code, run, share
from .specs import METHODS
from .workplace import Sampling

DEFAULT_METHODS = (
    "plain",
    "plain:longer=2",
    "plain:longer=4",
    "best-of:n=2",
    "best-of:n=4",
    "pool",
    "best-noise",
    "renoise:tuned",
    "universal:tuned",
    "date:tuned",
    "fk:tuned,particles=2",
    "fk:tuned,particles=4",
    "lidar-paper:tuned",
    "lidar",
    "lidar:best_noise=true",
    "lidar:keep_of=2",
    "lidar:keep_of=4",
    "lidar:with_pool=true",
)

DEFAULT_SAMPLINGS = (
    "ddim/simple/100",
    "euler/simple/20",
    "euler/karras/30",
    "euler_ancestral/simple/20",
    "dpmpp_2m/karras/25",
    "euler/flow/28",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.alignment", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--methods",
        nargs="+",
        default=list(DEFAULT_METHODS),
        metavar="METHOD[:OPTION=VALUE,...]",
        help=f"of {', '.join(METHODS)} (default: {' '.join(DEFAULT_METHODS)})",
    )
    parser.add_argument(
        "--samplings",
        nargs="+",
        default=list(DEFAULT_SAMPLINGS),
        metavar="SAMPLER/SCHEDULE/STEPS",
        help=f"default: {' '.join(DEFAULT_SAMPLINGS)}",
    )
    parser.add_argument("--split", choices=SPLITS, default="tuning")
    parser.add_argument("--prompts", type=int, default=16, help="prompts of each family (default: 16)")
    parser.add_argument("--images", type=int, default=4, help="pictures of each prompt (default: 4)")
    parser.add_argument("--out", type=Path, default=Path("benchmark_results/alignment.jsonl"))
    parser.add_argument("--same-code", action="store_true", help="continue a file whose results are of other code")
    parser.add_argument(
        "--part",
        type=share,
        default=(1, 1),
        metavar="K/N",
        help="only the K-th of N parts of the prompts, to share a run between cores; give each its own --out",
    )
    parser.add_argument("--quick", action="store_true", help="1 prompt of each family, 2 pictures, one sampling")
    options = parser.parse_args()
    if options.quick:
        options.prompts, options.images, options.samplings = 1, 2, ["euler_ancestral/simple/20"]
    try:
        samplings = [Sampling.parse(text) for text in options.samplings]
        for sampling in samplings:
            fitting(options.methods, sampling)
        if not options.same_code:
            refuse_other_code(options.out)
    except ValueError as error:
        parser.error(str(error))
    records.append(options.out, records.run_header(sys.argv[1:]))
    arguments = (options.split, options.prompts, options.images, samplings, options.methods, options.part)
    print(tables(run(options.out, *arguments)))


if __name__ == "__main__":
    main()
