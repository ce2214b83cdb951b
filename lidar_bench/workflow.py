"""Reads from a workflow in API format how it samples with LiDAR."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lidar_core.errors import LidarError

from .server import Graph

SAMPLER, LOOKAHEAD, GUIDANCE, CONFIG = "LiDARKSampler", "LiDARLookahead", "LiDARGuidance", "LiDARLookaheadConfig"
_SAMPLING = ("seed", "steps", "cfg", "sampler_name", "scheduler", "positive", "negative", "latent_image", "denoise")
_LOOKAHEAD = ("positive", "negative", "vae", "reward", "latent_image", "denoise")
_TEXTS = ("text", "text_g", "text_l", "clip_l", "clip_g", "t5xxl", "prompt")

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Workflow:
    """graph: the workflow without its LiDAR nodes. The other fields hold the inputs of the sampling nodes, by name."""

    graph: Graph
    model: list[Any]
    sampling: Inputs
    lookahead: Inputs
    guidance: Inputs
    config: Inputs
    texts: tuple[tuple[str, str], ...]
    latent: str

    @property
    def vae(self) -> list[Any]:
        link: list[Any] = self.lookahead["vae"]
        return link

    @property
    def reward(self) -> list[Any]:
        link: list[Any] = self.lookahead["reward"]
        return link


def read_workflow(path: Path, object_info: dict[str, Any]) -> Workflow:
    """The workflow in `path`; object_info: a server's node definitions, for the lookahead's defaults."""
    graph = json.loads(path.read_text(encoding="utf-8"))
    if "nodes" in graph:
        raise LidarError(f"{path} is a workflow of the page: export it with File, Export (API).")
    return workflow_of(graph, object_info)


def workflow_of(graph: Graph, object_info: dict[str, Any]) -> Workflow:
    sampler = _only(graph, SAMPLER)["inputs"]
    if sampler.get("start", "fresh noise") != "fresh noise":
        raise LidarError(f'{SAMPLER} has start "{sampler["start"]}": the arms are compared at "fresh noise".')
    named = sampler.get("lookahead")
    cfg = {"cfg": sampler["cfg"]}
    config = dict(graph[named[0]]["inputs"]) if named else _defaults(object_info, CONFIG) | cfg
    return Workflow(
        graph,
        sampler["model"],
        {name: sampler[name] for name in _SAMPLING},
        {"model": sampler["model"], "cfg": config["cfg"], **{name: sampler[name] for name in _LOOKAHEAD}},
        {name: sampler[name] for name in ("strength", "variety") if name in sampler},
        config,
        tuple(_texts(graph, sampler["positive"])),
        _latent(graph, sampler["latent_image"]),
    )


def for_prompt(workflow: Workflow, text: str, images: int) -> Graph:
    """The workflow's nodes with this prompt and this number of pictures."""
    graph = copy.deepcopy(workflow.graph)
    for node, name in workflow.texts:
        graph[node]["inputs"][name] = text
    graph[workflow.latent]["inputs"]["batch_size"] = images
    return graph


def pruned(graph: Graph, outputs: list[str]) -> Graph:
    """The nodes that `outputs` need."""
    return {node: graph[node] for output in outputs for node in (output, *upstream(graph, output))}


def upstream(graph: Graph, start: str) -> Iterator[str]:
    """The nodes before `start`, near ones first."""
    seen, waiting = {start}, [start]
    while waiting:
        for value in graph[waiting.pop(0)]["inputs"].values():
            if isinstance(value, list) and len(value) == 2 and value[0] in graph and value[0] not in seen:
                seen.add(value[0])
                waiting.append(value[0])
                yield value[0]


def node_named(graph: Graph, name: str) -> str:
    """The id of the node that has this id or title."""
    found = [node for node in graph if name in (node, graph[node].get("_meta", {}).get("title"))]
    if len(found) != 1:
        raise LidarError(f'The workflow has {len(found)} nodes of the id or title "{name}": name exactly one.')
    return found[0]


def _only(graph: Graph, kind: str) -> dict[str, Any]:
    found = [node for node in graph.values() if node["class_type"] == kind]
    if len(found) != 1:
        raise LidarError(f"The workflow has {len(found)} nodes of {kind}: give one that samples with exactly one.")
    return found[0]


def _defaults(object_info: dict[str, Any], kind: str) -> Inputs:
    required = object_info[kind]["input"]["required"]
    return {name: spec[1]["default"] for name, spec in required.items() if len(spec) > 1 and "default" in spec[1]}


def _texts(graph: Graph, positive: list[Any]) -> Iterator[tuple[str, str]]:
    """The inputs that hold the prompt: those of the encoders nearest upstream of positive."""
    found = False
    for node in (positive[0], *upstream(graph, positive[0])):
        for name, value in graph[node]["inputs"].items():
            if name in _TEXTS and isinstance(value, str):
                found = True
                yield node, name
    if not found:
        raise LidarError(
            "No node before positive has the prompt as a text of its own: give the text encoder its text in the node, "
            "not through a wire."
        )


def _latent(graph: Graph, latent_image: list[Any]) -> str:
    for node in (latent_image[0], *upstream(graph, latent_image[0])):
        if "batch_size" in graph[node]["inputs"]:
            return node
    raise LidarError("No node before latent_image has a batch_size: start from an empty latent.")
