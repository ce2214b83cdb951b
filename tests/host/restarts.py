"""Ends a server in mid-queue again and again, and checks that it starts whole each time and gives the same pictures.

COMFYUI_PATH=... python -m tests.host.restarts, at the root of the repository, with the Python that runs ComfyUI. Linux.
"""

import argparse
import signal
import tempfile
from pathlib import Path

from .conftest import PACKS, Server
from .demo_graph import node, pictures, succeeded
from .test_hold import PHASES, troubled

ENDINGS = [(phase, trouble) for phase in (*PHASES, "saving") for trouble in ("kill", "stop")]


def saving(info, phase="none", trouble="kill", turn=0):
    """A demo prompt that saves its pool. turn: another one draws another pool."""
    graph = troubled(info, phase, trouble, turn)
    graph["config"]["inputs"]["lookahead_seed"] = turn
    graph["kept"] = node(info, "LiDARSavePool", pool=["sampler", 1])
    return graph


def loading(info, name):
    graph = {"pool": node(info, "LiDARLoadPool", pool_name=name)}
    graph["said"] = node(info, "Report", anything=["pool", 0])
    return graph


def found(server, base):
    """What a server that has just started offers and shows; every saved pool must load."""
    info = server.get("/object_info")
    kinds = {kind for kind in info if kind.startswith("LiDAR")}
    shown = pictures(server, succeeded(server.run(saving(info), patience=3600)))
    for name in info["LiDARLoadPool"]["input"]["required"]["pool_name"][1]["options"]:
        succeeded(server.run(loading(info, name), patience=3600))
    unfinished = [path.name for path in (base / "output").rglob("*.part")]
    return kinds, shown, unfinished


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restarts", type=int, default=20)
    restarts = parser.parse_args().restarts
    # A program that was started in the background ignores Ctrl+C, and so would its servers.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        base, packs = Path(folder) / "base", PACKS
        before = None
        for turn in range(restarts + 1):
            server = Server(base, packs=packs, patience=3600)
            packs = {}
            try:
                left = [path.name for path in (base / "temp").rglob("*") if path.is_file()]
                kinds, shown, unfinished = found(server, base)
                before = before or (kinds, shown)
                same = "the same" if (kinds, shown) == before else "OTHER"
                print(f"start {turn}: {len(kinds)} nodes, {same} nodes and pictures,", end=" ")
                print(f"temporary files left: {left or 'none'}, unfinished: {unfinished or 'none'}", flush=True)
                if turn == restarts:
                    return
                info = server.get("/object_info")
                phase, trouble = ENDINGS[turn % len(ENDINGS)]
                server.queue(saving(info, phase, trouble, turn + 1))
                server.queue(saving(info, turn=turn + 2))
                server.process.wait(3600)
                print(f"  {phase}: {trouble}", flush=True)
            finally:
                server.stop()


if __name__ == "__main__":
    main()
