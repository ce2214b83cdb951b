"""ComfyUI-Distributed, another pack, on servers of this machine. Only tests use it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from .conftest import PACKS, ROOT

# A git directory or a checkout of github.com/robertvoy/ComfyUI-Distributed.
DISTRIBUTED = Path(os.environ.get("LIDAR_DISTRIBUTED", "/nowhere"))
needs_distributed = pytest.mark.skipif(
    not DISTRIBUTED.is_dir(), reason="no ComfyUI-Distributed: set LIDAR_DISTRIBUTED to a git directory of it"
)


def packs_with_distributed(folder):
    """This pack, the stand-ins and, where it is there, ComfyUI-Distributed, unpacked in `folder`."""
    packs = {"lidar-sampling": ROOT, "stand_ins": PACKS["stand_ins"]}
    if DISTRIBUTED.is_dir():
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=DISTRIBUTED, check=True, capture_output=True).stdout
        packs["distributed"] = folder / "distributed"
        packs["distributed"].mkdir()
        subprocess.run(["tar", "-x"], cwd=packs["distributed"], input=archive, check=True)
    return packs


def name_workers(packs, servers):
    """Make `servers` the workers "worker 1", "worker 2", ... of all servers with these packs."""
    workers = [
        {"id": name, "name": name, "host": "127.0.0.1", "port": server.port, "type": "local", "enabled": True}
        for name, server in ((f"worker {number}", server) for number, server in enumerate(servers, 1))
    ]
    settings = {"auto_launch_workers": False, "websocket_orchestration": False, "worker_timeout_seconds": 5}
    (packs["distributed"] / "gpu_config.json").write_text(json.dumps({"workers": workers, "settings": settings}))
