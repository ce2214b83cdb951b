"""What each way to spend model calls reaches, in accuracy and quality, at each cost: python -m benchmarks.frontier

Held-out prompts, one file for each number of pictures of a prompt. Resumes; --only PART does a single one, --prompts N
takes fewer or more prompts of each of the six families. Writes the results, tables.md and plots to --out.
"""

from pathlib import Path

from .parts import Part, command

SAMPLINGS = ("euler_ancestral/simple/20", "dpmpp_2m/karras/25", "euler/flow/28")
FEW_STEPS = ("euler/simple/8",)
REFERENCE = "universal:tuned"
"""The gradient guidance whose accuracy the others' costs are compared at."""

_STUDENT, _TWO_STEPS, _FEW = (
    f"samples=16,{drafts}"
    for drafts in ("student=true,lookahead_steps=4", "student=true,lookahead_steps=2", "lookahead_steps=8")
)
_NINE = "samples=9,student=true,lookahead_steps=4"
"""Nine are the first two pieces that a pool of sixteen is drawn in."""

_BUDGETS = ("plain", "plain:longer=1.5", "plain:longer=2", *(f"best-of:n={n}" for n in ("1.5", "2", "3", "4")))
_DRAFTS = (*(f"pool:{drafts}" for drafts in (_STUDENT, _TWO_STEPS, _FEW)),)
_GUIDED = (
    *(f"lidar:{drafts}" for drafts in (_NINE, _STUDENT, _TWO_STEPS, _FEW)),
    f"lidar:{_STUDENT},keep_of=2",
)
_FROM_BEST = tuple(f"renoise:{_STUDENT},denoise={denoise}" for denoise in (0.2, 0.3, 0.4))
_FIXED = tuple(f"lidar:{_FEW},handover={handover}" for handover in (1, 0.5, 0.25, 0.125))
_MANY = "samples=32,student=true,lookahead_steps=4"
_DEAR = ("best-of:n=8", "best-of:n=16", "fk:tuned,particles=2", "fk:tuned,particles=4", "date:tuned")

PARTS = {
    "four": Part(SAMPLINGS[:1], (*_BUDGETS, *_DRAFTS, *_FROM_BEST, *_GUIDED), prompts=40),
    "sixteen": Part(SAMPLINGS[:1], (*_BUDGETS, f"pool:{_MANY}", *_GUIDED, f"lidar:{_MANY}"), prompts=40, images=16),
    "one": Part(SAMPLINGS[:1], (*_BUDGETS, *_DRAFTS, *_GUIDED), prompts=40, images=1),
    "samplings": Part(SAMPLINGS[1:], (*_BUDGETS, *_DRAFTS, *_GUIDED), prompts=40),
    "few": Part(FEW_STEPS, (*_BUDGETS, *_DRAFTS, *_GUIDED), prompts=40),
    "ddpm": Part(("ddim/simple/100",), ("plain", f"lidar:{_FEW}", *_FIXED), prompts=16),
    "gradients": Part(SAMPLINGS[:1], ("plain", *_GUIDED, REFERENCE), prompts=8),
    "dear": Part(SAMPLINGS[:1], ("plain", *_GUIDED, *_DEAR), prompts=8),
}
"""240 prompts, and fewer where a method takes minutes."""


if __name__ == "__main__":
    command("python -m benchmarks.frontier", __doc__, Path("benchmark_results/frontier"), PARTS, REFERENCE)
