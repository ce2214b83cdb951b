"""Writes locales/en/nodeDefs.json: the nodes' texts from their schemas.

COMFYUI_PATH=... python -m tests.host.english, at the root of the repository and with the Python that runs ComfyUI.
"""

import json
import tempfile
from pathlib import Path

from .conftest import PACKS, ROOT, Server

NODE_DEFINITIONS = ROOT / "locales" / "en" / "nodeDefs.json"


def words_of(info):
    """The words of the pack's nodes in `info`, the server's /object_info, in the structure of nodeDefs.json."""
    return {node_id: _words(node) for node_id, node in sorted(info.items()) if node_id.startswith("LiDAR")}


def _words(node):
    words = {"display_name": node["display_name"], "description": node["description"]}
    inputs = {**node["input"].get("required", {}), **node["input"].get("optional", {})}
    if inputs:
        words["inputs"] = {
            name: {"name": settings.get("display_name") or name, "tooltip": settings["tooltip"]}
            for name, (_, settings) in inputs.items()
        }
    tooltips = node.get("output_tooltips") or [None] * len(node["output_name"])
    outputs = {
        str(index): {"name": name, **({"tooltip": tooltip} if tooltip else {})}
        for index, (name, tooltip) in enumerate(zip(node["output_name"], tooltips, strict=True))
    }
    if outputs:
        words["outputs"] = outputs
    return words


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), packs={"lidar-sampling": PACKS["lidar-sampling"]})
        try:
            words = words_of(server.get("/object_info"))
        finally:
            server.stop()
    NODE_DEFINITIONS.write_text(json.dumps(words, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
