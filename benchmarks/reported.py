"""Everything that docs/benchmark holds: python -m benchmarks.reported --out FOLDER

Runs each part below on the reported prompts and writes its results, then all tables and plots. Resumes like
benchmarks.alignment; --only PART runs a single part. All parts together take about two hours on one core.
"""

from pathlib import Path

from .parts import Part, command

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


if __name__ == "__main__":
    command("python -m benchmarks.reported", __doc__, Path("benchmark_results/reported"), PARTS, REFERENCE)
