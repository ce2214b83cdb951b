"""The comparison of lidar_bench with benchmarks.alignment."""

import json
from pathlib import Path

from benchmarks import agreement, records
from benchmarks.agreement import compared, methods_of
from benchmarks.prompts import cases
from benchmarks.runs import cell_name
from benchmarks.specs import Spec
from benchmarks.workplace import Sampling
from lidar_bench.folders import finish
from lidar_bench.prompts import Prompt, read_prompts


def test_each_arm_has_a_method_that_spends_as_much():
    plan = {"images": 4, "longer_steps": 119, "turns": 5, "samples": 23, "select_turns": 3}
    methods = {arm: Spec.parse(text).method for arm, text in methods_of(plan, 20).items()}
    assert round(methods["longer"].longer * 20) == 119
    assert (methods["best-of"].n, methods["pool"].samples, methods["select"].keep_of) == (5, 23, 3)
    assert (methods["lidar"].samples, methods["lidar"].lookahead_steps) == (16, 8)


def test_prompts_are_paired():
    """Each prompt differs by 25 points, although prompts differ by more."""
    runner, benchmark = {0: 0.25, 1: 0.5, 2: 1.0, 7: 0.0}, {0: 0.0, 1: 0.25, 2: 0.75}
    prompts, ours, theirs, difference = compared(runner, benchmark)
    assert prompts == "3"
    assert ours.startswith("58 (25 to 100")
    assert theirs.startswith("33 (0 to 75")
    assert difference == "+25 (+25 to +25)"


def test_both_sample_the_same_prompts_in_the_same_order():
    prompts = read_prompts(Path(__file__).parents[2] / "lidar_bench" / "demo_prompts.txt")
    assert [prompt.text for prompt in prompts] == [str(case.prompt) for case in cases("reported", 4)]


def test_a_method_is_found_however_its_options_were_written(tmp_path, monkeypatch, capsys):
    out, file = tmp_path / "out", tmp_path / "results.jsonl"
    plan = {"images": 2, "longer_steps": 40, "turns": 2, "samples": 16, "select_turns": 2}
    for arm, right in (("plain", False), ("lidar", True), ("select", True)):
        for case in cases("reported", 1):
            record = {"prompt": str(case.prompt), "rewards": {}, "seconds": 1.0, "model_calls": 1}
            finish(out, arm, Prompt(case.index, str(case.prompt), {}), [b"", b""], record)
        lines = [{"filename": f"{arm}/{index:05d}/samples/0000.png", "correct": right} for index in range(6)]
        (out / arm / "results.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (out / "plan.json").write_text(json.dumps({"settings": {}, "plan": plan}))
    for text, right in (("plain", 0), ("lidar:lookahead_steps=8", 1), ("lidar:lookahead_steps=4", 0)):
        for sampling in ("euler_ancestral/simple/20", "euler/simple/20"):
            for case in cases("reported", 1):
                cell = cell_name(case, Sampling.parse(sampling), 2, Spec.parse(text))
                records.append(file, {**cell, "verified": [sampling[5] == "_" and right, 1]})
    monkeypatch.setattr("sys.argv", ["agreement", str(out), str(file)])
    agreement.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert rows == [
        "| plain | `plain` | 6 | 0 (0 to 0) | 50 (50 to 50) | -50 (-50 to -50) |",
        "| lidar | `lidar` | 6 | 100 (100 to 100) | 100 (100 to 100) | +0 (+0 to +0) |",
        "| select | `lidar:keep_of=2` | 0 |  |  |  |",
    ]
