"""How rules follow drafts in a world whose denoiser is exact, at any latent size: python -m benchmarks.fields

For each world, form of noising and kind of draft a Markdown table: the share of pictures of a wanted component, the
power of each octave (1 in the world itself) from coarse to fine, the octaves of the draft that the pictures keep, the
steps at which the model was asked, and the noise-to-signal ratio at which the drafts handed over (the median).
"""

import argparse
from collections.abc import Sequence
from statistics import fmean, median

import torch

from .drafts import KINDS, steps_of
from .forms import Flow, Form, Model, VarianceExploding
from .runs import Outcome, Rule, Task, as_measured, fixed, outcome, prepare, run
from .world import Fields

WORLDS: dict[str, tuple[tuple[int, ...], int]] = {
    "16x16x4": ((4, 16, 16), 24),
    "64x64x4": ((4, 64, 64), 12),
    "64x64x16": ((16, 64, 64), 8),
    "128x128x4": ((4, 128, 128), 6),
    "160x90x16": ((16, 90, 160), 4),
    "clip": ((4, 8, 32, 32), 6),
}
"""Shapes, and how many worlds are drawn of each."""
FORMS: dict[str, Form] = {"ve": VarianceExploding(), **{f"flow{shift}": Flow(shift) for shift in (1, 3, 6, 13)}}
STEPS, SAMPLES, IMAGES = 20, 16, 4


def rules(levels: Sequence[float], strengths: Sequence[float], nfe: int) -> dict[str, Rule]:
    fixed_levels = {f"hand-over {level:g}": fixed(level) for level in levels}
    return fixed_levels | {f"strength {strength:g}": as_measured(nfe, strength) for strength in strengths}


def table(world: str, form: str, kind: str, compared: dict[str, Rule], worlds: int) -> str:
    tasks = [
        prepare(Model(Fields(WORLDS[world][0], seed=seed), FORMS[form]), kind, SAMPLES, IMAGES, STEPS, seed)
        for seed in range(worlds)
    ]
    rows = {
        "drafts": [outcome(task, task.drafts) for task in tasks],
        "best drafts": [outcome(task, _best(task)) for task in tasks],
        "plain": [run(task, None) for task in tasks],
    }
    rows |= {name: [run(task, rule) for task in tasks] for name, rule in compared.items()}
    lines = [
        f"### {world}, {form}, drafts: {kind}; {worlds} worlds x {IMAGES} pictures, {STEPS} steps\n",
        "| | wanted, % | power by octave | octaves kept | steps asked | hand-over |",
        "|---|---|---|---|---|---|",
        *(line(name, outcomes) for name, outcomes in rows.items()),
    ]
    return "\n".join(lines) + "\n"


def line(name: str, outcomes: Sequence[Outcome]) -> str:
    wanted = 100 * fmean(one.wanted for one in outcomes)
    power = " ".join(f"{fmean(values):.2f}" for values in zip(*(one.power for one in outcomes), strict=True))
    asked = fmean(one.asked for one in outcomes)
    level = median(one.handover for one in outcomes)
    return f"| {name} | {wanted:.0f} | {power} | {fmean(map(kept, outcomes)):.1f} | {asked:.0f} | {level:.2g} |"


def kept(one: Outcome) -> float:
    """How many octaves of a draft its pictures keep: the sum of the agreements, as far as they are positive."""
    return sum(max(value, 0.0) for value in one.agreement)


def _best(task: Task) -> torch.Tensor:
    return task.drafts[task.rewards.argsort(descending=True)[:IMAGES]]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fields", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--drafts", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--levels", nargs="*", type=float, default=[8.0, 4.0, 2.0, 1.0, 0.5, 0.25])
    parser.add_argument("--strengths", nargs="*", type=float, default=[0.5, 1.0, 2.0])
    parser.add_argument("--quick", action="store_true", help="one world of each size, one strength, drafts of 8 steps")
    options = parser.parse_args()
    if options.quick:
        options.drafts, options.levels, options.strengths = ["8"], [], [1.0]
    for world in options.worlds:
        for form in options.forms:
            for kind in options.drafts:
                worlds = 1 if options.quick else WORLDS[world][1]
                print(
                    table(
                        world, form, kind, rules(options.levels, options.strengths, SAMPLES * steps_of(kind)), worlds
                    ),
                    flush=True,
                )


if __name__ == "__main__":
    main()
