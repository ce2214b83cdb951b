"""The results file: one JSON object per line, appended as results come, so that a run can be stopped and resumed."""

import hashlib
import json
import lzma
import platform
from pathlib import Path
from typing import Any

import torch

_ROOT = Path(__file__).parents[1]
_RESULT_CODE = (
    *(f"lidar_core/{name}.py" for name in ("guidance/*", "pools/*", "rewards/reward")),
    "lidar_core/world/*.py",
    "lidar_core/world/weights/*.safetensors",
    *(
        f"benchmarks/{name}.py"
        for name in ("workplace", "prompts", "methods", "gradient_guidance", "feynman_kac", "flaws")
    ),
)

Row = dict[str, Any]


def code_hash() -> str:
    """A hash of all code that a result depends on: guidance, the embedded world with its weights, and the methods."""
    files = [file for pattern in _RESULT_CODE for file in _ROOT.glob(pattern)]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def run_header(command: list[str], device: str = "cpu") -> Row:
    return {
        "run": command,
        "code": code_hash(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()} {processor()}".strip(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
    }


def processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} ({len(names)} cores)" if names else platform.processor()


def key(row: Row) -> str:
    """Identifies a result: two rows with the same key are the same cell."""
    names = ("split", "case", "images", "sampling", "name", "options")
    return json.dumps([row[name] for name in names], sort_keys=True)


def read(file: Path) -> tuple[list[Row], list[Row]]:
    """Run headers and cells, from FILE or else FILE.xz; a last line that an interruption cut off is skipped."""
    headers: list[Row] = []
    cells: list[Row] = []
    lines = _text(file).splitlines()
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            if number == len(lines):
                break
            raise ValueError(f"Line {number} of {file} is not JSON: mend or delete it.") from None
        (headers if "run" in row else cells).append(row)
    return headers, cells


def _text(file: Path) -> str:
    packed = file.with_name(f"{file.name}.xz")
    if file.exists():
        return file.read_text()
    return lzma.decompress(packed.read_bytes()).decode() if packed.exists() else ""


def append(file: Path, row: Row) -> None:
    """Append one line; if the last line was cut off, start a new one first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as stream:
        if stream.tell() > 0:
            stream.seek(-1, 2)
            if stream.read(1) != b"\n":
                stream.truncate(_after_last_line(file))
        stream.write(json.dumps(row).encode() + b"\n")


def _after_last_line(file: Path) -> int:
    return file.read_bytes().rfind(b"\n") + 1
