import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lidar_core.world.demo import DemoSettings, run_demo


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    run_demo(DemoSettings("two red circles", folder, 2, 3, 2, 4, "euler", 8.0, 5))
    return folder


def test_the_demo_writes_the_sheet_the_pictures_and_the_report(folder):
    names = sorted(path.name for path in folder.iterdir())
    singles = [
        f"{kind}_{index:02d}.png" for kind, n in (("lidar", 2), ("lookahead", 3), ("plain", 2)) for index in range(n)
    ]
    assert names == sorted(["contact_sheet.png", "report.json", *singles])
    with Image.open(folder / "plain_00.png") as picture:
        assert picture.size == (128, 128)


def test_the_report_holds_what_made_the_pictures(folder):
    report = json.loads((folder / "report.json").read_text())
    assert report["prompt"] == "two red circles"
    assert report["seeds"]["pictures"] == [5, 6]
    assert len(report["seeds"]["lookahead"]) == 3
    assert report["rewards"]["lookahead"] == sorted(report["rewards"]["lookahead"], reverse=True)
    # Each latent and step is evaluated with the prompt and without it.
    nfe = report["nfe"]
    assert (nfe["lookahead"], nfe["plain"]) == (2 * 3 * 2, 2 * 2 * 4)
    # Samples of two steps are too rough to lead: in addition to plain sampling, only the measurement.
    assert nfe["lidar"] > 2 * 2 * 4
    assert set(report["verified"]) == {"plain", "lidar", "lookahead"}
    assert set(report["seconds"]) == {
        "loading",
        "lookahead",
        "decoding",
        "scoring",
        "plain sampling",
        "LiDAR sampling",
    }


def test_the_distilled_lookahead_costs_one_call_a_step_and_draws_other_samples(folder, tmp_path):
    run_demo(DemoSettings("two red circles", tmp_path, 2, 3, None, 4, "euler", 8.0, 5, "distilled"))
    report, plain = (json.loads((place / "report.json").read_text()) for place in (tmp_path, folder))
    assert report["settings"]["lookahead_steps"] == 4
    assert report["nfe"]["lookahead"] == 3 * 4
    assert report["rewards"]["plain"] == plain["rewards"]["plain"]
    assert set(report["rewards"]["lookahead"]).isdisjoint(plain["rewards"]["lookahead"])


def test_strength_zero_repeats_the_plain_pictures(tmp_path):
    run_demo(DemoSettings("a star", tmp_path, 2, 2, 2, 3, "euler_ancestral", 0.0, 0))
    assert (tmp_path / "lidar_01.png").read_bytes() == (tmp_path / "plain_01.png").read_bytes()


def test_a_prompt_outside_the_language_ends_in_a_sentence(tmp_path):
    command = [sys.executable, "-m", "lidar_core", "demo", "a pink elephant", "--out", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
    assert result.returncode == 2
    assert 'does not know the word "pink"' in result.stderr
    assert "Traceback" not in result.stderr
