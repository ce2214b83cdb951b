"""Finds a ComfyUI, loads this pack into it under a name of its own, and starts a server on it."""

import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
import torch

ROOT = Path(__file__).parents[2]
COMFYUI = Path(os.environ.get("COMFYUI_PATH", Path.home() / "comfy" / "ComfyUI"))
PACK = "lidar_pack"
# This pack, and packs that only tests need.
PACKS = {"lidar-sampling": ROOT} | {
    name: Path(__file__).parent / name for name in ("evaluation_counter", "stand_ins", "tiny_checkpoint")
}


def _why_not() -> str | None:
    if not (COMFYUI / "main.py").exists():
        return f"no ComfyUI at {COMFYUI}; set COMFYUI_PATH to one"
    if importlib.util.find_spec("torchsde") is None:
        return "this Python lacks ComfyUI's requirements (torchsde); run pytest with the Python that runs ComfyUI"
    return None


WHY_NOT = _why_not()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.host)
            if WHY_NOT:
                item.add_marker(pytest.mark.skip(reason=WHY_NOT))


@pytest.fixture(scope="session")
def pack() -> ModuleType:
    """The pack, imported as the host does it, with the host on the CPU."""
    # The pack's folder nodes/ would hide the host's module of that name.
    sys.path[:] = [str(COMFYUI), *(entry for entry in sys.path if Path(entry).resolve() != ROOT)]
    # The host's own folder utils/, as its main.py does it, before something else takes that name.
    import comfy.cli_args
    import utils.install_util  # noqa: F401

    comfy.cli_args.args.cpu = True
    spec = importlib.util.spec_from_file_location(PACK, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACK] = module
    spec.loader.exec_module(module)
    asyncio.run(module.comfy_entrypoint())
    return module


@pytest.fixture(autouse=True)
def _inference_mode():
    """The host runs every node under it."""
    with torch.inference_mode():
        yield


class Server:
    """A real ComfyUI server process with `packs` beside those in `folder`, and no model file.

    patience: the seconds in which it must start, and then give each answer.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        packs: Mapping[str, Path] = PACKS,
        environment: Mapping[str, str] | None = None,
        patience: float = 180,
    ) -> None:
        (folder / "custom_nodes").mkdir(parents=True, exist_ok=True)
        for name, pack in packs.items():
            (folder / "custom_nodes" / name).symlink_to(pack, target_is_directory=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.patience = patience
        self.log_path = folder / "server.log"
        command = [
            sys.executable,
            "main.py",
            "--cpu",
            "--base-directory",
            str(folder),
            "--port",
            str(self.port),
            *options,
        ]
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=COMFYUI, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
            )
        deadline = time.monotonic() + patience
        while True:
            try:
                self.get("/system_stats")
                return
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise RuntimeError(f"ComfyUI did not start:\n{self.log()}") from None
                time.sleep(0.5)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def get(self, path: str):
        return json.loads(self.raw(path))

    def raw(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=self.patience) as answer:
            return answer.read()

    def image(self, entry: dict) -> bytes:
        return self.raw(f"/view?filename={entry['filename']}&subfolder={entry['subfolder']}&type={entry['type']}")

    def upload(self, name: str, content: bytes, subfolder: str) -> None:
        """Put a file into a folder of the input folder, as the page and other clients do."""
        border = uuid.uuid4().hex
        fields = f'--{border}\r\nContent-Disposition: form-data; name="subfolder"\r\n\r\n{subfolder}\r\n'
        fields += f'--{border}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n'
        fields += "Content-Type: application/octet-stream\r\n\r\n"
        body = fields.encode() + content + f"\r\n--{border}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/upload/image", body, kind)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["name"] == name

    def queue(self, prompt: dict, **more) -> str:
        """Queue an API-format prompt and return its id. more: further entries of the client's request."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/prompt",
            json.dumps({"prompt": prompt, **more}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self.patience) as answer:
                return json.load(answer)["prompt_id"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None

    def run(self, prompt: dict, patience: float = 600, **more) -> dict:
        """Queue a prompt and wait for its history entry."""
        prompt_id = self.queue(prompt, **more)
        deadline = time.monotonic() + patience
        while not (history := self.get(f"/history/{prompt_id}")):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()[-5000:]
            time.sleep(0.2)
        return history[prompt_id]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory):
    running = Server(tmp_path_factory.mktemp("comfyui") / "base")
    yield running
    running.stop()
