"""A ComfyUI server, used through its HTTP interface."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

from lidar_core.errors import LidarError

Graph = dict[str, dict[str, Any]]
"""Nodes by id in the format in which servers take them: class_type and inputs."""

_POLL_SECONDS = 0.2
_ANSWER_SECONDS = 60


class ServerGoneError(Exception):
    """The server does not answer, or forgot the graph, as after a restart; another server may run it."""


class GraphFailedError(LidarError):
    """The server refused the graph, or it failed there."""


class Server:
    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/") if "://" in address else f"http://{address}".rstrip("/")

    def __str__(self) -> str:
        return self.address

    def get(self, path: str) -> Any:
        return json.loads(self._answer(path))

    def run(self, graph: Graph, stopped: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """Queue `graph` and wait for its entry in the history; withdraw it if `stopped` becomes true."""
        prompt_id = self._queue(graph)
        missing = 0
        while True:
            entry: dict[str, Any] | None = self.get(f"/history/{prompt_id}").get(prompt_id)
            if entry is not None:
                break
            if stopped():
                self._withdraw(prompt_id)
                raise InterruptedError
            # Between queue and history a graph is in neither for a moment.
            missing = 0 if self._waits(prompt_id) else missing + 1
            if missing > 5:
                raise ServerGoneError(f"{self} has forgotten a graph: it was restarted, or its queue was cleared.")
            time.sleep(_POLL_SECONDS)
        for kind, told in entry["status"]["messages"]:
            if kind == "execution_error":
                raise GraphFailedError(f"{told['node_type']} failed on {self}: {told['exception_message'].strip()}")
            if kind == "execution_interrupted":
                raise ServerGoneError(f"A graph was interrupted on {self}.")
        return entry

    def picture(self, entry: dict[str, str]) -> bytes:
        """The file named by one entry of "images" in a history."""
        return self._answer("/view?" + urllib.parse.urlencode(entry))

    def _queue(self, graph: Graph) -> str:
        try:
            answer = self._answer("/prompt", {"prompt": graph, "client_id": uuid.uuid4().hex})
        except urllib.error.HTTPError as error:
            raise GraphFailedError(f"{self} refuses the graph: {_why_refused(error.read())}") from None
        prompt_id: str = json.loads(answer)["prompt_id"]
        return prompt_id

    def _waits(self, prompt_id: str) -> bool:
        queue = self.get("/queue")
        return any(prompt_id in entry for entries in queue.values() for entry in entries)

    def _withdraw(self, prompt_id: str) -> None:
        self._answer("/queue", {"delete": [prompt_id]})
        self._answer("/interrupt", {"prompt_id": prompt_id})

    def _answer(self, path: str, content: Any = None) -> bytes:
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:
                answered: bytes = answer.read()
                return answered
        except urllib.error.HTTPError:
            raise
        except OSError as error:
            raise ServerGoneError(f"{self} does not answer: {error}") from None


def seconds(entry: dict[str, Any]) -> float:
    """Seconds from the start of a graph to its end by the server's clock, without the time in the queue."""
    times = {kind: told["timestamp"] for kind, told in entry["status"]["messages"] if "timestamp" in told}
    return (times["execution_success"] - times["execution_start"]) / 1000


def _why_refused(answer: bytes) -> str:
    try:
        told = json.loads(answer)
    except ValueError:
        return answer.decode(errors="replace")[:500]
    errors = [
        f"{node['class_type']}: {error['message']} ({error['details']})"
        for node in told.get("node_errors", {}).values()
        for error in node["errors"]
    ]
    return "; ".join(errors) or told["error"]["message"]
