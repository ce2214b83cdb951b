"""Runs arms over prompts on several servers; a finished prompt is never run again."""

import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lidar_core.errors import LidarError

from .arms import IMAGES, SHOWN, Plan, arm_graph, judged
from .folders import Record, finish, finished
from .prompts import Prompt
from .server import Graph, GraphFailedError, Server, ServerGoneError, seconds
from .workflow import Workflow

PLAN = "plan.json"
_RETRY_SECONDS = 2.0
_MOST_FAILURES = 5


@dataclass
class Run:
    out: Path
    workflow: Workflow
    prompts: Sequence[Prompt]
    arms: Sequence[str]
    judges: dict[str, list[Any]]
    plan: Plan
    patience: float = 300.0
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting: queue.SimpleQueue[Prompt] = queue.SimpleQueue()
        self._open = 0
        self._stop = threading.Event()
        self._progress = _Progress()
        self._lock = threading.Lock()

    def on(self, servers: Sequence[Server]) -> None:
        """Run what is left, on all servers at once. Ctrl-C stops, and a later run continues."""
        left = [prompt for prompt in self.prompts if self._arms_left(prompt)]
        for prompt in left:
            self._waiting.put(prompt)
        self._open = len(left)
        self._progress.begin(sum(len(self._arms_left(prompt)) for prompt in left))
        threads = [threading.Thread(target=self._serve, args=(server,), daemon=True) for server in servers]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                time.sleep(0.1)
        except KeyboardInterrupt:
            self._stop.set()
            for thread in threads:
                thread.join(10)
            raise
        if self._open and not self.failures:
            raise LidarError("No server answers any more: start one and give the same command again, to go on.")

    def _arms_left(self, prompt: Prompt) -> list[str]:
        return [arm for arm in self.arms if not finished(self.out, arm, prompt)]

    def _serve(self, server: Server) -> None:
        """Run prompts on one server. If it goes away, return its prompt to the list and wait for it."""
        gone_since: float | None = None
        while self._open and not self._stop.is_set():
            try:
                prompt = self._waiting.get(timeout=0.2)
            except queue.Empty:
                continue
            try:
                for arm in self._arms_left(prompt):
                    self._do(server, arm, prompt)
                    gone_since = None
                self._close()
            except InterruptedError:
                return
            except GraphFailedError as error:
                self.failures.append(f"Prompt {prompt.index}: {error}")
                self._close()
                if len(self.failures) == _MOST_FAILURES:
                    self._stop.set()
            except ServerGoneError as error:
                self._waiting.put(prompt)
                if gone_since is None:
                    gone_since = time.monotonic()
                    print(f"{error} Prompt {prompt.index} goes to the next free server.", file=sys.stderr)
                if time.monotonic() - gone_since > self.patience:
                    return
                self._stop.wait(_RETRY_SECONDS)

    def _close(self) -> None:
        with self._lock:
            self._open -= 1

    def _do(self, server: Server, arm: str, prompt: Prompt) -> None:
        graph = arm_graph(arm, self.workflow, prompt, self.plan)
        pictures, record = done(server, graph, self.workflow, prompt, self.judges, self._stop.is_set)
        finish(self.out, arm, prompt, pictures, {"arm": arm, **record})
        self._progress.one_more()


def done(
    server: Server,
    graph: Graph,
    workflow: Workflow,
    prompt: Prompt,
    judges: dict[str, list[Any]],
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[list[bytes], Record]:
    """The pictures that `graph` makes on `server`, with their cost."""
    entry = server.run(graph, stopped)
    with_judges, told_by = judged(graph, workflow, prompt, judges)
    judgement = server.run(with_judges, stopped)
    shown = entry["outputs"][SHOWN]["images"]
    pictures = [server.picture(image) for image in shown]
    scored = [judgement["outputs"][node]["lidar_scores"][0]["scores"] for node in told_by]
    record = {
        "prompt": prompt.text,
        "index": prompt.index,
        "pictures": len(pictures),
        "rewards": dict(zip(judges, scored, strict=True)),
        "seconds": seconds(entry),
        "model_calls": model_calls(graph, entry),
        "server": str(server),
    }
    return pictures, record


def model_calls(graph: Graph, entry: dict[str, Any]) -> int:
    """Model calls, one for each picture and prediction: as LiDAR's nodes count them; steps x pictures if plain."""
    told = entry["outputs"].values()
    counted = [shown for output in told for shown in output.get("lidar_lookahead", [])]
    counted += [run for output in told for runs in output.get("lidar_run", []) for run in runs]
    # A cached node repeats the report of another run.
    own = entry["prompt"][1]
    calls: int = sum(shown["model_calls"] for shown in counted if shown["prompt_id"] == own)
    images = graph[IMAGES]["inputs"]["length"]
    for node in graph.values():
        if node["class_type"] == "KSampler" and not node["inputs"]["model"][0].startswith("bench "):
            calls += node["inputs"]["steps"] * images
    return calls


class _Progress:
    def begin(self, total: int) -> None:
        self.total, self.count, self.started = total, 0, time.monotonic()
        self.lock = threading.Lock()

    def one_more(self) -> None:
        with self.lock:
            self.count += 1
            each = (time.monotonic() - self.started) / self.count
            left = each * (self.total - self.count)
            print(f"{self.count} of {self.total} done, about {_duration(left)} left", file=sys.stderr, flush=True)


def _duration(left: float) -> str:
    if left < 120:
        return f"{left:.0f} s"
    return f"{left / 60:.0f} min" if left < 7200 else f"{left / 3600:.1f} h"


def saved_plan(out: Path, settings: dict[str, Any], make: Callable[[], Plan]) -> Plan:
    """The plan in `out`, or a new one that is saved there; LidarError if `out` belongs to a run of other settings."""
    path = out / PLAN
    if path.is_file():
        stored = json.loads(path.read_text(encoding="utf-8"))
        other = [name for name in settings if stored["settings"].get(name) != settings[name]]
        if other:
            raise LidarError(f"{out} holds a run with another {', '.join(other)}: give another folder for --out.")
        return Plan(**stored["plan"])
    plan = make()
    out.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps({"settings": settings, "plan": asdict(plan)}, indent=1), encoding="utf-8")
    unfinished.replace(path)
    return plan
