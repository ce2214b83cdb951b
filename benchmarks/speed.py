"""What LiDAR costs beside the model: python -m benchmarks.speed

Prints three groups of tables. The first compares time and memory of the shipped guidance term with the same formula on
tensors of shape (B, n, ...), as the reference implementation computes it. The second gives the term's floating-point
operations beside those of one evaluation of real models, computed. The third shows where the time of a lookahead and of
a guided run goes in the embedded world, measured. Times are processor time of all threads on a CPU, and elapsed time on
a CUDA device if there is one.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from lidar_core.guidance.closed_form import PreparedPool
from lidar_core.guidance.guide import GuidanceSettings, Guide, Schedule
from lidar_core.guidance.rules import KernelRule, PaperRule
from lidar_core.pools.drawing import draw
from lidar_core.pools.pool import Pool
from lidar_core.pools.seeds import sample_seeds
from lidar_core.rewards.reward import log_tilts
from lidar_core.world.model import World
from lidar_core.world.run import Runner, WorldEngine

from .cost import PeakMemory
from .operations import LATENTS, decoder_operations, decoder_table, model_operations, operations_table
from .records import processor

SAMPLES = (3, 50, 400)
BATCHES = (1, 4)
SIGMA = 3.0
PROMPT = "three green squares"


def broadcast_shift(
    pool: torch.Tensor, tilts: torch.Tensor, x: torch.Tensor, a: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """sum_i (wr_i - w_i) x0_i of lidar_core.guidance, with every difference and every product as a tensor.

    pool (n, ...), tilts (n,), x (B, ...), a and b (B,): like x. Two tensors of the shape (B, n, ...) at a time.
    """
    kernel = (-1, *[1] * pool.ndim)
    distances = (x[:, None] - a.view(kernel) * pool[None]).square().flatten(2).sum(2) / (2 * b[:, None].square())
    change = (tilts - distances).softmax(1) - (-distances).softmax(1)
    return (change.view(*change.shape, *[1] * (pool.ndim - 1)) * pool[None]).sum(1)


@dataclass
class Measured:
    seconds: float
    mebibytes: float


def measure(call: Callable[[], object], device: torch.device, seconds: float = 1.0) -> Measured:
    """Median time of three or more calls, about `seconds` in all, after a warm-up call; peak memory of one call."""
    call()
    memory = _peak_of(call, device)
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        start = _now(device)
        call()
        times.append(_now(device) - start)
    return Measured(statistics.median(times), memory)


def _peak_of(call: Callable[[], object], device: torch.device) -> float:
    """Peak memory in MiB of one call alone: memory that an earlier call freed may stay allocated, and would count."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        base = torch.cuda.memory_allocated(device)
        call()
        return (torch.cuda.max_memory_allocated(device) - base) / 2**20
    memory = PeakMemory()
    memory.start()
    call()
    return memory.take()


def _now(device: torch.device) -> float:
    if device.type != "cuda":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


def term_rows(device: torch.device, limit_gib: float, quick: bool) -> list[dict[str, Any]]:
    """term_row for every latent, pool size and batch."""
    return [
        term_row(name, samples, batch, device, limit_gib, quick)
        for name in LATENTS
        for samples in SAMPLES
        for batch in BATCHES
    ]


def term_row(
    name: str, samples: int, batch: int, device: torch.device, limit_gib: float, quick: bool
) -> dict[str, Any]:
    """Time and further memory of the term in both forms; a form that needs more than the limit is not run."""
    shape = LATENTS[name]
    elements, seconds = torch.Size(shape).numel(), 0.0 if quick else 1.0
    pool_gib, broadcast_gib = 4 * samples * elements / 2**30, 2 * 4 * batch * samples * elements / 2**30
    row: dict[str, Any] = {"latent": name, "n": samples, "batch": batch, "pool_mib": 1024 * pool_gib}
    if 3 * pool_gib > limit_gib:
        return row | {"left_out": 3 * pool_gib, "broadcast_left_out": broadcast_gib}
    generator = torch.Generator().manual_seed(0)
    pool = torch.randn(samples, *shape, generator=generator).to(device)
    tilts = log_tilts(torch.randn(samples, generator=generator), 0.3, elements).to(device)
    x = SIGMA * torch.randn(batch, *shape, generator=generator).to(device)
    denoised = torch.zeros_like(x)
    a, b = torch.ones(batch, device=device), torch.full((batch,), SIGMA, device=device)
    if broadcast_gib <= limit_gib:
        found = measure(partial(broadcast_shift, pool, tilts, x, a, b), device, seconds)
        row |= {"broadcast_ms": 1000 * found.seconds, "broadcast_mib": found.mebibytes}
    else:
        row["broadcast_left_out"] = broadcast_gib
    prepared = PreparedPool(pool, tilts, device)
    del pool
    guide = Guide(prepared, GuidanceSettings(KernelRule(handover=0.5)), Schedule(torch.tensor([SIGMA, SIGMA / 2, 0.0])))
    found = measure(partial(guided_step, guide, x, a, b, denoised), device, seconds)
    return row | {"guide_ms": 1000 * found.seconds, "guide_mib": found.mebibytes}


def guided_step(
    guide: Guide, x: torch.Tensor, a: torch.Tensor, b: torch.Tensor, denoised: torch.Tensor
) -> torch.Tensor:
    lead = guide.at(x, b, a, b)
    assert lead is not None
    return lead.guided(denoised)


def term_table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| latent | n | batch | pool, MiB | broadcast: ms | MiB more | shipped: ms | MiB more | times faster |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        broadcast = (
            f"not run, {row['broadcast_left_out']:.1f} GiB | |"
            if "broadcast_left_out" in row
            else (f"{row['broadcast_ms']:.2f} | {row['broadcast_mib']:.0f} |")
        )
        shipped = (
            f"not run, {row['left_out']:.1f} GiB | |"
            if "left_out" in row
            else (f"{row['guide_ms']:.2f} | {row['guide_mib']:.0f} |")
        )
        ratio = f"{row['broadcast_ms'] / row['guide_ms']:.1f}" if "broadcast_ms" in row and "guide_ms" in row else ""
        lines.append(
            f"| {row['latent']} | {row['n']} | {row['batch']} | {row['pool_mib']:.0f} | {broadcast} {shipped} {ratio} |"
        )
    return "\n".join(lines)


class Stopwatches:
    """Processor seconds spent in each of some modules."""

    def __init__(self, modules: dict[str, torch.nn.Module]) -> None:
        self.seconds = dict.fromkeys(modules, 0.0)
        self._modules = modules

    @contextmanager
    def running(self) -> Iterator[None]:
        hooks = []
        for name, module in self._modules.items():
            hooks.append(module.register_forward_pre_hook(lambda *_, name=name: self._add(name, -time.process_time())))
            hooks.append(module.register_forward_hook(lambda *_, name=name: self._add(name, time.process_time())))
        yield
        for hook in hooks:
            hook.remove()

    def _add(self, name: str, seconds: float) -> None:
        self.seconds[name] += seconds


def lookahead_row(world: World, samples: int, steps: int, repeats: int) -> dict[str, float]:
    """Processor seconds of drawing and scoring a pool, by network."""
    watches = Stopwatches(
        {
            "denoiser": world.unet,
            "text encoder": world.text_encoder,
            "decoder": world.autoencoder.decoder,
            "scorer": world.reward.scorer,
        }
    )
    seeds = sample_seeds(0, samples)
    with watches.running():
        start = time.process_time()
        for _ in range(repeats):
            engine = WorldEngine(Runner(world), PROMPT, steps)
            draw(engine, world.reward, PROMPT, seeds, engine.origin)
        total = time.process_time() - start
    return {"total": total / repeats} | {name: seconds / repeats for name, seconds in watches.seconds.items()}


def lookahead_table(world: World, quick: bool) -> str:
    lines = [
        "| samples x steps | seconds | denoiser | decoder | reward | everything else |",
        "|---|---|---|---|---|---|",
    ]
    lookahead_row(world, 4, 2, 1)
    for samples, steps in ((4, 2),) if quick else ((3, 8), (16, 1), (16, 4), (16, 8), (32, 12), (50, 5)):
        row = lookahead_row(world, samples, steps, 1 if quick else 3)
        shares = {name: 100 * seconds / row["total"] for name, seconds in row.items()}
        rest = 100 - shares["denoiser"] - shares["decoder"] - shares["scorer"]
        lines.append(
            f"| {samples} x {steps} | {row['total']:.2f} | {shares['denoiser']:.0f} % | {shares['decoder']:.0f} % "
            f"| {shares['scorer']:.1f} % | {rest:.1f} % |"
        )
    return "\n".join(lines)


def guided_table(world: World, quick: bool) -> str:
    """A guided run with an existing pool beside a plain one: with the model called at every step, and as shipped."""
    lines = [
        "| pictures | n | plain, ms a step | guided at every step, ms | more | as shipped, ms | more |",
        "|---|---|---|---|---|---|---|",
    ]
    runner, steps = Runner(world), 5 if quick else 20
    for images, samples in ((1, 16), (4, 16), (4, 400)):
        seeds = sample_seeds(0, samples)
        generator = torch.Generator().manual_seed(0)
        spread = world.reward.spread
        latents = torch.randn(samples, 4, 16, 16, generator=generator)
        rewards = spread * torch.randn(samples, generator=generator)
        pool = Pool(latents, rewards, seeds, PROMPT, {world.reward.name: rewards}, recipe=world.reward.recipe)
        always = runner.guide(pool, GuidanceSettings(PaperRule()), steps, range(images))
        shipped = runner.guide(pool, GuidanceSettings(), steps, range(images))
        # In turn, so that a change of the machine's speed affects all alike.
        runs: list[list[float]] = [[], [], []]
        for _ in range(2 if quick else 7):
            for times, hook in zip(runs, (None, always, shipped), strict=True):
                start = time.process_time()
                runner.latents(PROMPT, range(images), steps, "euler", hook)
                times.append(1000 * (time.process_time() - start) / steps)
        plain, *guided = map(statistics.median, runs)
        shares = " | ".join(f"{value:.1f} | {100 * (value / plain - 1):+.1f} %" for value in guided)
        lines.append(f"| {images} | {samples} | {plain:.1f} | {shares} |")
    return "\n".join(lines)


def available_gib() -> float:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--memory", type=float, metavar="GIB", help="the most that one row may take (default: half of what is free)"
    )
    parser.add_argument("--quick", action="store_true", help="few repeats")
    parser.add_argument("--json", type=Path, help="also write the first table's numbers to this file")
    options = parser.parse_args()
    devices = [torch.device("cpu"), *([torch.device("cuda")] if torch.cuda.is_available() else [])]
    limit = options.memory or available_gib() / 2
    print(f"torch {torch.__version__}, Python {platform.python_version()}, {processor()}, ", end="")
    print(f"{torch.get_num_threads()} thread(s).")
    record: dict[str, Any] = {"command": sys.argv[1:]}
    torch.set_grad_enabled(False)
    for device in devices:
        rows = term_rows(device, limit, options.quick)
        record[device.type] = rows
        title = "CPU" if device.type == "cpu" else torch.cuda.get_device_name()
        print(f"\n## The guidance term of one step, {title}, float32\n\n{term_table(rows)}")
    if len(devices) == 1:
        print("\nNo CUDA device here: there are no GPU rows.")
    models = model_operations()
    print(f"\n## The term beside real models, computed and not measured\n\n{operations_table(models)}")
    print(f"\n## Decoders, computed and not measured\n\n{decoder_table(decoder_operations(), models)}")
    world = World()
    print(f"\n## Where a lookahead's time goes on the embedded world\n\n{lookahead_table(world, options.quick)}")
    print(f"\n## A guided step of the embedded world\n\n{guided_table(world, options.quick)}")
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
