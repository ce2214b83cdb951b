"""What LiDAR did to a picture, in the metadata of the files that the host saves of it.

The host writes the running prompt into each file, beside the workflow. Of each node that prompt has a place for what is
no input, `_meta`; there `lidar` lists what was done, in the order of the runs.
"""

from typing import Any

from comfy_execution.progress import get_progress_state
from comfy_execution.utils import get_executing_context

from ...lidar_core.pools.pool import Pool


def note_followed(pool: Pool, followed: list[int]) -> None:
    """followed: for each picture of the batch the sample of `pool` that it followed."""
    _note(
        scorers=list(pool.scores),
        samples=len(pool),
        steps=pool.origin.steps,
        best_reward=pool.rewards.max().item(),
        mean_reward=pool.rewards.mean().item(),
        followed=[{"seed": pool.seeds[sample], "reward": pool.rewards[sample].item()} for sample in followed],
    )


def note_rewards(scores: list[float | None], kept: list[int]) -> None:
    """The rewards of the pictures that are handed on, in that order; kept: which of the batch they are."""
    _note(rewards=[scores[picture] for picture in kept], pictures=[picture + 1 for picture in kept])


def _note(**facts: Any) -> None:
    context = get_executing_context()
    if context is None:
        return
    graph = get_progress_state().dynprompt
    shown = graph.get_original_prompt()[graph.get_display_node_id(context.node_id)]
    # A prompt that was read from a picture brings what was done to that one, and a client may send anything here.
    meta = shown["_meta"] = dict(given) if isinstance(given := shown.get("_meta"), dict) else {}
    noted = meta.get("lidar")
    own = [before for before in noted if _is_of(before, context.prompt_id)] if isinstance(noted, list) else []
    meta["lidar"] = [*own, {"prompt_id": context.prompt_id, **facts}]


def _is_of(noted: Any, prompt_id: str) -> bool:
    return isinstance(noted, dict) and noted.get("prompt_id") == prompt_id
