"""What each way to spend model calls reaches, in accuracy and quality, at each cost: python -m benchmarks.frontier

Held-out prompts, one file for each number of pictures of a prompt. Resumes; --only PART does a single one, --prompts N
takes fewer or more prompts of each of the six families. Writes the results, tables.md and plots to --out.
"""

from pathlib import Path

from .parts import Part, command

SAMPLINGS = ("euler_ancestral/simple/20", "dpmpp_2m/karras/25", "euler/flow/28")
REFERENCE = "universal:tuned"
"""The gradient guidance whose accuracy the others' costs are compared at."""

_STUDENT = tuple(f"student=true,lookahead_steps={steps}" for steps in (1, 2, 4))
_FEW_STEPS = tuple(f"lookahead_steps={steps}" for steps in (4, 8))
_DRAFTS = (*_STUDENT, *_FEW_STEPS)
_BEST_OF_EACH = (_STUDENT[-1], _FEW_STEPS[-1])
_CHEAP = (
    "plain",
    *(f"plain:longer={longer}" for longer in ("1.5", "2", "4")),
    *(f"best-of:n={n}" for n in ("1.5", "2", "3", "4", "8")),
    *(f"pool:samples={samples},{drafts}" for drafts in _DRAFTS for samples in (16, 32)),
    *(
        f"renoise:{drafts},denoise={denoise}"
        for drafts in (_STUDENT[-1], _FEW_STEPS[-1])
        for denoise in (0.2, 0.3, 0.4, 0.6)
    ),
    *(f"lidar:samples={samples},{drafts}" for drafts in _DRAFTS for samples in (8, 16, 32)),
    *(f"lidar:samples=16,{drafts},keep_of={keep}" for drafts in _BEST_OF_EACH for keep in (2, 4)),
)
_DEAR = ("best-of:n=16", "fk:tuned,particles=2", "fk:tuned,particles=4", "date:tuned", REFERENCE)

PARTS = {
    "four": Part(SAMPLINGS, (*_CHEAP, "best-of:n=16"), prompts=40),
    "one": Part(SAMPLINGS[:1], (*_CHEAP, "best-of:n=16"), prompts=40, images=1),
    "sixteen": Part(SAMPLINGS[:1], _CHEAP, prompts=15, images=16),
    "gradients": Part(SAMPLINGS[:1], ("plain", "lidar", f"lidar:{_STUDENT[-1]}", *_DEAR), prompts=8),
}
"""240 prompts, and fewer where a method takes minutes."""


if __name__ == "__main__":
    command("python -m benchmarks.frontier", __doc__, Path("benchmark_results/frontier"), PARTS, REFERENCE)
