"""Which rooms of the house may import which, read from the source alone.

The rooms of lidar_core are in ROOMS, and each may use those before it. A node is one file in nodes/; nodes/host/ holds
every contact with ComfyUI, but for the schema that each node is declared with.
"""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HERE = "this repository"
HOST = ("nodes", "host")
PANEL = ROOT / "nodes" / "host" / "panel.py"
ENTRY_POINT = ("__init__.py",)
REGISTRY = ("nodes", "__init__.py")
ROOMS = ("networks", "rewards", "pools", "guidance", "world")
# What the files of lidar_core outside the rooms are, and who may use them.
FOR_EVERY_ROOM = ("errors", "quoting", "whole_file")
FRONT_DOOR = "__main__.py"
# Of nodes/: no nodes, so that any node may import them.
SHARED_BY_NODES = ("sockets",)
# How a node is declared.
SCHEMA_MODULE = "comfy_api"
HOST_MODULES = {
    "app",
    "comfy",
    "comfy_api",
    "comfy_config",
    "comfy_execution",
    "comfy_extras",
    "execution",
    "folder_paths",
    "latent_preview",
    "node_helpers",
    "nodes",
    "server",
    "utils",
}
EVERYWHERE = {"torch", "safetensors", "numpy", "kornia"}
# Libraries that only some places use, which docs/development.md names.
SOMEWHERE = {
    "tokenizers": (
        "lidar_core/rewards/bert_tokens.py",
        "lidar_core/rewards/clip_tokens.py",
        "lidar_core/rewards/roberta_tokens.py",
    ),
    "transformers": ("lidar_core/networks/hugging_face.py",),
    "diffusers": ("lidar_core/world/model.py", "lidar_core/world/training/"),
    "PIL": ("lidar_core/world/demo.py", "lidar_core/world/contact_sheet.py"),
    "tqdm": ("lidar_core/world/demo.py", "lidar_core/world/training/"),
}


def imports(path, source):
    """What the module at `path` (its parts from the root) imports; of this repository as HERE and the parts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # The first dot is the module's own folder.
            package = (HERE, *path[: len(path) - node.level]) if node.level else ()
            module = node.module.split(".") if node.module else ()
            # The name may be a module as well.
            yield from ((*package, *module, alias.name) for alias in node.names)


def all_imports():
    for path in sorted([*(ROOT / "lidar_core").rglob("*.py"), *(ROOT / "nodes").rglob("*.py"), ROOT / "__init__.py"]):
        parts = path.relative_to(ROOT).parts
        for imported in imports(parts, path.read_text(encoding="utf-8")):
            yield parts, imported


def fault(path, imported):
    """What is wrong with the file at `path` importing `imported`, or None."""
    if imported[0] in HOST_MODULES:
        at_home = path[:2] == HOST or (path[0] == "nodes" and imported[0] == SCHEMA_MODULE)
        return None if at_home else f"{imported[0]} belongs to ComfyUI: only nodes/host touches it"
    if imported[0] == HERE:
        return _fault_within_nodes(path, imported[1:]) if imported[1] == "nodes" else _fault_of_room(path, imported[1:])
    return _fault_of_library(path, imported[0]) if path[0] == "lidar_core" else None


def _fault_within_nodes(path, imported):
    if path[0] != "nodes":
        return None if path == ENTRY_POINT else "lidar_core imports nothing of nodes/"
    if imported[:2] == HOST or path == REGISTRY:
        return None
    if path[:2] == HOST:
        return "nodes/host imports nothing of nodes/"
    return None if imported[1] in SHARED_BY_NODES else "no node imports another node"


def _fault_of_room(path, imported):
    if path[0] != "lidar_core" or path[1] == FRONT_DOOR or imported[1] in FOR_EVERY_ROOM:
        return None
    if path[1] not in ROOMS or imported[1] not in ROOMS:
        return f"lidar_core holds the rooms {', '.join(ROOMS)}, and {', '.join(FOR_EVERY_ROOM)} for all of them"
    if ROOMS.index(imported[1]) <= ROOMS.index(path[1]):
        return None
    return f"{path[1]} comes before {imported[1]}, and a room uses only those before it"


def _fault_of_library(path, library):
    if library in sys.stdlib_module_names or library in EVERYWHERE:
        return None
    places = SOMEWHERE.get(library, ())
    if any("/".join(path).startswith(place) for place in places):
        return None
    return f"{library} is used only in {', '.join(places) or 'no place'}"


def test_every_import_keeps_the_house_rules():
    faults = {
        f"{'/'.join(path)} imports {'.'.join(imported)}": wrong
        for path, imported in all_imports()
        if (wrong := fault(path, imported))
    }
    assert not faults


def test_only_the_panel_talks_to_the_page():
    heard = set(re.findall(r'(?:told|addEventListener)\("(lidar[_.]\w+)"', (ROOT / "web" / "lidar.js").read_text()))
    assert len(heard) > 4
    for path in sorted((ROOT / "nodes").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        assert {name for name in heard if f'"{name}"' in source} == (heard if path == PANEL else set()), path
    assert {path for path, imported in all_imports() if imported[0] == "server"} == {PANEL.relative_to(ROOT).parts}


@pytest.mark.parametrize("library", SOMEWHERE)
def test_every_named_place_uses_its_library(library):
    users = ["/".join(path) for path, imported in all_imports() if imported[0] == library]
    for place in SOMEWHERE[library]:
        assert [user for user in users if user.startswith(place)], place


def test_the_docs_name_the_libraries():
    layout = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    names = {*EVERYWHERE, *SOMEWHERE} - {"PIL"} | {"pillow"}
    assert not [name for name in names if name not in layout]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("nodes/lookahead.py", "from .guidance import LiDARGuidance"),
        ("nodes/lookahead.py", "from . import ksampler"),
        ("nodes/lookahead.py", "import comfy.utils"),
        ("nodes/lookahead.py", "def later():\n    import folder_paths"),
        ("nodes/host/files.py", "from ..sockets import PoolType"),
        ("nodes/host/files.py", "from .. import lookahead"),
        ("lidar_core/pools/pool.py", "from ..guidance.guide import Guide"),
        ("lidar_core/rewards/scorers/kinds.py", "from ...world import model"),
        ("lidar_core/pools/pool.py", "from comfy_api.latest import io"),
        ("lidar_core/pools/pool.py", "from ...nodes.host import files"),
        ("lidar_core/pools/pool.py", "from lidar_core.world import model"),
        ("lidar_core/pools/pool.py", "from ..helpers import chunk"),
        ("lidar_core/pools/pool.py", "import scipy"),
        ("lidar_core/rewards/metrics.py", "from PIL import Image"),
        ("lidar_core/world/model.py", "import tqdm"),
    ],
)
def test_the_check_finds_what_it_looks_for(file, source):
    path = tuple(file.split("/"))
    assert [wrong for imported in imports(path, source) if (wrong := fault(path, imported))]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        (
            "nodes/lookahead.py",
            "from .host.drawing import draw\nfrom .sockets import PoolType\nfrom .host import files",
        ),
        ("nodes/lookahead.py", "from comfy_api.v0_0_2 import io\nfrom ..lidar_core.pools.pool import Pool"),
        ("nodes/host/files.py", "from . import memory\nfrom .sampling import sample\nimport comfy.utils"),
        ("lidar_core/world/run.py", "from ..guidance.guide import Guide\nfrom .model import World\nimport torch, math"),
        ("lidar_core/pools/pool.py", "from ..errors import LidarError"),
    ],
)
def test_the_check_lets_pass_what_it_should(file, source):
    path = tuple(file.split("/"))
    assert not [wrong for imported in imports(path, source) if (wrong := fault(path, imported))]
