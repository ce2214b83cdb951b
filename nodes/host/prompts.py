"""The text that a reward reads: given, or found upstream of a conditioning."""

from collections.abc import Iterator
from typing import Any

import nodes

from ...lidar_core.errors import LidarError
from ...lidar_core.quoting import quoted
from ...lidar_core.rewards.prompt import plain_text

# Inputs of text encoders that hold the whole prompt; the others of the same encoder often hold a short form of it.
_WHOLE_PROMPTS = ("t5xxl", "llama", "qwen25_7b", "mt5xl", "tags", "caption")
_PROMPTS = ("text", "text_g", "text_l", "clip_g", "clip_l", "bert", "prompt", "user_prompt", "lyrics")
# Nodes that only make one text of others: running them again costs nothing.
_TEXT_NODES = (
    "CaseConverter",
    "CustomCombo",
    "JsonExtractString",
    "PrimitiveBoolean",
    "PrimitiveFloat",
    "PrimitiveInt",
    "PrimitiveString",
    "PrimitiveStringMultiline",
    "RegexExtract",
    "RegexReplace",
    "StringConcatenate",
    "StringFormat",
    "StringReplace",
    "StringSubstring",
    "StringTrim",
)
# Nodes that show or save a text and hand it on, by the input that holds it.
_HAND_ON = {"PreviewAny": "source", "SaveText": "text"}
_SWITCH = "ComfySwitchNode"
_CONDITIONING = "CONDITIONING"


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
        found = list(_conditioning_texts(graph, graph.get_node(node_id)["inputs"]["positive"]))
    except _UnknownTextError as error:
        raise LidarError(
            f"The reward reads the prompt, but upstream of positive it comes from {error}, which makes it while "
            "running: wire that text to reward_prompt as well."
        ) from None
    # The same prompt may come with and without weights.
    texts = {plain_text(text): text for text in found if plain_text(text)}
    if len(texts) == 1:
        return next(iter(texts.values()))
    listed = " and ".join(map(quoted, texts)) if texts else "no text"
    raise LidarError(
        f"The reward reads the prompt, and upstream of positive there is {listed}: write the text that pictures are "
        "scored by into reward_prompt, or wire it there."
    )


def _conditioning_texts(graph: Any, link: list[Any]) -> Iterator[str]:
    """The prompts of every text encoder that a conditioning comes from.

    A node that changes a conditioning may read a text of its own, as GLIGEN's boxes do; that is not the prompt.
    """
    node = graph.get_node(link[0])
    inputs = node["inputs"]
    if node["class_type"] == _SWITCH:
        yield from _conditioning_texts(graph, _switched(graph, inputs))
        return
    before = [value for name, value in inputs.items() if _is_conditioning(graph, node["class_type"], name, value)]
    for link_before in before:
        yield from _conditioning_texts(graph, link_before)
    if not before:
        yield from _encoder_texts(graph, inputs)


def _encoder_texts(graph: Any, inputs: dict[str, Any]) -> Iterator[str]:
    for name in _WHOLE_PROMPTS:
        if name in inputs:
            text = _value(graph, inputs[name])
            if plain_text(text):
                yield text
                return
    for name in _PROMPTS:
        if name in inputs:
            yield _value(graph, inputs[name])


def _is_conditioning(graph: Any, kind: str, name: str, value: Any) -> bool:
    """Whether an input links to a conditioning that its node builds on."""
    if not _is_link(value) or name.startswith("negative"):
        return False
    types = nodes.NODE_CLASS_MAPPINGS[kind].INPUT_TYPES()
    takes = {**types.get("required", {}), **types.get("optional", {})}.get(name, ("",))[0]
    source = graph.get_node(value[0])["class_type"]
    # Either may be of any type.
    return _CONDITIONING in (takes, nodes.NODE_CLASS_MAPPINGS[source].RETURN_TYPES[value[1]])


def _value(graph: Any, value: Any) -> Any:
    """What an input of a text node or encoder holds: a literal, or what text nodes of the host make of literals."""
    if not _is_link(value):
        return value
    node = graph.get_node(value[0])
    kind, inputs = node["class_type"], node["inputs"]
    if kind == _SWITCH:
        return _value(graph, _switched(graph, inputs))
    if kind in _HAND_ON:
        return _value(graph, inputs[_HAND_ON[kind]])
    if kind not in _TEXT_NODES:
        raise _UnknownTextError(f"the node {kind}")
    values: dict[str, Any] = {}
    for name, held in inputs.items():
        # Inputs of a growing group are named group.member, and the node takes the group.
        group, _, member = name.partition(".")
        if member:
            values.setdefault(group, {})[member] = _value(graph, held)
        else:
            values[name] = _value(graph, held)
    return nodes.NODE_CLASS_MAPPINGS[kind].execute(**values)[value[1]]


def _switched(graph: Any, inputs: dict[str, Any]) -> Any:
    return inputs["on_true" if _value(graph, inputs["switch"]) else "on_false"]


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2
