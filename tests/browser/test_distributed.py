"""The graph for ComfyUI-Distributed in ComfyUI's own page, with that pack's part of the page and a worker."""

import contextlib
import json

import pytest

from ..host.conftest import ROOT, Server
from ..host.demo_graph import pictures as pixels_of
from ..host.demo_graph import succeeded
from ..host.distributed import name_workers, needs_distributed, packs_with_distributed
from ..host.parts import on_one_machine
from .front_end import FrontEnd
from .test_workflows import UNKNOWN

pytestmark = needs_distributed
FILE = ROOT / "docs" / "lidar_distributed.json"
# What the page sends, with nodes named by their kind.
SENT = """async () => {
  const { output } = await app.graphToPrompt();
  const named = (value) => (Array.isArray(value) ? [output[value[0]].class_type, value[1]] : value);
  return Object.values(output).map(({ class_type, inputs }) => [
    class_type,
    Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, named(value)])),
  ]);
}"""


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Two servers with one output folder; the second is the first one's worker."""
    folder = tmp_path_factory.mktemp("distributed")
    packs = packs_with_distributed(folder)
    with contextlib.ExitStack() as stop:
        running = []
        for name in ("first", "second"):
            settings = folder / name / "user" / "default" / "comfy.settings.json"
            settings.parent.mkdir(parents=True)
            settings.write_text(json.dumps({"Comfy.TutorialCompleted": True}))
            # The page asks the worker itself whether it is there.
            options = ("--output-directory", str(folder / "output"), "--enable-cors-header")
            running.append(Server(folder / name, *options, packs=packs))
            stop.callback(running[-1].stop)
        name_workers(packs, running[1:])
        yield running


def test_the_graph_opens_in_the_page_and_its_run_button_runs_it_on_both_servers(browser, servers, pictures):
    page = FrontEnd(browser, servers[0].port, "canvas", pictures, "distributed")
    with page.page.expect_file_chooser() as chooser:
        page.do("Comfy.OpenWorkflow")
    chooser.value.set_files(FILE)
    page.page.wait_for_function("() => app.rootGraph.nodes.some((node) => node.type === 'DistributedCollector')")
    assert page.evaluate(UNKNOWN) == []
    page.frame()
    page.picture("opened")
    graph = json.loads(FILE.read_text())
    for kind, inputs in page.evaluate(SENT):
        wanted = [named(node["inputs"], graph) for node in graph.values() if node["class_type"] == kind]
        # With the inputs that the file leaves at their defaults.
        assert any(inputs == {**inputs, **of_file} for of_file in wanted), (inputs, wanted)

    page.run()
    history = servers[0].get("/history").values()
    (ended,) = [entry for entry in history if any("images" in told for told in entry["outputs"].values())]
    assert len(list((servers[0].folder.parent / "output" / "lidar_pools").glob("two_red_circles_*"))) == 2
    alone = succeeded(servers[0].run(on_one_machine(2)))
    assert pixels_of(servers[0], succeeded(ended), saver_of(ended)) == pixels_of(servers[0], alone)
    assert page.errors == []
    page.close()


def named(inputs, graph):
    return {
        name: [graph[value[0]]["class_type"], value[1]] if isinstance(value, list) else value
        for name, value in inputs.items()
    }


def saver_of(entry):
    (saver,) = [node for node, sent in entry["prompt"][2].items() if sent["class_type"] == "SaveImage"]
    return saver
