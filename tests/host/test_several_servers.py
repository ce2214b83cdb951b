"""A pool drawn in parts on several real servers guides as one drawn on one machine."""

import contextlib
import copy
import json
import os
import subprocess
import threading
import time
import urllib.request
import uuid
from pathlib import Path

import pytest

from .conftest import PACKS, ROOT, Server
from .demo_graph import error_of, pictures, succeeded

GRAPH = json.loads((ROOT / "docs" / "lidar_distributed.json").read_text())
# A git directory or a checkout of github.com/robertvoy/ComfyUI-Distributed. Only this test uses it.
DISTRIBUTED = Path(os.environ.get("LIDAR_DISTRIBUTED", "/nowhere"))
WORKER = "worker"


def distributed_pack(folder):
    """The other pack, unpacked in `folder`; None where there is none."""
    if not DISTRIBUTED.is_dir():
        return None
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=DISTRIBUTED, check=True, capture_output=True).stdout
    folder.mkdir()
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    return folder


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Two servers with one output folder; the first has the second as the other pack's worker."""
    folder = tmp_path_factory.mktemp("several")
    pack = distributed_pack(folder / "pack")
    packs = {"lidar-sampling": ROOT, "stand_ins": PACKS["stand_ins"]} | ({"distributed": pack} if pack else {})
    running = []
    with contextlib.ExitStack() as stop:
        for name in ("first", "second"):
            running.append(Server(folder / name, "--output-directory", str(folder / "output"), packs=packs))
            stop.callback(running[-1].stop)
        if pack:
            worker = {"id": WORKER, "name": WORKER, "host": "127.0.0.1", "port": running[1].port, "type": "local"}
            settings = {"auto_launch_workers": False, "websocket_orchestration": False}
            config = {"workers": [{**worker, "enabled": True}], "settings": settings}
            (pack / "gpu_config.json").write_text(json.dumps(config))
        yield running


def drawing(prefix, seed, text="two red circles"):
    """A part of the pool, on a server of its own."""
    graph = pruned("part")
    graph["part"]["inputs"]["filename_prefix"] = f"lidar_pools/{prefix}"
    graph["config"]["inputs"]["lookahead_seed"] = seed
    graph["positive"]["inputs"]["text"] = text
    return graph


def guiding(pattern, samples=8):
    graph = pruned("saved")
    graph["pool"]["inputs"] = {"pool_name": "", "pattern": pattern, "samples": samples}
    return {name: node for name, node in graph.items() if name not in ("collector", "part", "lookahead", "config")}


def on_one_machine():
    """The same two parts, merged without a file."""
    graph = pruned("saved")
    del graph["collector"], graph["part"]
    for number, seed in ((1, 0), (2, 1)):
        for name in ("config", "lookahead"):
            graph[f"{name}{number}"] = copy.deepcopy(GRAPH[name])
        graph[f"config{number}"]["inputs"]["lookahead_seed"] = seed
        graph[f"lookahead{number}"]["inputs"]["lookahead"] = [f"config{number}", 0]
    del graph["config"], graph["lookahead"]
    parts = {f"pools.pool_{number}": [f"lookahead{number}", 0] for number in (1, 2)}
    graph["pool"] = {"class_type": "LiDARMergePools", "inputs": parts}
    return graph


def pruned(last):
    """The committed graph without DistributedSeed and what comes after `last`."""
    order = list(GRAPH)
    graph = copy.deepcopy({name: GRAPH[name] for name in order[: order.index(last) + 1] if name != "seed"})
    graph["config"]["inputs"]["lookahead_seed"] = 0
    return graph


@pytest.fixture(scope="module")
def expected(servers):
    guided = pictures(servers[0], succeeded(servers[0].run(on_one_machine())))
    unguided = on_one_machine()
    unguided["guided"]["inputs"]["strength"] = 0.0
    assert pictures(servers[0], succeeded(servers[0].run(unguided))) != guided
    return guided


def entry_of(history):
    (entry,) = history["outputs"]["part"]["pools"]
    return entry


def files(server, prefix):
    return sorted((server.folder.parent / "output" / "lidar_pools").glob(f"{prefix}_*"))


def test_parts_on_a_shared_disk_guide_as_one_machine_and_again(servers, expected):
    for _ in range(2):
        for seed, server in enumerate(servers):
            succeeded(server.run(drawing("shared", seed)))
        assert len(files(servers[0], "shared")) == 2
        history = succeeded(servers[1].run(guiding("lidar_pools/shared_*")))
        if history["outputs"]:
            assert pictures(servers[1], history) == expected


def test_a_missing_part_and_a_part_of_another_prompt_stop_the_run(servers, expected):
    succeeded(servers[0].run(drawing("late", 0)))
    assert "holds 4 samples, not 8 (4 of lookahead seed 0)" in error_of(servers[0].run(guiding("lidar_pools/late_*")))
    succeeded(servers[1].run(drawing("late", 1)))
    assert pictures(servers[0], succeeded(servers[0].run(guiding("lidar_pools/late_*")))) == expected
    succeeded(servers[1].run(drawing("late", 2, "a blue square")))
    assert "different prompts" in error_of(servers[0].run(guiding("lidar_pools/late_*")))


def test_servers_that_save_under_one_prefix_at_once_lose_no_pool(servers):
    def draw(server, first):
        for seed in range(first, first + 12, 2):
            graph = drawing("crowd", seed)
            graph["config"]["inputs"] |= {"samples": 2, "steps": 2}
            saved.append(entry_of(succeeded(server.run(graph)))["filename"])

    saved = []
    threads = [threading.Thread(target=draw, args=(server, first)) for first, server in enumerate(servers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(saved)) == 12
    assert {path.name for path in files(servers[0], "crowd")} == set(saved)


def test_without_a_shared_disk_a_part_travels_by_view_and_upload(servers, expected):
    for seed, server in enumerate(servers):
        entry = entry_of(succeeded(server.run(drawing("sent", seed))))
        part = {"filename": entry["filename"], "subfolder": entry["subfolder"], "type": entry["type"]}
        upload(servers[0], entry["filename"], server.image(part))
    for path in files(servers[0], "sent"):
        path.unlink()
    assert pictures(servers[0], succeeded(servers[0].run(guiding("sent/sent_* [input]")))) == expected


def upload(server, name, content):
    border = uuid.uuid4().hex
    fields = f'--{border}\r\nContent-Disposition: form-data; name="subfolder"\r\n\r\nsent\r\n'
    fields += f'--{border}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n'
    fields += "Content-Type: application/octet-stream\r\n\r\n"
    body = fields.encode() + content + f"\r\n--{border}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
    with urllib.request.urlopen(
        urllib.request.Request(f"http://127.0.0.1:{server.port}/upload/image", body, kind), timeout=60
    ) as answer:
        assert json.load(answer)["name"] == name


@pytest.mark.skipif(
    not DISTRIBUTED.is_dir(), reason="no ComfyUI-Distributed: set LIDAR_DISTRIBUTED to a git directory of it"
)
def test_the_committed_graph_runs_through_comfyui_distributed(servers, expected):
    for _ in range(2):
        asked = {"prompt": GRAPH, "client_id": "test", "enabled_worker_ids": [WORKER], "delegate_master": False}
        request = urllib.request.Request(
            f"http://127.0.0.1:{servers[0].port}/distributed/queue",
            json.dumps(asked).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
        assert told["worker_count"] == 1
        deadline = time.monotonic() + 200
        while not (history := servers[0].get(f"/history/{told['prompt_id']}")):
            assert time.monotonic() < deadline, servers[0].log()[-3000:]
            time.sleep(0.3)
        ended = succeeded(history[told["prompt_id"]])
        assert len(files(servers[0], "two_red_circles")) == 2
        if "saved" in ended["outputs"]:
            assert pictures(servers[0], ended) == expected
