"""The text that the scorer reads: given, or found upstream of a conditioning input."""

from typing import Any

from ...lidar_core.errors import LidarError
from ...lidar_core.rewards.prompt import plain_text

# T5 reads the whole prompt; what stands in the CLIP inputs beside it is often a short form.
_WHOLE_PROMPT = ("t5xxl", "llama")
_TEXTS = ("text", "text_g", "text_l", "clip_g", "clip_l", "prompt")
_CONDITIONINGS = (
    "positive",
    "conditioning",
    "conditioning_1",
    "conditioning_2",
    "conditioning_to",
    "conditioning_from",
    "base_positive",
    "cond1",
)


class _UnknownTextError(Exception):
    """A text comes from a node whose output cannot be read off the graph."""


def prompt_for(given: str, graph: Any, node_id: str, reward: Any) -> str:
    """The prompt as its author wrote it: `given` if it says anything, else the one text upstream of `positive`.

    Where that is not clear a reward that reads the prompt is refused; for others an empty text will do.
    """
    if plain_text(given):
        return given
    try:
        return _found_prompt(graph, node_id)
    except LidarError:
        if reward.reads_prompt:
            raise
        return ""


def _found_prompt(graph: Any, node_id: str) -> str:
    try:
        found = _conditioning_texts(graph, graph.get_node(node_id)["inputs"])
    except _UnknownTextError as error:
        raise LidarError(
            f"The scorer needs the prompt, but upstream of positive it comes from {error}, which makes it while "
            "running: wire that text to the prompt input as well."
        ) from None
    # The same prompt may come with and without weights.
    texts = {plain_text(text): text for text in found if plain_text(text)}
    if len(texts) == 1:
        return next(iter(texts.values()))
    listed = " and ".join(f'"{text}"' for text in texts) if texts else "no text"
    raise LidarError(
        f"The scorer needs the prompt, and upstream of positive there is {listed}: "
        "write the text that pictures are scored by into the prompt input, or wire it there."
    )


def _conditioning_texts(graph: Any, inputs: dict[str, Any]) -> list[str]:
    """The texts of every encoder that a node's conditionings come from."""
    texts = []
    for name in _CONDITIONINGS:
        if not _is_link(inputs.get(name)):
            continue
        upstream = graph.get_node(inputs[name][0])["inputs"]
        whole = [upstream[name] for name in _WHOLE_PROMPT if name in upstream][:1]
        values = whole or [upstream[name] for name in _TEXTS if name in upstream]
        texts += [_text(graph, value) for value in values] or _conditioning_texts(graph, upstream)
    return texts


def _text(graph: Any, value: Any) -> str:
    """A literal text, or the one that text nodes of the host make of literals."""
    if isinstance(value, str):
        return value
    node = graph.get_node(value[0])
    inputs = node["inputs"]
    if node["class_type"] == "StringConcatenate":
        return inputs["delimiter"].join(_text(graph, inputs[part]) for part in ("string_a", "string_b"))
    if node["class_type"].startswith("Primitive"):
        return _text(graph, inputs["value"])
    raise _UnknownTextError(f"the node {node['class_type']}")


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2
