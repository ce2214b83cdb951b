"""A real browser; for most tests a real ComfyUI server with this pack as well, and its real front end.

LIDAR_FRONT_ENDS: more front ends to test beside ComfyUI's own, each the `static` folder of a comfyui-frontend-package,
separated as PATH is. LIDAR_SCREENSHOTS: where to leave pictures. CHROMIUM: the browser, if it is not on the path.
LIDAR_PICTURES: set, the pictures of the help pages are made anew, by ComfyUI's own front end with its
canvas.
"""

import functools
import http.server
import importlib.util
import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from ..host.conftest import COMFYUI, ROOT, WHY_NOT, Server
from .front_end import FrontEnd
from .panel_page import OPEN

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
# Files that the recipes of the help pages name, in addition to those of the workflows.
RECIPE_FILES = (
    "models/loras/sdxl_lightning_4step_lora.safetensors",
    "models/clip_vision/clip_vision_g.safetensors",
    "models/text_encoders/qwen3vl_4b_fp8_scaled.safetensors",
    "models/reward_models/HPS_v2.1_compressed.pt",
    "models/reward_models/sac+logos+ava1-l14-linearMSE.pth",
    "models/reward_models/clip-vit-large-patch14.safetensors",
    "output/lidar_pools/bicycle_3f1c09a2b7d84e65.safetensors",
    "output/lidar_pools/bicycle_a04be71f5c2d9638.safetensors",
)
FRONT_ENDS = ["pinned", *filter(None, os.environ.get("LIDAR_FRONT_ENDS", "").split(os.pathsep))]


def _why_not(item: pytest.Item) -> str | None:
    if importlib.util.find_spec("playwright") is None:
        return "this Python lacks playwright; install it beside ComfyUI's requirements"
    if CHROMIUM is None:
        return "there is no Chromium on the path; set CHROMIUM to one"
    return WHY_NOT if "site" in item.fixturenames else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if why_not := _why_not(item):
                item.add_marker(pytest.mark.skip(reason=why_not))


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # No sandbox, which a container's root may not have: only the local server is opened.
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield running
        running.close()


@pytest.fixture(
    scope="session", params=FRONT_ENDS, ids=["pinned", *(f"other{number}" for number in range(1, len(FRONT_ENDS)))]
)
def site(request, tmp_path_factory):
    """A server with ComfyUI's own front end, or with another one."""
    options = [] if request.param == "pinned" else ["--front-end-root", request.param]
    folder = tmp_path_factory.mktemp("comfyui") / "base"
    settings = folder / "user" / "default" / "comfy.settings.json"
    settings.parent.mkdir(parents=True)
    # A first visit would open the templates over everything.
    settings.write_text(json.dumps({"Comfy.TutorialCompleted": True}))
    _put_files(folder)
    running = Server(folder, *options)
    running.name = FRONT_ENDS.index(request.param)
    yield running
    running.stop()


def _put_files(folder: Path) -> None:
    """Create the named files, empty, and ComfyUI's example picture, because the page reports missing files."""
    workflows = [json.loads(path.read_text()) for path in (ROOT / "workflows").glob("*.json")]
    models = [model for each in workflows for node in each["nodes"] for model in node["properties"].get("models", [])]
    for name in (*RECIPE_FILES, *(f"models/{model['directory']}/{model['name']}" for model in models)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "input").mkdir()
    shutil.copy(COMFYUI / "input" / "example.png", folder / "input")


@pytest.fixture(scope="session", params=["canvas", "nodes2"])
def renderer(request):
    return request.param


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    given = os.environ.get("LIDAR_SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def page(browser, site, renderer, pictures):
    """The front end in a browser session of its own, drawn by one of its two renderers."""
    opened = FrontEnd(browser, site.port, renderer, pictures, f"front{site.name}_{renderer}")
    opened.writes_pictures = bool(os.environ.get("LIDAR_PICTURES")) and opened.label == "front0_canvas"
    yield opened
    opened.close()


@pytest.fixture
def another_browser(browser, site, renderer, pictures):
    """Opens the front end as another user, without anything that `page` has stored."""
    opened = []

    def open_like(page):
        opened.append(FrontEnd(browser, site.port, renderer, pictures, page.label))
        return opened[-1]

    yield open_like
    for other in opened:
        other.close()


@pytest.fixture(scope="session")
def demo():
    """The demo workflow without its plain half and smaller: 6 samples of 8 steps, 2 pictures of 8 steps."""
    workflow = json.loads((ROOT / "workflows" / "lidar_demo.json").read_text())
    plain = (7, 10, 11)
    links = [link for link in workflow["links"] if not {link[1], link[3]} & set(plain)]
    left = {link[0] for link in links}
    nodes = [node for node in workflow["nodes"] if node["id"] not in plain]
    for node in nodes:
        for output in node.get("outputs", []):
            output["links"] = [link for link in output["links"] or [] if link in left]
        values = node["widgets_values"]
        if node["type"] == "EmptyLatentImage":
            values[2] = 2
        if node["type"] == "LiDARLookaheadConfig":
            values[:2] = [6, 8]
        if node["type"] == "LiDARKSampler":
            values[2] = 8
    return {**workflow, "nodes": nodes, "links": links}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def tab(browser):
    handler = functools.partial(Quiet, directory=ROOT / "web")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        session = browser.new_context(viewport={"width": 1300, "height": 900})
        opened = session.new_page()
        opened.goto(f"http://127.0.0.1:{files.server_address[1]}/")
        yield opened
        session.close()
        files.shutdown()


@pytest.fixture
def show(tab, pictures, request):
    def show(results, **options):
        tab.evaluate(OPEN, [results, options])
        tab.screenshot(path=pictures / f"alone_{request.node.name}.png")
        return tab

    return show
