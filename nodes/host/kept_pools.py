"""Lookahead pools that were drawn, kept for when their prompt comes back.

The host's cache does not keep them: after each node it drops what the running prompt does not use, on a machine with
less than 128 GB whatever is free. So another prompt, or strength 0, would cost a lookahead once more.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from comfy.cli_args import args
from comfy_execution.graph_utils import is_link
from comfy_execution.utils import get_executing_context

from ...lidar_core.pools.pool import Pool
from . import batches
from .latents import samples_of

# Some 250 pools of 16 SDXL samples, or 8 of 16 Wan videos of 81 frames at 480p.
MOST_BYTES = 2**30

_kept: OrderedDict[str, tuple[Pool, dict[str, Any]]] = OrderedDict()


def keep(key: str | None, pool: Pool, shown: dict[str, Any]) -> None:
    """shown: what the node shows of it. Where the latents of all take too much, the pools used longest ago go."""
    if key is None:
        return
    _kept[key] = pool, shown
    while len(_kept) > 1 and sum(other.latents.nbytes for other, _ in _kept.values()) > MOST_BYTES:
        _kept.popitem(last=False)


def recall(key: str | None) -> tuple[Pool, dict[str, Any]] | None:
    """What was kept under `key`, if it is still there."""
    if key is None or key not in _kept:
        return None
    _kept.move_to_end(key)
    return _kept[key]


def key_of(node: Any, latent: dict[str, Any], conditionings: Sequence[Any]) -> str | None:
    """A text for all that the pool of `node`, a LiDAR Lookahead, depends on; None where that is not known for sure.

    It is how the host's own cache tells results apart: the classes, inputs and fingerprints of the node and of all
    nodes before it. What latent and conditionings hold counts as well, in case a node gives something new each time;
    but how many images a batch has does not if they are all alike.
    """
    context = get_executing_context()
    # Without the host's cache no node has a fingerprint.
    if context is None or args.cache_none:
        return None
    try:
        made_by = _signature(node.hidden.dynprompt, node.hidden.unique_id, leaving_out="latent_image")
        contents = [_content(part) for part in (_one_image(latent, conditionings), *map(_tensors, conditionings))]
        return json.dumps([made_by, context.list_index, contents])
    except (TypeError, ValueError):
        # Something in it is neither plain data nor a tensor, or a fingerprint that equals none.
        return None


def _signature(graph: Any, node_id: str, leaving_out: str | None = None) -> str:
    known: dict[str, str] = {}

    def of(node_id: str, leaving_out: str | None = None) -> str:
        if node_id not in known:
            node = graph.get_node(node_id)
            inputs = {
                name: [of(value[0]), value[1]] if is_link(value) else value
                for name, value in node["inputs"].items()
                if name != leaving_out
            }
            known[node_id] = _digest([node["class_type"], node.get("is_changed"), inputs])
        return known[node_id]

    return of(node_id, leaving_out)


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _one_image(latent: dict[str, Any], conditionings: Sequence[Any]) -> dict[str, Any]:
    """`latent` with one image of its batch if the images are all alike, and one prompt stands for each of them."""
    samples, mask = samples_of(latent, "latent_image"), latent.get("noise_mask")
    together = [entry for conditioning in conditionings for entry in conditioning]
    if batches.differ(samples, mask, together) or not all(_stands_for_all(*entry) for entry in together):
        return latent
    return {**latent, "samples": samples[:1], **({} if mask is None else {"noise_mask": mask[:1]})}


def _stands_for_all(tensor: torch.Tensor, options: dict[str, Any]) -> bool:
    return len(tensor) == 1 and all(
        len(value) == 1 if isinstance(value, torch.Tensor) and value.ndim else isinstance(value, int | float | str)
        for value in options.values()
        if value is not None
    )


def _tensors(conditioning: Any) -> list[torch.Tensor]:
    return [tensor for tensor, _ in conditioning]


def _content(part: Any) -> Any:
    """Plain data that is equal only for an equal `part`."""
    if isinstance(part, torch.Tensor):
        held = part.detach().cpu().contiguous()
        numbers = hashlib.sha256(held.reshape(-1).view(torch.uint8).numpy().data).hexdigest()
        return [str(part.dtype), list(part.shape), numbers]
    if isinstance(part, dict):
        return {name: _content(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_content(value) for value in part]
    return part
