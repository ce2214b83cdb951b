"""Pictures per second and peak memory of each reward model: python -m benchmarks.scorers

Networks of full size with random weights score random decoded pictures, each in a process of its own. On the CPU they
run in float32 and CPU time is measured, which other work on the machine disturbs less than elapsed time. On a CUDA GPU,
if there is one, they run in float16 and elapsed time is measured. A row is left out, and says so, if the row before it
suggests that it would take longer than --row-seconds. Only the ratios to the first network carry over to another CPU.
"""

import argparse
import json
import multiprocessing
import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any

import torch

from lidar_core.rewards.scorers.kinds import KINDS
from lidar_core.rewards.scorers.scorer import Ingredients

from .scorer_files import FILES, synthetic_file

VOCABULARY = Path(__file__).parents[1] / "tests" / "lidar_core" / "rewards" / "scorers" / "vocabulary"
PROMPT = "a photo of a red cat on a blue chair"
GIGABYTE = 1e9


def peak_memory(device: str) -> int:
    """The most bytes held so far: by tensors on the GPU, or by this process on the CPU."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    # In kilobytes, but in bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def seconds_of(scorer: Any, images: torch.Tensor, device: str) -> float:
    """Elapsed time on a GPU; on the CPU, CPU time divided by the number of threads."""
    clock = time.perf_counter if device == "cuda" else time.process_time
    start = clock()
    # Read back, so that a GPU has finished.
    scores = scorer.values(images, PROMPT, device).cpu()
    elapsed = (clock() - start) / (1 if device == "cuda" else torch.get_num_threads())
    assert torch.isfinite(scores).all()
    return elapsed


def measure(size: str, device: str, threads: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row for each batch size, in rising order, since a process's peak memory never falls."""
    torch.set_num_threads(threads)
    dtype = torch.float16 if device == "cuda" else torch.float32
    wide_dtype = torch.bfloat16 if device == "cuda" else torch.float32
    kind = FILES[size][0]
    scorer = KINDS[kind].make(Ingredients(synthetic_file(size), VOCABULARY, None, torch.nn, dtype, wide_dtype))
    scorer.module.to(device)
    weights = sum(tensor.nbytes for tensor in scorer.module.state_dict().values())
    generator = torch.Generator().manual_seed(0)
    rows: list[dict[str, Any]] = []
    # The first pass allocates, and reads the prompt.
    each = seconds_of(scorer, torch.rand(1, options.side, options.side, 3, generator=generator), device)
    for batch in sorted(options.batches):
        row = {"scorer": size, "kind": kind, "device": device, "batch": batch, "weights_gb": weights / GIGABYTE}
        if each * batch > options.row_seconds:
            rows.append({**row, "left_out": f"would take {each * batch:.0f} s"})
            continue
        images = torch.rand(batch, options.side, options.side, 3, generator=generator)
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        times = [seconds_of(scorer, images, device)]
        while len(times) < options.repeats and sum(times) + times[0] <= options.row_seconds:
            times.append(seconds_of(scorer, images, device))
        each = sorted(times)[len(times) // 2] / batch
        rows.append(
            {
                **row,
                "pictures_per_second": 1 / each,
                "repeats": len(times),
                "peak_gb": (peak_memory(device) - images.nbytes * (device == "cpu")) / GIGABYTE,
            }
        )
    return rows


def with_ratios(rows: list[dict[str, Any]], reference: str) -> list[dict[str, Any]]:
    speeds = {
        (row["device"], row["batch"]): row["pictures_per_second"]
        for row in rows
        if row["scorer"] == reference and "pictures_per_second" in row
    }
    for row in rows:
        known = speeds.get((row["device"], row["batch"]))
        if known and "pictures_per_second" in row:
            row["ratio"] = row["pictures_per_second"] / known
    return rows


def markdown(command: str, setting: str, rows: list[dict[str, Any]], reference: str) -> str:
    lines = [
        f"# Speed and memory of the reward models\n\n```sh\n{command}\n```\n\n{setting}\n",
        f"| device | network | timed as | batch | pictures/s | times {reference} | weights, GB | peak memory, GB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        start = f"| {row['device']} | {row['scorer']} | {row['kind']} | {row['batch']} "
        if "left_out" in row:
            lines.append(f"{start}| left out: {row['left_out']} | | {row['weights_gb']:.2f} | |")
            continue
        ratio = f"{row['ratio']:.2f}" if "ratio" in row else ""
        lines.append(
            f"{start}| {row['pictures_per_second']:.3g} | {ratio} | {row['weights_gb']:.2f} | {row['peak_gb']:.2f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scorers", description=__doc__)
    parser.add_argument("--scorers", nargs="+", choices=FILES, default=list(FILES), help="the first is the reference")
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8, 50])
    parser.add_argument("--side", type=int, default=1024, help="of the square pictures, in pixels (default: 1024)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="on the CPU")
    parser.add_argument("--repeats", type=int, default=3, help="times a batch is scored at most; the median counts")
    parser.add_argument("--row-seconds", type=float, default=60.0, help="most time for a row (default: 60)")
    parser.add_argument("--output", type=Path, help="write FILE.json and FILE.md")
    options = parser.parse_args()

    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    rows: list[dict[str, Any]] = []
    processes = multiprocessing.get_context("spawn")
    for device in devices:
        for size in options.scorers:
            print(f"{device}: {size}", file=sys.stderr, flush=True)
            with processes.Pool(1) as pool:
                rows += pool.apply(measure, (size, device, options.threads, options))
    rows = with_ratios(rows, options.scorers[0])
    setting = (
        f"Networks of full size with random weights score decoded pictures of {options.side} x {options.side}. "
        f"CPU: {options.threads} thread{'s' if options.threads > 1 else ''}, float32, CPU time, "
        f"torch {torch.__version__}, {platform.machine()}. "
    )
    setting += (
        f"GPU: {torch.cuda.get_device_name()}, float16 (SigLIP bfloat16)."
        if "cuda" in devices
        else "There are no GPU rows, because the machine had no CUDA GPU."
    )
    command = " ".join(["python -m benchmarks.scorers", *sys.argv[1:]])
    table = markdown(command, setting, rows, options.scorers[0])
    print(table)
    if options.output:
        options.output.with_suffix(".md").write_text(table)
        report = {"command": command, "setting": setting, "rows": rows}
        options.output.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
