"""Accuracy and quality of every method at each cost: python -m benchmarks.frontier

Uses held-out prompts and writes one file for each number of pictures per prompt. Resumes; --only PART runs a single
part, --prompts N sets the number of prompts of each of the six families. Writes the results, tables.md and plots to
--out.
"""

from pathlib import Path

from .parts import Part, command

SAMPLINGS = ("euler_ancestral/simple/20", "dpmpp_2m/karras/25", "euler/flow/28")
FEW_STEPS = ("euler/simple/8",)
REFERENCE = "universal:tuned"
"""The gradient guidance whose accuracy the others' costs are compared at."""

_STUDENT, _TWO_STEPS, _FEW = (
    f"samples=16,{lookahead}"
    for lookahead in ("student=true,lookahead_steps=4", "student=true,lookahead_steps=2", "lookahead_steps=8")
)
_NINE = "samples=9,student=true,lookahead_steps=4"
"""Nine are the first two pieces that a pool of sixteen is drawn in."""

_SMALL = ",small=true"
"""Scored through the small decoder."""

_MANY = "samples=32,student=true,lookahead_steps=4"
_BUDGETS = ("plain", "best-of:n=1.5", "best-of:n=2")
_GUIDED = (f"lidar:{_NINE}", f"lidar:{_STUDENT}")
_CORE = (*_BUDGETS, f"pool:{_STUDENT}", *_GUIDED, f"lidar:{_STUDENT},keep_of=2")
_THROUGH_SMALL = (f"lidar:{_NINE}{_SMALL}", f"lidar:{_STUDENT}{_SMALL}", f"lidar:{_STUDENT}{_SMALL},keep_of=2")
_MORE = (
    *(f"plain:longer={longer}" for longer in ("1.5", "2", "4")),
    *(f"best-of:n={n}" for n in (3, 4, 8, 16)),
    *(f"{method}:{lookahead}" for method in ("pool", "lidar") for lookahead in (_TWO_STEPS, _FEW, _MANY)),
    *(f"renoise:{_STUDENT},denoise={denoise}" for denoise in (0.2, 0.3, 0.4, 0.6)),
    *(f"lidar:{_STUDENT},keep_of={keep}" for keep in (3, 4)),
)
_FIXED = tuple(f"lidar:{_FEW},handover={handover}" for handover in (1, 0.5, 0.25, 0.125))
_DEAR = ("fk:tuned,particles=2", "fk:tuned,particles=4", "date:tuned")

PARTS = {
    "four": Part(SAMPLINGS[:1], (*_CORE, *_THROUGH_SMALL), prompts=40),
    "sixteen": Part(SAMPLINGS[:1], (*_BUDGETS, *_GUIDED), prompts=40, images=16),
    "one": Part(SAMPLINGS[:1], _CORE, prompts=40, images=1),
    "gradients": Part(SAMPLINGS[:1], ("plain", *_GUIDED, REFERENCE), prompts=8),
    "samplings": Part(SAMPLINGS[1:], _CORE, prompts=40),
    "few": Part(FEW_STEPS, _CORE, prompts=40),
    "ddpm": Part(("ddim/simple/100",), ("plain", f"lidar:{_FEW}", *_FIXED), prompts=16),
    "more": Part(SAMPLINGS[:1], ("plain", *_MORE), prompts=40),
    "dear": Part(SAMPLINGS[:1], ("plain", *_GUIDED, *_DEAR), prompts=8),
}
"""240 prompts, and fewer where a method takes minutes."""


if __name__ == "__main__":
    command("python -m benchmarks.frontier", __doc__, Path("benchmark_results/frontier"), PARTS, REFERENCE)
