"""Compares ways to follow the prompt on the embedded world: python -m benchmarks.alignment

Every method samples the same prompts at the same seeds. Each result (method, sampling, prompt) is appended to --out
when it is there; what the file already holds is not done again, so a run may be stopped and resumed at any time.
`python -m benchmarks.report FILE` makes tables and plots. --split tuning is for choosing options, --split reported,
on other prompts and seeds, for what is told of them.
"""

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from lidar_core.world.grammar import FAMILIES
from lidar_core.world.model import World
from lidar_core.world.verifier import verify

from . import records
from .prompts import SPLITS, Case, cases
from .report import tables
from .specs import METHODS, Spec, fits
from .workplace import Sampling, Workplace

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


def diversity(pictures: torch.Tensor) -> float:
    """Mean root-mean-square difference between pictures (B, H, W, 3) of one prompt, in 1/255; 0 for one picture."""
    if len(pictures) < 2:
        return 0.0
    flat = pictures.flatten(1) * 255
    pairs = torch.combinations(torch.arange(len(flat)))
    return (flat[pairs[:, 0]] - flat[pairs[:, 1]]).square().mean(1).sqrt().mean().item()


def cell_name(case: Case, sampling: Sampling, images: int, spec: Spec) -> records.Row:
    """What identifies one result."""
    return {
        "split": case.split,
        "case": case.index,
        "family": case.prompt.family,
        "prompt": str(case.prompt),
        "images": images,
        "sampling": str(sampling),
        "spec": spec.text,
        "name": spec.name,
        "options": spec.options,
    }


def measure(work: Workplace, spec: Spec) -> records.Row:
    """One method's result on one prompt."""
    latents, cost = work.run(spec.method)
    pictures = work.world.decode(latents)
    return {
        "verified": verify(work.case.prompt, pictures.movedim(-1, 1)).tolist(),
        "rewards": [round(value, 4) for value in work.world.reward.score(pictures, work.prompt).values.tolist()],
        "diversity": round(diversity(pictures), 3),
        "cost": {name: round(value, 4) for name, value in vars(cost).items()},
    }


def run(
    out: Path,
    split: str,
    per_family: int,
    images: int,
    samplings: list[Sampling],
    methods: list[str],
    part: tuple[int, int] = (1, 1),
    quiet: bool = False,
) -> list[records.Row]:
    """Do what `out` does not hold yet; returns the cells that were asked for, old and new.

    part: the k-th of n parts of the prompts, each with all families. A method that a sampling has no use for
    (Feynman-Kac steering without noise) is left out there.
    """
    specs = {sampling: fitting(methods, sampling) for sampling in samplings}
    done = {records.key(cell): cell for cell in records.read(out)[1]}
    world, results = World(), []
    for case, sampling in tqdm(
        [(case, sampling) for case in cases(split, per_family) if in_part(case, *part) for sampling in samplings],
        desc=f"{split} prompts",
        disable=quiet,
    ):
        work = Workplace(world, case, sampling, images)
        for spec in specs[sampling]:
            name = cell_name(case, sampling, images, spec)
            key = records.key(name)
            if key not in done:
                done[key] = name | measure(work, spec)
                records.append(out, done[key])
            results.append(done[key] | {"spec": spec.text})
    return results


def fitting(methods: list[str], sampling: Sampling) -> list[Spec]:
    return [Spec.parse(text, str(sampling)) for text in methods if fits(text, sampling)]


def in_part(case: Case, number: int, parts: int) -> bool:
    return case.index // len(FAMILIES) % parts == number - 1


def parse_part(text: str) -> tuple[int, int]:
    """K/N, from 1/N to N/N."""
    number, parts = map(int, text.split("/"))
    if not 1 <= number <= parts:
        raise ValueError
    return number, parts


def refuse_other_code(out: Path) -> None:
    """ValueError if `out` holds results of other code: a table must not mix them."""
    headers, _ = records.read(out)
    if any(header["code"] != records.code_hash() for header in headers):
        raise ValueError(
            f"{out} holds results of other code. Give a new --out, or --same-code if the change cannot alter a result."
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
    parser.add_argument("--same-code", action="store_true", help="go on with a file whose results are of other code")
    parser.add_argument(
        "--part",
        type=parse_part,
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
