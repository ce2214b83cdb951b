"""What comfyui-api, a server product in front of ComfyUI, returns of LiDAR's results."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from .demo_graph import demo_graph, node, pictures, pixels, succeeded
from .parts import drawing, guiding, on_one_machine

# A checkout of github.com/SaladTechnologies/comfyui-api after `npm ci && npm run build`. Only this test uses it.
COMFYUI_API = Path(os.environ.get("LIDAR_COMFYUI_API", "/nowhere"))
PROGRAM = COMFYUI_API / "dist" / "src" / "index.js"

pytestmark = pytest.mark.skipif(
    not PROGRAM.is_file() or shutil.which("node") is None,
    reason="no comfyui-api: install Node.js and set LIDAR_COMFYUI_API to a built checkout of it",
)


class Product:
    """comfyui-api in front of a ComfyUI that already runs."""

    def __init__(self, server, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "product.log"
        settings = {
            # The command by which it would start ComfyUI.
            "CMD": "sleep infinity",
            "COMFYUI_PORT_HOST": str(server.port),
            "COMFY_HOME": str(folder),
            "OUTPUT_DIR": str(server.folder / "output"),
            "INPUT_DIR": str(server.folder / "input"),
            "MODEL_DIR": str(server.folder / "models"),
            "WORKFLOW_DIR": str(folder / "workflows"),
            "CACHE_DIR": str(folder / "cache"),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["node", str(PROGRAM)], stdout=log, stderr=log, env={**os.environ, **settings}, start_new_session=True
            )
        deadline = time.monotonic() + 120
        while not self._ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.5)

    def _ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=10):
                return True
        except OSError:
            return False

    def files(self, graph):
        """The files that a job returns, by the part of their name that comes after the job's id."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/prompt",
            json.dumps({"prompt": graph}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                told = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.read().decode()}\n{self.log.read_text()[-3000:]}") from None
        names = [name.removeprefix(f"{told['id']}_") for name in told["filenames"]]
        return dict(zip(names, map(base64.b64decode, told["images"]), strict=True))

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


@pytest.fixture(scope="module")
def product(server, tmp_path_factory):
    running = Product(server, tmp_path_factory.mktemp("product"))
    yield running
    running.stop()


def test_parts_that_come_back_guide_as_one_machine(server, product):
    for seed in (0, 1):
        ((name, content),) = product.files(drawing("pool", seed)).items()
        assert name.startswith("pool_")
        # It takes what it returns out of the output folder.
        assert not list((server.folder / "output").glob("*pool_*"))
        server.upload(name, content, "returned")
    graph = guiding("returned/pool_* [input]", 2)
    graph["saved"]["inputs"]["filename_prefix"] = "guided"
    (picture,) = product.files(graph).values()
    assert [pixels(picture)] == pictures(server, succeeded(server.run(on_one_machine(2))))


def test_a_file_in_a_folder_does_not_come_back(server, product):
    assert product.files(drawing("folder/pool", 2)) == {}
    assert len(list((server.folder / "output").glob("*_folder/pool_*"))) == 1


def test_a_picture_that_cannot_be_scored_does_not_fail_the_job(server, product):
    info = server.get("/object_info")
    graph = demo_graph(info)
    graph["saved"]["inputs"]["filename_prefix"] = "guided"
    graph["judge"] = node(info, "LiDARRewardMetric", metric="contrast")
    broken = node(info, "SpoiledImages", images=["decoded", 0])
    scored = node(info, "LiDARScoreImages", images=["broken", 0], reward=["judge", 0])
    graph |= {"broken": broken, "scored": scored, "seen": node(info, "PreviewImage", images=["scored", 0])}
    assert product.files(graph).keys() == {"guided_00001_.png"}
