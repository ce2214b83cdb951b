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
    meta = shown.setdefault("_meta", {})
    # A prompt that was read from a picture brings what was done to that one.
    own = [before for before in meta.get("lidar", []) if before["prompt_id"] == context.prompt_id]
    meta["lidar"] = [*own, {"prompt_id": context.prompt_id, **facts}]
