"""Is LiDAR better on my model? Measured on ComfyUI servers that already run: docs/own-model.md.

python -m lidar_bench run --workflow FILE --prompts FILE --out FOLDER --server HOST:PORT ...
python -m lidar_bench report FOLDER
python -m lidar_bench vote FOLDER
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from lidar_core.errors import LidarError

from .arms import ARMS, Plan, judges_of
from .calibrate import calibrated
from .pages import write_pages, write_small_pages
from .prompts import read_prompts
from .runner import Run, saved_plan
from .server import Server, ServerGoneError
from .tables import MACHINES, results
from .vote import write_vote
from .workflow import read_workflow


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m lidar_bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="sample every prompt in every arm; continues where it stopped")
    run.add_argument("--workflow", type=Path, required=True, help="the workflow in API format, with one LiDAR KSampler")
    run.add_argument("--prompts", type=Path, required=True, help="one per line, or GenEval's .jsonl list")
    run.add_argument("--out", type=Path, required=True)
    run.add_argument("--server", nargs="+", default=["127.0.0.1:8188"], metavar="HOST:PORT")
    run.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    run.add_argument("--images", type=int, default=4, help="pictures of each prompt (default: 4)")
    run.add_argument("--turns", type=int, default=2, help="guided turns that select chooses from (default: 2)")
    run.add_argument("--seed", type=int, default=0, help="first seed; each prompt has 1000 (default: 0)")
    run.add_argument("--held-out", nargs="*", default=[], metavar="NODE", help="rewards that only judge: id or title")
    report = commands.add_parser("report", help="write report.md and report.html")
    report.add_argument("out", type=Path)
    report.add_argument("--pictures", type=int, default=24, help="prompts shown side by side (default: 24)")
    report.add_argument("--small", type=Path, metavar="FOLDER", help="write it here, with small pictures, to pass on")
    vote = commands.add_parser("vote", help="write vote.html, a blind vote between two arms")
    vote.add_argument("out", type=Path)
    vote.add_argument("--between", nargs=2, choices=ARMS, default=["select", "best-of"])
    options = parser.parse_args(arguments)
    try:
        return {"run": _run, "report": _report, "vote": _vote}[options.command](options)
    except (LidarError, ServerGoneError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The same command goes on where it stopped.", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    servers = [Server(address) for address in options.server]
    first = _answering(servers)
    workflow = read_workflow(options.workflow, first.get("/object_info"))
    prompts = read_prompts(options.prompts)
    judges = judges_of(workflow, options.held_out)
    settings = {
        "workflow": hashlib.sha256(options.workflow.read_bytes()).hexdigest(),
        "prompts": hashlib.sha256(options.prompts.read_bytes()).hexdigest(),
        **{name: getattr(options, name) for name in ("images", "turns", "seed", "held_out")},
    }
    bare = Plan(options.images, options.seed, 0, 0, 0, options.turns)
    plan = saved_plan(options.out, settings, lambda: calibrated(first, workflow, prompts[0], bare))
    _keep_machines(options.out, servers)
    run = Run(options.out, workflow, prompts, options.arms, judges, plan)
    run.on(servers)
    for failure in run.failures:
        print(failure, file=sys.stderr)
    return 1 if run.failures else 0


def _report(options: argparse.Namespace) -> int:
    found = results(options.out)
    if options.small is None:
        written = write_pages(found, options.pictures)
    else:
        written = write_small_pages(found, options.small, options.pictures)
    print(*written, sep="\n")
    return 0


def _vote(options: argparse.Namespace) -> int:
    print(write_vote(results(options.out), *options.between))
    return 0


def _answering(servers: list[Server]) -> Server:
    for server in servers:
        try:
            server.get("/system_stats")
            return server
        except ServerGoneError:
            continue
    raise LidarError(f"No server answers at {', '.join(map(str, servers))}: start ComfyUI there.")


def _keep_machines(out: Path, servers: list[Server]) -> None:
    path = out / MACHINES
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for server in servers:
        try:
            known[str(server)] = _machine(server.get("/system_stats"))
        except ServerGoneError as error:
            print(error, file=sys.stderr)
    path.write_text(json.dumps(known, indent=1), encoding="utf-8")


def _machine(stats: dict[str, Any]) -> str:
    system = stats["system"]
    devices = ", ".join(device["name"] for device in stats["devices"])
    versions = f"ComfyUI {system['comfyui_version']}, torch {system['pytorch_version']}"
    return f"{devices}; {versions}, {system['os']}"


if __name__ == "__main__":
    sys.exit(main())
