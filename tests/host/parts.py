"""API prompts of a pool that is drawn in parts, from the committed graph for ComfyUI-Distributed."""

import copy
import json

from .conftest import ROOT

GRAPH = json.loads((ROOT / "docs" / "lidar_distributed.json").read_text())
SAMPLES = GRAPH["config"]["inputs"]["samples"]
"""The samples of one part."""


def drawing(prefix, seed, text="two red circles"):
    """One part, saved by the node "part"."""
    graph = _until("part")
    graph["part"]["inputs"]["filename_prefix"] = prefix
    graph["config"]["inputs"]["lookahead_seed"] = seed
    graph["positive"]["inputs"]["text"] = text
    return graph


def guiding(pattern, parts):
    """A picture guided by all parts that match `pattern`, saved by the node "saved"."""
    graph = _until("saved")
    graph["pool"]["inputs"] = {"pool_name": "", "pattern": pattern, "samples": SAMPLES * parts}
    return {name: node for name, node in graph.items() if name not in ("collector", "part", "lookahead", "config")}


def on_one_machine(parts):
    """The same picture from the parts of lookahead seeds 0, 1, ..., merged without a file."""
    graph = _until("saved")
    for seed in range(parts):
        for name in ("config", "lookahead"):
            graph[f"{name} {seed}"] = copy.deepcopy(GRAPH[name])
        graph[f"config {seed}"]["inputs"]["lookahead_seed"] = seed
        graph[f"lookahead {seed}"]["inputs"]["lookahead"] = [f"config {seed}", 0]
    merged = {f"pools.pool_{seed + 1}": [f"lookahead {seed}", 0] for seed in range(parts)}
    graph["pool"] = {"class_type": "LiDARMergePools", "inputs": merged}
    return {name: node for name, node in graph.items() if name not in ("collector", "part", "lookahead", "config")}


def _until(last):
    """The committed graph as far as the node `last`, without DistributedSeed."""
    names = list(GRAPH)
    return copy.deepcopy({name: GRAPH[name] for name in names[: names.index(last) + 1] if name != "seed"})
