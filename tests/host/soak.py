"""Queues demo prompts on one server, and prints how its memory grows, its warnings, and the files that it leaves.

COMFYUI_PATH=... python -m tests.host.soak, at the root of the repository and with the Python that runs ComfyUI. Linux.
"""

import argparse
import tempfile
from pathlib import Path

from .conftest import Server
from .demo_graph import demo_graph, node, succeeded

TEXTS = ("two red circles", "a blue square", "a green triangle", "three yellow circles")


def resident(server):
    """The server's memory in MiB."""
    (line,) = [
        line
        for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    ]
    return int(line.split()[1]) / 1024


def slope(values):
    """The slope per step, by least squares."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    over = sum((place - middle) * (value - mean) for place, value in enumerate(values))
    return over / sum((place - middle) ** 2 for place in range(len(values)))


def prompt(info, number):
    """A new seed each time, a new lookahead every second time, and a saved pool every tenth time."""
    graph = demo_graph(info, text=TEXTS[number % len(TEXTS)], batch=2, seed=number)
    graph["config"]["inputs"]["lookahead_seed"] = number // 2
    if number % 10 == 0:
        graph["kept"] = node(info, "LiDARSavePool", pool=["sampler", 1], filename_prefix="lidar_pools/soak")
    return graph


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", type=int, default=200)
    queues = parser.parse_args().queues
    with tempfile.TemporaryDirectory() as folder:
        # It may have to wait for programs of higher priority.
        server = Server(Path(folder), patience=3600)
        try:
            info = server.get("/object_info")
            memory = []
            for number in range(queues):
                succeeded(server.run(prompt(info, number), patience=3600))
                memory.append(resident(server))
                if number % 10 == 9:
                    print(f"{number + 1} queues, {memory[-1]:.0f} MiB", flush=True)
            warnings = [line for line in server.log().splitlines() if "WARN" in line or "Traceback" in line]
        finally:
            server.stop()
        files = [path for path in Path(folder).rglob("*") if path.is_file() and "custom_nodes" not in path.parts]
    half = memory[queues // 2 :]
    print(f"memory of the second half: {half[0]:.0f} to {half[-1]:.0f} MiB, slope {slope(half) * 1024:.0f} KiB a queue")
    print("warnings:", *(warnings or ["none"]), sep="\n  ")
    kinds = {}
    for path in files:
        place = path.relative_to(folder)
        kinds.setdefault(f"{place.parts[0]}/*{place.suffix}", []).append(place)
    print("files left:", *(f"{kind}: {len(found)}" for kind, found in sorted(kinds.items())), sep="\n  ")


if __name__ == "__main__":
    main()
