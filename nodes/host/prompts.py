"""The text that a reward reads: given, or found upstream of a conditioning."""

from collections.abc import Iterator
from typing import Any

from comfy_execution.graph_utils import is_link

import nodes

from ...lidar_core.errors import LidarError
from ...lidar_core.quoting import quoted
from ...lidar_core.rewards.prompt import plain_text

# Inputs of text encoders that hold the whole prompt; other inputs of these encoders often hold a short form.
_WHOLE_PROMPTS = ("t5xxl", "llama", "qwen25_7b", "mt5xl", "tags", "caption")
_PROMPTS = ("text", "text_g", "text_l", "clip_g", "clip_l", "bert", "prompt", "user_prompt", "lyrics")
# Nodes that only compute a text from others, so that running them again costs nothing.
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
# Nodes that show or save a text and pass it on, with the input that holds it.
_HAND_ON = {"PreviewAny": "source", "SaveText": "text"}
_SWITCH = "ComfySwitchNode"
_CONDITIONING = "CONDITIONING"


class _UnknownTextError(Exception):
    """A text comes from a node, of this kind, whose output does not show in the graph."""


def prompt_for(given: str, graph: Any, node_id: str, reward: Any) -> str:
    """The prompt as its author wrote it: `given` unless empty, else the only text upstream of `positive`.

    If that is not clear, a reward that reads the prompt is refused, and other rewards get an empty text.
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
            f"The reward reads the prompt, but upstream of positive it comes from the node {quoted(str(error))}, which "
            "makes it while running: wire that text to reward_prompt as well."
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
    """The prompts of all text encoders that a conditioning comes from.

    A node that changes a conditioning may have a text of its own, such as GLIGEN's boxes; that is not the prompt.
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
        text = _text(graph, inputs.get(name))
        if plain_text(text):
            yield text
            return
    for name in _PROMPTS:
        yield _text(graph, inputs.get(name))


def _text(graph: Any, value: Any) -> str:
    """The text in an input; an encoder of another pack may keep something else under the same name."""
    held = _value(graph, value)
    return held if isinstance(held, str) else ""


def _is_conditioning(graph: Any, kind: str, name: str, value: Any) -> bool:
    """Whether an input links to a conditioning that its node builds on."""
    if not is_link(value) or name.startswith("negative"):
        return False
    types = nodes.NODE_CLASS_MAPPINGS[kind].INPUT_TYPES()
    takes = {**types.get("required", {}), **types.get("optional", {})}.get(name, ("",))[0]
    source = graph.get_node(value[0])["class_type"]
    # Either may be of any type.
    return _CONDITIONING in (takes, nodes.NODE_CLASS_MAPPINGS[source].RETURN_TYPES[value[1]])


def _value(graph: Any, value: Any) -> Any:
    """The text of an input of a text node or encoder: a literal, or the output of the host's text nodes."""
    if not is_link(value):
        return value
    node = graph.get_node(value[0])
    kind, inputs = node["class_type"], node["inputs"]
    if kind == _SWITCH:
        return _value(graph, _switched(graph, inputs))
    if kind in _HAND_ON:
        return _value(graph, inputs[_HAND_ON[kind]])
    if kind not in _TEXT_NODES:
        raise _UnknownTextError(kind)
    values: dict[str, Any] = {}
    for name, held in inputs.items():
        # Inputs of a growing group are named group.member, and the node receives the whole group.
        group, _, member = name.partition(".")
        if member:
            values.setdefault(group, {})[member] = _value(graph, held)
        else:
            values[name] = _value(graph, held)
    return nodes.NODE_CLASS_MAPPINGS[kind].execute(**values)[value[1]]


def _switched(graph: Any, inputs: dict[str, Any]) -> Any:
    return inputs["on_true" if _value(graph, inputs["switch"]) else "on_false"]
