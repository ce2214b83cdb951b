"""All messages about a run to the page; every name that web/lidar.js listens for or reads is in this file."""

import logging
import math
from collections.abc import Mapping
from typing import Any

import torch
from comfy_execution.utils import get_executing_context
from PIL import Image
from server import PromptServer

from ...lidar_core.guidance.trace import Trace, run_report
from ...lidar_core.pools.pool import Pool
from ...lidar_core.rewards.media import Media
from ...lidar_core.rewards.recipe import Single
from .cost import Cost
from .picture_facts import note_followed, note_rewards
from .thumbnails import save_small, save_thumbnails

logger = logging.getLogger(__name__)


class Panel:
    """The panel of a node; a part of LiDAR KSampler uses LiDAR KSampler's panel, and None has no panel.

    note: a sentence that is shown with every run of the node. latest: the report of the last guided run. The host keeps
    this list object with the node's cached result, so a page that opens later receives the last run.
    """

    def __init__(self, node: Any = None, note: str | None = None) -> None:
        self.node_id = None if node is None else _shown_as(node)
        self.note = note
        self.latest: list[dict[str, Any]] = []

    def phase(self, name: str) -> None:
        """Report that a phase of the run begins."""
        self._tell("lidar.phase", {"phase": name})

    def sample(self, number: int, count: int, picture: Image.Image) -> None:
        """Show a lookahead sample, the one of this number of `count`, as far as it is known yet."""
        if self._listener() is not None:
            self._tell("lidar.sample", {"sample": number, "count": count, "picture": save_small(picture)})

    def run(
        self,
        pool: Pool,
        trace: Trace,
        sigmas: torch.Tensor,
        cost: Cost,
        handover: float | None,
        chosen_too_rough: bool = False,
    ) -> None:
        """Report a guided run; the page ranks the pool's samples best first.

        handover: the noise-to-signal ratio down to which the samples led; infinity if they were too rough to lead; None
        for a rule without a hand-over. chosen_too_rough: whether they led only because they were chosen.
        """
        order = pool.order().tolist()
        report = run_report(trace, sigmas, len(pool))
        told = {
            **report,
            "share": [report["share"][sample] for sample in order],
            "followed": [order.index(sample) for sample in report["followed"]],
            "rewards": pool.rewards[order].tolist(),
            "seeds": [pool.seeds[sample] for sample in order],
            "steps": len(sigmas) - 1,
            "handover": None if handover == math.inf else handover,
            "note": self.note or "",
            "too_rough": handover == math.inf,
            "chosen_too_rough": chosen_too_rough,
            "model_calls": cost.model_calls,
            "seconds": cost.seconds,
        }
        self.latest[:] = [{**told, "prompt_id": _running_prompt()}]
        self._tell("lidar.run", told)
        note_followed(pool, report["followed"])

    def warn(self, text: str) -> None:
        """Show `text` in the log and on the node."""
        logger.warning(text)
        self.say(text)

    def say(self, text: str) -> None:
        """Show `text` on the node."""
        server = getattr(PromptServer, "instance", None)
        if server is not None and self.node_id is not None:
            server.send_progress_text(text, self.node_id)

    def _tell(self, event: str, content: Mapping[str, Any]) -> None:
        """Send `content` to the page that queued the running prompt, if there is one."""
        server = self._listener()
        if server is None:
            return
        server.send_sync(
            event,
            {"node": self.node_id, "prompt_id": _running_prompt(), "workflow": _running_workflow(server), **content},
            server.client_id,
        )

    def _listener(self) -> Any:
        """The host's server if a page queued the running prompt, else None."""
        server = getattr(PromptServer, "instance", None)
        listens = self.node_id is not None and server is not None and server.client_id is not None
        return server if listens and get_executing_context() is not None else None


def looked_ahead(pool: Pool, best_first: Media, prompt: str, cost: Cost) -> dict[str, Any]:
    """What LiDAR Lookahead shows: the samples, best first; best_first: the decoded samples, in that order.

    A cached result and a kept pool repeat it; prompt_id names the run that made the model calls.
    """
    order = pool.order()
    shown = {
        "thumbnails": save_thumbnails(best_first),
        "rewards": pool.rewards[order].tolist(),
        "scores": {name: numbers[order].tolist() for name, numbers in pool.scores.items()},
        "seeds": [pool.seeds[sample] for sample in order.tolist()],
        "prompt": prompt,
        "model_calls": cost.model_calls,
        "seconds": cost.seconds,
        "prompt_id": _running_prompt(),
    }
    return {"lidar_lookahead": [shown]}


def scored(scores: torch.Tensor, kept: torch.Tensor, reward: Any) -> dict[str, Any]:
    """What a scoring node shows: the scores in the order of its input, and what it kept.

    JSON has no NaN, so a sample that cannot be scored has null; not as an entry of its own, at which comfyui-api fails.
    A mix's scores cannot be compared with those of other pictures.
    """
    finite = [score if math.isfinite(score) else None for score in scores.tolist()]
    shown = {"scores": finite, "kept": kept.tolist(), "comparable": isinstance(reward.recipe, Single)}
    note_rewards(finite, kept.tolist())
    return {"lidar_scores": [shown]}


def to_vote(pairs: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
    """What LiDAR Blind Vote shows; names: of the first and the second picture of each pair."""
    return {"lidar_vote": [{"pairs": pairs, "names": names}]}


def guides(panel: Panel) -> dict[str, Any]:
    """What a guidance node shows if it guides: its runs."""
    return {"lidar_off": [], "lidar_run": [panel.latest]}


def does_not_guide(why: str) -> dict[str, Any]:
    """What a guidance node shows if it does not guide."""
    return {"lidar_off": [why], "lidar_run": []}


def expanded(why_off: str | None) -> dict[str, Any]:
    """What LiDAR KSampler itself shows, in addition to the nodes that it expands to.

    A cached result does not mention those nodes: the page looks for them in the history of the run named here.
    """
    return {"lidar_off": [] if why_off is None else [why_off], "lidar_from": [_running_prompt()]}


def _shown_as(node: Any) -> str | None:
    """The id of the node that the user sees instead of `node`; None if no graph is running."""
    if node.hidden is None:
        return None
    shown: str = node.hidden.dynprompt.get_display_node_id(node.hidden.unique_id)
    return shown


def _running_prompt() -> str | None:
    """The id under which the host keeps the running prompt in its history; None if no graph is running."""
    context = get_executing_context()
    return None if context is None else context.prompt_id


def _running_workflow(server: Any) -> str | None:
    """The id of the workflow that is running; the page may show another one by now."""
    for _, _, _, extra, *_ in server.prompt_queue.currently_running.values():
        # Other clients than the page may send anything here.
        sent = extra.get("extra_pnginfo")
        workflow = sent.get("workflow") if isinstance(sent, dict) else None
        return workflow.get("id") if isinstance(workflow, dict) else None
    return None
