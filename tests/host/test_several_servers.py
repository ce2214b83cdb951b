"""A pool drawn in parts on three real servers guides as one drawn on one machine."""

import contextlib
import copy
import json
import threading
import time
import urllib.request

import pytest

from .conftest import Server
from .demo_graph import error_of, pictures, succeeded
from .distributed import name_workers, needs_distributed, packs_with_distributed
from .parts import GRAPH, SAMPLES, drawing, guiding, on_one_machine

SERVERS = 3


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Servers with one output folder; the others are workers of the first one's other pack."""
    folder = tmp_path_factory.mktemp("several")
    packs = packs_with_distributed(folder)
    running = []
    with contextlib.ExitStack() as stop:
        for number in range(SERVERS):
            shared = ("--output-directory", str(folder / "output"))
            fails = {"LIDAR_FAILS": str(folder / f"{number} fails")}
            running.append(Server(folder / str(number), *shared, packs=packs, environment=fails))
            stop.callback(running[-1].stop)
        if "distributed" in packs:
            name_workers(packs, running[1:])
        yield running


@pytest.fixture(scope="module")
def expected(servers):
    """The picture of one machine."""
    graph = on_one_machine(SERVERS)
    guided = pictures(servers[0], succeeded(servers[0].run(graph)))
    graph["guided"]["inputs"]["strength"] = 0.0
    assert pictures(servers[0], succeeded(servers[0].run(graph))) != guided
    return guided


def entry_of(history):
    (entry,) = history["outputs"]["part"]["pools"]
    return entry


def files(servers, prefix):
    return sorted((servers[0].folder.parent / "output" / "lidar_pools").glob(f"{prefix}_*"))


def test_parts_on_a_shared_disk_guide_as_one_machine_and_again(servers, expected):
    for again in ("once", "twice"):
        for seed, server in enumerate(servers):
            succeeded(server.run(drawing("lidar_pools/shared", seed)))
        assert len(files(servers, "shared")) == SERVERS
        graph = guiding("lidar_pools/shared_*", SERVERS)
        # So that the second time is no cached result.
        graph["saved"]["inputs"]["filename_prefix"] = again
        assert pictures(servers[1], succeeded(servers[1].run(graph))) == expected


def test_a_missing_part_and_a_part_of_another_prompt_stop_the_run(servers, expected):
    graph = guiding("lidar_pools/late_*", SERVERS)
    for seed in (0, 2):
        succeeded(servers[seed].run(drawing("lidar_pools/late", seed)))
    assert "holds 8 samples, not 12 (4 of lookahead seed 0, 4 of lookahead seed 2)" in error_of(servers[0].run(graph))
    succeeded(servers[1].run(drawing("lidar_pools/late", 1)))
    assert pictures(servers[0], succeeded(servers[0].run(graph))) == expected
    succeeded(servers[1].run(drawing("lidar_pools/late", 3, "a blue square")))
    assert "different prompts" in error_of(servers[0].run(graph))


def test_servers_that_save_under_one_prefix_at_once_lose_no_pool(servers):
    rounds = 12

    def draw(server, number):
        for turn in range(rounds):
            together.wait(300)
            graph = drawing("lidar_pools/crowd", turn * SERVERS + number)
            graph["config"]["inputs"] |= {"samples": 2, "steps": 2}
            saved.append(entry_of(succeeded(server.run(graph)))["filename"])

    saved, together = [], threading.Barrier(SERVERS)
    threads = [threading.Thread(target=draw, args=(server, number)) for number, server in enumerate(servers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(saved)) == rounds * SERVERS
    assert {path.name for path in files(servers, "crowd")} == set(saved)


def test_without_a_shared_disk_a_part_travels_by_view_and_upload(servers, expected):
    for seed, server in enumerate(servers):
        entry = entry_of(succeeded(server.run(drawing("lidar_pools/sent", seed))))
        servers[0].upload(entry["filename"], server.image(entry), "sent")
    for path in files(servers, "sent"):
        path.unlink()
    graph = guiding("sent/sent_* [input]", SERVERS)
    assert pictures(servers[0], succeeded(servers[0].run(graph))) == expected


def distributed(prefix):
    """The committed graph for three servers; the nodes before the collector may fail on a server."""
    graph = copy.deepcopy(GRAPH)
    graph["part"]["inputs"]["filename_prefix"] = f"lidar_pools/{prefix}"
    graph["pool"]["inputs"] |= {"pattern": f"lidar_pools/{prefix}_*", "samples": SAMPLES * SERVERS}
    graph["may fail"] = {"class_type": "FailsHere", "inputs": {"images": ["lookahead", 1]}}
    graph["part"]["inputs"]["images"] = ["may fail", 0]
    graph["saved"]["inputs"]["filename_prefix"] = prefix
    return graph


def through_the_other_pack(servers, graph, master_works=True):
    """The history of the first server's part of the work."""
    workers = [f"worker {number}" for number in range(1, SERVERS)]
    asked = {"prompt": graph, "client_id": "test", "enabled_worker_ids": workers, "delegate_master": not master_works}
    request = urllib.request.Request(
        f"http://127.0.0.1:{servers[0].port}/distributed/queue",
        json.dumps(asked).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = json.load(answer)
    assert told["worker_count"] == len(workers)
    deadline = time.monotonic() + 300
    while not (history := servers[0].get(f"/history/{told['prompt_id']}")):
        assert time.monotonic() < deadline, servers[0].log()[-3000:]
        time.sleep(0.3)
    return history[told["prompt_id"]]


@needs_distributed
def test_the_committed_graph_runs_through_comfyui_distributed(servers, expected):
    for again in ("once", "twice"):
        graph = distributed("through")
        graph["saved"]["inputs"]["filename_prefix"] = again
        ended = succeeded(through_the_other_pack(servers, graph))
        assert len(files(servers, "through")) == SERVERS
        assert pictures(servers[0], ended) == expected


@needs_distributed
def test_a_worker_that_fails_stops_the_run_and_mended_it_goes_on(servers, expected):
    fails = servers[2].folder.parent / "2 fails"
    fails.touch()
    failed = through_the_other_pack(servers, distributed("mended"))
    assert "holds 8 samples, not 12 (4 of lookahead seed 0, 4 of lookahead seed 1)" in error_of(failed)
    fails.unlink()
    ended = succeeded(through_the_other_pack(servers, distributed("mended")))
    assert pictures(servers[0], ended) == expected


@needs_distributed
def test_a_first_server_that_only_collects_can_join_the_parts(servers):
    graph = distributed("joined")
    graph["pool"]["inputs"]["samples"] = SAMPLES * 2
    whole = {"class_type": "LiDARSavePool", "inputs": {"pool": ["pool", 0], "filename_prefix": "lidar_pools/whole"}}
    graph = {name: graph[name] for name in graph if name not in ("guided", "sampler", "decoded", "saved")}
    ended = succeeded(through_the_other_pack(servers, {**graph, "whole": whole}, master_works=False))
    assert [entry["samples"] for entry in ended["outputs"]["whole"]["pools"]] == [SAMPLES * 2]
