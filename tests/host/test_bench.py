"""python -m lidar_bench on two real servers, with the embedded world and its exact verifier."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from .conftest import ROOT, Server
from .demo_graph import demo_graph, node, pictures, succeeded

ARMS = ("plain", "longer", "best-of", "pool", "lidar", "select")
PROMPTS = ("two red circles", "a blue square", "three green stars", "a cyan cross")


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Two servers, and a place for one that is started again."""
    running = [Server(tmp_path_factory.mktemp("bench") / "base") for _ in range(2)]
    yield running
    for server in running:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="module")
def workflow(servers):
    info = servers[0].get("/object_info")
    graph = demo_graph(info, seed=11, steps=8)
    # Good enough samples to be followed.
    graph["config"]["inputs"] |= {"samples": 8, "steps": 8}
    graph["judge"] = node(info, "LiDARRewardMetric", metric="colourfulness")
    graph["judge"]["_meta"] = {"title": "Colours"}
    return graph


@pytest.fixture
def files(tmp_path, workflow):
    (tmp_path / "prompts.txt").write_text("\n".join(PROMPTS) + "\n")
    (tmp_path / "workflow.json").write_text(json.dumps(workflow))
    return tmp_path


def command(files, servers, *more):
    return [
        sys.executable, "-m", "lidar_bench", "run", "--workflow", files / "workflow.json", "--prompts",
        files / "prompts.txt", "--out", files / "out", "--images", "2", "--held-out", "Colours", "--server",
        *(f"127.0.0.1:{server.port}" for server in servers), *more,
    ]  # fmt: skip


def bench(*arguments, module="lidar_bench"):
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=500
    )


def folders(files):
    return sorted(file.parent for file in (files / "out").glob("*/*/lidar_bench.json"))


def test_a_run_leaves_folders_that_evaluators_walk_and_a_page_of_every_arm(servers, workflow, files):
    whole = subprocess.run(command(files, servers), cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert whole.returncode == 0, whole.stderr
    assert "Measuring the arms on http://127.0.0.1:" in whole.stderr
    assert "about" in whole.stderr
    out = files / "out"
    assert {(folder.parent.name, folder.name) for folder in folders(files)} == {
        (arm, f"{index:05d}") for arm in ARMS for index in range(4)
    }
    records = [json.loads((folder / "lidar_bench.json").read_text()) for folder in folders(files)]
    assert {record["server"] for record in records} == {f"http://127.0.0.1:{server.port}" for server in servers}
    for folder, record in zip(folders(files), records, strict=True):
        assert [file.name for file in sorted((folder / "samples").iterdir())] == ["0000.png", "0001.png"]
        assert json.loads((folder / "metadata.jsonl").read_text())["prompt"] == PROMPTS[int(folder.name)]
        assert all(len(record["rewards"][judge]) == 2 for judge in ("guiding reward", "Colours"))
        assert record["seconds"] > 0
        assert record["model_calls"] > 0
    assert {record["model_calls"] for record in records if record["arm"] == "plain"} == {8 * 2}
    by_arm = {
        arm: [score for record in records if record["arm"] == arm for score in record["rewards"]["guiding reward"]]
        for arm in ARMS
    }
    assert sum(by_arm["best-of"]) > sum(by_arm["plain"])

    # The same noise as the workflow itself with the prompt's seed.
    seen = []
    for arm, strength in (("plain", 0.0), ("lidar", 1.0)):
        graph = json.loads(json.dumps(workflow))
        del graph["judge"]
        graph["sampler"]["inputs"] |= {"seed": 1000, "strength": strength}
        graph["config"]["inputs"]["lookahead_seed"] = 1000
        graph["latent"]["inputs"]["batch_size"] = 2
        graph["positive"]["inputs"]["text"] = PROMPTS[1]
        whole_graph = pictures(servers[0], succeeded(servers[0].run(graph)))
        assert whole_graph not in seen
        seen.append(whole_graph)
        assert [pixels(file) for file in sorted((out / arm / "00001" / "samples").iterdir())] == whole_graph

    times = {folder: (folder / "lidar_bench.json").stat().st_mtime_ns for folder in folders(files)}
    again = subprocess.run(command(files, servers), cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert (again.returncode, again.stderr) == (0, "")
    assert times == {folder: (folder / "lidar_bench.json").stat().st_mtime_ns for folder in folders(files)}
    other = subprocess.run(command(files, servers, "--seed", "7"), cwd=ROOT, capture_output=True, text=True)
    assert other.returncode == 1
    assert "another seed" in other.stderr

    assert bench(out, module="benchmarks.verified").returncode == 0
    assert bench("report", out).returncode == 0
    page = (out / "report.md").read_text()
    for measure in ("GenEval: correct", "guiding reward", "Colours", "Cost of a prompt", "ComfyUI"):
        assert measure in page
    assert page.count("![](") == (out / "report.html").read_text().count("<img") == 4 * len(ARMS)
    assert set(json.loads((out / "pool" / "geneval2.json").read_text())) == set(PROMPTS)
    assert bench("vote", out, "--between", "lidar", "plain").returncode == 0
    assert (out / "vote.html").read_text().count("samples/0000.png") == 8


def pixels(file):
    return Image.open(file).convert("RGB").tobytes()


def test_a_killed_client_and_a_killed_server_lose_nothing(servers, files):
    # A shell's background job ignores it, and so would the client.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arms = ("--arms", "plain", "lidar", "select")
    client = subprocess.Popen(command(files, servers, *arms), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(folders(files)) >= 2)
    client.send_signal(signal.SIGKILL if os.name == "nt" else signal.SIGINT)
    assert "goes on where it stopped" in client.communicate(timeout=60)[1]
    assert client.returncode == 130
    before = {folder: (folder / "lidar_bench.json").stat().st_mtime_ns for folder in folders(files)}
    assert 2 <= len(before) < 12

    client = subprocess.Popen(command(files, servers, *arms), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(folders(files)) > len(before))
    servers[1].process.kill()
    said = client.communicate(timeout=500)[1]
    assert client.returncode == 0, said
    assert "goes to the next free server" in said
    assert len(folders(files)) == 12
    assert {folder: (folder / "lidar_bench.json").stat().st_mtime_ns for folder in before} == before
    assert not list((files / "out").glob("unfinished-*"))


def wait_for(condition, patience=300):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda graph: graph["sampler"].update(class_type="KSampler"), "0 nodes of LiDARKSampler: give one"),
        (lambda graph: graph["sampler"]["inputs"].update(start="best lookahead noise"), 'compared at "fresh noise"'),
        (lambda graph: graph["positive"]["inputs"].update(text=["other", 0]), "No node before positive has the prompt"),
        (lambda graph: graph["latent"]["inputs"].pop("batch_size"), "start from an empty latent"),
        (lambda graph: graph["judge"].update(graph["world"]), "is the reward that guides: hold out another"),
        (lambda graph: graph.pop("judge"), '0 nodes of the id or title "Colours"'),
        (lambda graph: graph.update(nodes=[]), "Export (API)"),
    ],
)
def test_a_workflow_that_does_not_fit_is_told_in_a_sentence(servers, workflow, files, change, message):
    graph = json.loads(json.dumps(workflow))
    change(graph)
    (files / "workflow.json").write_text(json.dumps(graph))
    refused = subprocess.run(command(files, servers[:1]), cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert message in refused.stderr
