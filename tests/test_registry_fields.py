"""What the publishing job adds to pyproject.toml, and the pictures that it names."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".github" / "registry_fields.py"
SETTINGS = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
ENVIRONMENT = {"GITHUB_REPOSITORY": "somebody/some.pack", "GITHUB_SHA": "0123456789" * 4, "PUBLISHER_ID": "somebody"}


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fields = loaded(SCRIPT)


def test_every_field_that_the_registry_asks_for_is_there_and_nothing_else_changed():
    added = tomllib.loads(fields.completed(SETTINGS, ENVIRONMENT))
    comfy = added["tool"]["comfy"]
    assert added["project"].pop("urls") == {
        "Repository": "https://github.com/somebody/some.pack",
        "Documentation": "https://github.com/somebody/some.pack#readme",
        "Bug Tracker": "https://github.com/somebody/some.pack/issues",
    }
    assert comfy.pop("PublisherId") == "somebody"
    pictures = f"https://raw.githubusercontent.com/somebody/some.pack/{ENVIRONMENT['GITHUB_SHA']}/"
    for name in ("Icon", "Banner"):
        address = comfy.pop(name)
        assert address.startswith(pictures)
        assert (ROOT / address.removeprefix(pictures)).exists()
    assert comfy["DisplayName"]
    assert comfy["requires-comfyui"]
    assert added == tomllib.loads(SETTINGS)


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize("value", [None, "", 'a"b', "a b"])
def test_a_missing_or_odd_variable_stops_with_a_sentence_that_names_it(name, value):
    wrong = {key: given for key, given in {**ENVIRONMENT, name: value}.items() if given is not None}
    with pytest.raises(ValueError, match=rf"^{name} is .* should be .*\.$"):
        fields.completed(SETTINGS, wrong)


def test_the_job_stops_where_no_publisher_is_set(tmp_path):
    (tmp_path / ".github").mkdir()
    script = tmp_path / ".github" / SCRIPT.name
    script.write_bytes(SCRIPT.read_bytes())
    settings = tmp_path / "pyproject.toml"
    settings.write_text(SETTINGS, encoding="utf-8")

    def run(environment):
        return subprocess.run(
            [sys.executable, script], env={**os.environ, **environment}, capture_output=True, text=True
        )

    stopped = run({**ENVIRONMENT, "PUBLISHER_ID": ""})
    assert stopped.returncode == 1
    assert stopped.stderr.startswith("PUBLISHER_ID is ''")
    assert settings.read_text(encoding="utf-8") == SETTINGS

    assert run(ENVIRONMENT).returncode == 0
    assert "urls" in tomllib.loads(settings.read_text(encoding="utf-8"))["project"]
    # A second run would add everything twice, which no reader of TOML accepts; it is refused first.
    assert run(ENVIRONMENT).returncode == 1


def test_the_pictures_are_what_their_command_draws_at_the_registrys_sizes():
    artwork = loaded(ROOT / "docs" / "artwork" / "draw.py")
    for name, drawn in ((fields.ICON, artwork.icon()), (fields.BANNER, artwork.banner())):
        with Image.open(ROOT / name) as kept:
            width, height = kept.size
            assert kept.size == drawn.size
            # Another version of pillow may set letters a little differently.
            assert max(ImageStat.Stat(ImageChops.difference(kept, drawn)).mean) < 2
        if name == fields.ICON:
            assert width == height <= 400
        else:
            assert width * 9 == height * 21
