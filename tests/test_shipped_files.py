"""What the registry's archive holds, and that its scanner finds nothing in it.

The archive is what git tracks without what .comfyignore names. A version that the scanner flags stays invisible to
users, whatever the reason, so that even words in strings and comments count in JavaScript.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).parents[1]
# They start programs, open connections, run code from data, or hide what they do.
BANNED_MODULES = {
    "subprocess",
    "socket",
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "ctypes",
    "pty",
    "telnetlib",
    "ftplib",
    "smtplib",
    "http",
    "urllib",
    "requests",
    "aiohttp",
    "httpx",
    "websockets",
    "huggingface_hub",
    "gdown",
    "pip",
    "cryptography",
    "base64",
    "code",
    "codeop",
    "importlib",
    "runpy",
}
BANNED_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "os.startfile",
    "os.execv",
    "os.spawnv",
    "torch.hub.load",
    "torch.jit.load",
    "sys.setprofile",
    "sys.settrace",
}
BANNED_IN_JAVASCRIPT = (
    r"\.bind\(",
    r"\.send\(",
    r"\.connect\(",
    r"\beval\(",
    r"new Function\(",
    r"\bWebSocket\b",
    r"XMLHttpRequest",
    r"sendBeacon",
    r"document\.write",
    r"\binnerHTML\b",
    r"https?://(?!www\.w3\.org/)",
)


def _git(*arguments, text=""):
    return subprocess.run(["git", *arguments], cwd=ROOT, input=text, capture_output=True, text=True)


def shipped_files():
    """What the registry's archive holds."""
    tracked = _git("ls-files", "--cached", "--others", "--exclude-standard").stdout
    if not tracked:
        pytest.skip("not a git checkout")
    ignored = _git("-c", "core.excludesFile=.comfyignore", "check-ignore", "--no-index", "--stdin", text=tracked).stdout
    return [ROOT / name for name in sorted(set(tracked.split("\n")) - set(ignored.split("\n")))]


@pytest.fixture(scope="module")
def shipped():
    return shipped_files()


def _dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def python_findings(source):
    """What the scanner would flag in Python, as "line: what"."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module]
        else:
            modules = []
        for module in modules:
            if module.split(".")[0] in BANNED_MODULES:
                yield f"{node.lineno}: import of {module}"
        if isinstance(node, ast.Call):
            name = _dotted(node.func)
            if name in BANNED_CALLS:
                yield f"{node.lineno}: call of {name}"
            if name == "torch.load":
                yield f"{node.lineno}: torch.load, which the host's loader does safely"
            if name.endswith(".cuda") or name == "torch.autocast":
                yield f"{node.lineno}: {name}, which passes the host's memory management"


def javascript_findings(source):
    for number, line in enumerate(source.split("\n"), 1):
        for pattern in BANNED_IN_JAVASCRIPT:
            if re.search(pattern, line):
                yield f"{number}: {pattern}"


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "from urllib.request import urlopen",
        "import os\nos.system('ls')",
        "eval('1')",
        "import torch\ntorch.load('x')",
        "model.cuda()",
    ],
)
def test_the_check_finds_what_it_looks_for(source):
    assert list(python_findings(source))
    assert list(javascript_findings("handler.bind(this)"))


def test_the_archive_holds_what_users_need_and_no_more(shipped):
    names = {path.relative_to(ROOT).as_posix() for path in shipped}
    for needed in (
        "__init__.py",
        "pyproject.toml",
        "requirements.txt",
        "LICENSE",
        "nodes/ksampler.py",
        "web/docs/LiDARKSampler.md",
        "workflows/lidar_demo.json",
        "lidar_core/world/weights/unet.safetensors",
        "lidar_core/rewards/bert_vocabulary/vocab.txt",
    ):
        assert needed in names
    for folder in ("tests/", "benchmarks/", "lidar_bench/", ".github/", ".ci/", "docs/artwork/"):
        assert not [name for name in names if name.startswith(folder)]
    assert not {"install.py", "uninstall.py", "prestartup_script.py", "enable.py", "disable.py"} & names
    assert sum(path.stat().st_size for path in shipped) < 20 * 2**20


def test_shipped_python_holds_nothing_that_the_scanner_flags(shipped):
    findings = [
        f"{path.relative_to(ROOT)}:{finding}"
        for path in shipped
        if path.suffix == ".py"
        for finding in python_findings(path.read_text(encoding="utf-8"))
    ]
    assert not findings, findings


def test_shipped_javascript_holds_nothing_that_the_scanner_flags(shipped):
    findings = [
        f"{path.relative_to(ROOT)}:{finding}"
        for path in shipped
        if path.suffix in (".js", ".mjs")
        for finding in javascript_findings(path.read_text(encoding="utf-8"))
    ]
    assert not findings, findings


def test_shipped_python_is_ascii(shipped):
    """Windows reads a file in its own code page where nobody says otherwise."""
    assert not [path for path in shipped if path.suffix == ".py" and not path.read_bytes().isascii()]


def test_the_registry_finds_what_it_asks_for():
    """Addresses, pictures and publisher: test_registry_fields.py."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, comfy = settings["project"], settings["tool"]["comfy"]
    assert re.fullmatch(r"[a-z][a-z0-9_.-]{0,98}", project["name"])
    assert "comfyui" not in project["name"].lower()
    assert re.fullmatch(r"\d+\.\d+\.\d+", project["version"])
    assert (ROOT / project["license"]["file"]).exists()
    assert comfy["DisplayName"]
    assert re.fullmatch(r">=\d+\.\d+\.\d+", comfy["requires-comfyui"])
    # One unknown value among those of the systems voids them all.
    systems = {name for name in project["classifiers"] if name.startswith("Operating System")}
    assert systems == {"Operating System :: OS Independent"}
    # Upper bounds fight the host's own versions.
    assert not [need for need in project["dependencies"] if set(need) & set("<=~!")]
    assert (ROOT / "requirements.txt").read_text().split() == project["dependencies"]


def test_the_changelog_names_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
