"""Messages to the front end about a run, for the panels in web/."""

from collections.abc import Mapping
from typing import Any

from comfy_execution.utils import get_executing_context
from server import PromptServer


def shown_as(node: Any) -> str | None:
    """The id of the node that the user sees, for a part of LiDAR KSampler that one's; None where no graph is run."""
    if node.hidden is None:
        return None
    shown: str = node.hidden.dynprompt.get_display_node_id(node.hidden.unique_id)
    return shown


def running_prompt() -> str | None:
    """The id under which the host keeps the running prompt in its history; None where no graph is run."""
    context = get_executing_context()
    return None if context is None else context.prompt_id


def tell(event: str, node_id: str | None, content: Mapping[str, Any]) -> None:
    """Send `content` about `node_id` to the page that queued the running prompt, if a page did."""
    server = getattr(PromptServer, "instance", None)
    context = get_executing_context()
    if node_id is None or server is None or server.client_id is None or context is None:
        return
    server.send_sync(
        f"lidar.{event}",
        {"node": node_id, "prompt_id": context.prompt_id, "workflow": _running_workflow(server), **content},
        server.client_id,
    )


def _running_workflow(server: Any) -> str | None:
    """The id of the workflow that is running; the page may show another one by now."""
    for _, _, _, extra, *_ in server.prompt_queue.currently_running.values():
        return (extra.get("extra_pnginfo") or {}).get("workflow", {}).get("id")
    return None
