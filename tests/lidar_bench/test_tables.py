"""Reading a finished run, without a server."""

import json
import random
import re
from statistics import fmean, stdev

import pytest
from PIL import Image

from lidar_bench.__main__ import main
from lidar_bench.folders import finish, finished, records
from lidar_bench.intervals import interval
from lidar_bench.prompts import Prompt, read_prompts
from lidar_bench.runner import PLAN
from lidar_bench.tables import MACHINES, results, tables
from lidar_core.errors import LidarError


def prompt(index):
    return Prompt(index, f"prompt {index}", {"prompt": f"prompt {index}"})


def finish_one(out, arm, index, rewards):
    record = {
        "arm": arm,
        "prompt": f"prompt {index}",
        "rewards": {"guiding reward": rewards},
        "seconds": 2.0,
        "model_calls": 40,
    }
    finish(out, arm, prompt(index), [b"picture"] * len(rewards), record)


@pytest.fixture
def out(tmp_path):
    for index in range(3):
        finish_one(tmp_path, "plain", index, [index, index + 1.0])
        finish_one(tmp_path, "lidar", index, [index + 2.0, None])
    finish_one(tmp_path, "plain", 3, [100.0, 100.0])
    plan = {"images": 2, "longer_steps": 40, "turns": 3, "samples": 32, "select_turns": 2}
    (tmp_path / PLAN).write_text(json.dumps({"settings": {}, "plan": plan}))
    (tmp_path / MACHINES).write_text(json.dumps({"http://here": "cpu"}))
    return tmp_path


def test_arms_are_compared_on_the_prompts_that_all_have(out):
    costs, rewards, *_ = tables(results(out))
    assert costs.rows == [["plain", "3", "2.00", "40"], ["lidar", "3", "2.00", "40"]]
    assert [row[:2] for row in rewards.rows] == [["plain", "1.500"], ["lidar", "3.000"]]
    # Each prompt gains the same 1.5, although prompts differ.
    assert rewards.rows[1][3] == "+1.500 to +1.500"


def test_evaluators_results_are_read_back(out):
    lines = [
        {"filename": f"/elsewhere/lidar/{index:05d}/samples/{number:04d}.png", "correct": index == 1 or number == 0}
        for index in range(3)
        for number in range(2)
    ]
    (out / "lidar" / "results.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    atoms = {"prompt 0": [0.25, 1.0], "prompt 1": [0.5], "prompt 2": [1.0, 1.0]}
    for stored in (atoms, list(atoms.values())):
        (out / "lidar" / "score_lists.json").write_text(json.dumps(stored))
        values = results(out).values
        assert values["GenEval: correct"] == {"lidar": {0: 0.5, 1: 1.0, 2: 0.5}}
        assert values["GenEval 2: Soft-TIFA GM"]["lidar"] == pytest.approx({0: 0.5, 1: 0.5, 2: 1.0})
    (out / "lidar" / "score_lists.json").write_text(json.dumps([0.5, 0.5, 0.5]))
    with pytest.raises(LidarError, match="soft_tifa_gm"):
        results(out)


def test_a_small_page_has_its_pictures_beside_it(out, tmp_path):
    for file in out.glob("*/*/samples/*.png"):
        Image.new("RGB", (1024, 512)).save(file)
    small = tmp_path / "small"
    assert main(["report", str(out), "--small", str(small), "--pictures", "2"]) == 0
    for name in ("report.md", "report.html"):
        shown = re.findall(r"\w+/\d{5}\.webp", (small / name).read_text())
        assert shown == ["plain/00000.webp", "lidar/00000.webp", "plain/00001.webp", "lidar/00001.webp"]
    assert len(list(small.glob("*/*"))) == 4
    assert Image.open(small / shown[0]).size == (256, 128)


def test_a_run_without_a_common_prompt_is_refused(tmp_path):
    finish_one(tmp_path, "plain", 0, [0.0])
    finish_one(tmp_path, "lidar", 1, [0.0])
    with pytest.raises(LidarError, match="no prompt that every arm has finished"):
        results(tmp_path)


def test_a_folder_that_could_not_be_finished_is_not_there(tmp_path):
    with pytest.raises(TypeError):
        finish(tmp_path, "plain", prompt(0), [b"picture", None], {})
    assert not finished(tmp_path, "plain", prompt(0))
    assert not records(tmp_path, "plain")
    assert not list(tmp_path.iterdir())


def test_the_interval_is_that_of_a_normal_mean():
    """Of 400 normal numbers the bootstrap is within a tenth of 1.96 standard errors, its own noise at 2000 draws."""
    rng = random.Random(1)
    values = [rng.gauss(3.0, 2.0) for _ in range(400)]
    half = 1.96 * stdev(values) / 20
    low, high = interval(values)
    assert low == pytest.approx(fmean(values) - half, abs=0.1 * half)
    assert high == pytest.approx(fmean(values) + half, abs=0.1 * half)
    assert interval([1.0]) != interval([1.0])


def test_prompts_are_lines_or_the_lists_of_evaluators(tmp_path):
    text, lines = tmp_path / "prompts.txt", tmp_path / "metadata.jsonl"
    text.write_text("a cat\n\n  two dogs \n")
    assert [(p.folder, p.text) for p in read_prompts(text)] == [("00000", "a cat"), ("00001", "two dogs")]
    lines.write_text('{"tag": "counting", "prompt": "two dogs"}\n')
    (only,) = read_prompts(lines)
    assert only.metadata == {"tag": "counting", "prompt": "two dogs"}
    for bad in ("[1]\n", "{}\n", "a cat\n"):
        lines.write_text(bad)
        with pytest.raises(LidarError, match=r'Line 1 of .*is no JSON object with a "prompt"'):
            read_prompts(lines)
    text.write_text("\n")
    with pytest.raises(LidarError, match="holds no prompt"):
        read_prompts(text)
