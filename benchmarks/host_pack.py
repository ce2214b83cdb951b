"""Loads ComfyUI into this process, and this pack under a name of its own, as the host does."""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACK = "lidar_pack"


def load(on_cpu: bool) -> None:
    """Make `comfy` and `lidar_pack` importable. The environment variable COMFYUI_PATH names ComfyUI's folder."""
    host = Path(os.environ.get("COMFYUI_PATH", ""))
    if not (host / "main.py").exists():
        raise ValueError("No ComfyUI: set COMFYUI_PATH to its folder, and run with the Python that runs it.")
    # The pack's folder nodes/ would hide the host's module of that name, and an installed folder utils the host's own.
    sys.path[:] = [str(host), *(entry for entry in sys.path if Path(entry).resolve() != ROOT)]
    import comfy.cli_args
    import utils.install_util  # noqa: F401

    comfy.cli_args.args.cpu = on_cpu
    spec = importlib.util.spec_from_file_location(PACK, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    assert spec is not None
    assert spec.loader is not None
    sys.modules[PACK] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[PACK])
