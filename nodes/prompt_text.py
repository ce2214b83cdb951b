"""The text that the scorer reads: given, or found upstream of a conditioning input."""

import re
from typing import Any

from ..lidar_core.pool import PoolError

_TEXT_INPUTS = ("t5xxl", "text", "text_g", "text_l", "clip_l", "prompt", "string", "value")
_CONDITIONING_INPUTS = (
    "conditioning",
    "conditioning_1",
    "conditioning_2",
    "conditioning_to",
    "conditioning_from",
    "positive",
)


def plain_text(text: str) -> str:
    """`text` as a scorer should read it: no weight syntax, embeddings, LoRA tags or BREAK."""
    text = re.sub(r"<[^<>]*>", " ", text)
    text = re.sub(r"\bembedding:\S+", " ", text)
    text = re.sub(r"\bBREAK\b", " ", text)
    text = re.sub(r":\s*[-+]?[\d.]+\s*(?=\))", "", text)
    text = re.sub(r"(?<!\\)[()]", "", text).replace("\\(", "(").replace("\\)", ")")
    return re.sub(r"\s+", " ", text).strip(" ,")


def prompt_for(given: str, graph: Any, node_id: str) -> str:
    """`given` if it says anything, else the one text found upstream of the node's `positive`."""
    if given.strip():
        return plain_text(given)
    texts = list(
        dict.fromkeys(plain_text(text) for text in _texts(graph, graph.get_node(node_id)["inputs"], ("positive",)))
    )
    if len(texts) == 1:
        return texts[0]
    found = " and ".join(f'"{text}"' for text in texts) if texts else "no text"
    raise PoolError(
        f"The scorer needs the prompt, and upstream of positive there is {found}: "
        "write the text that pictures are scored by into the prompt input, or wire it there."
    )


def _texts(graph: Any, inputs: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for name in names:
        value = inputs.get(name)
        if isinstance(value, str):
            return [value] if value.strip() else []
        if not (isinstance(value, list) and len(value) == 2):
            continue
        upstream = graph.get_node(value[0])["inputs"]
        deeper = _texts(graph, upstream, _TEXT_INPUTS)
        found += deeper or [
            text for conditioning in _CONDITIONING_INPUTS for text in _texts(graph, upstream, (conditioning,))
        ]
        if found and name in _TEXT_INPUTS:
            return found
    return found
