"""Strength 1 with lookahead samples of every quality, beside plain sampling, the samples and fixed hand-overs.

python -m benchmarks.strength

Uses held-out prompts and writes one file for each sampling. Resumes; --only PART runs a single part, --prompts N sets
the number of prompts of each of the six families. Writes the results, tables.md and plots to --out.
`python -m benchmarks.report FILE --against pool:lookahead_steps=8` compares with those samples instead of plain.
"""

from pathlib import Path

from .parts import Part, command

_STEPS = tuple(f"lookahead_steps={steps}" for steps in (8, 6, 4, 3, 2, 1))
_STUDENT = tuple(f"student=true,lookahead_steps={steps}" for steps in (4, 2, 1))
_MEASURED = tuple(f"{method}:{lookahead}" for lookahead in (*_STEPS, *_STUDENT) for method in ("lidar", "pool"))
_FIXED = tuple(f"lidar:lookahead_steps=8,handover={level}" for level in (0.5, 0.25))
"""Hand-overs of 0.5 and 0.25: strengths 2 and 4 as they were before strength was measured."""

PARTS = {
    "ancestral": Part(("euler_ancestral/simple/20",), ("plain", *_MEASURED, *_FIXED), prompts=40),
    "others": Part(
        ("euler/simple/20", "euler/karras/30", "dpmpp_2m/karras/25", "euler/flow/28"),
        ("plain", *_MEASURED),
        prompts=20,
    ),
    "ddpm": Part(("ddim/simple/100",), ("plain", *_MEASURED), prompts=20),
}
"""240 prompts, and 120 for the other samplings."""


if __name__ == "__main__":
    command("python -m benchmarks.strength", __doc__, Path("benchmark_results/strength"), PARTS, "plain")
