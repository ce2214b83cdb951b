"""The comparison of lidar_bench with benchmarks.alignment."""

from pathlib import Path

from benchmarks.agreement import compared, methods_of
from benchmarks.prompts import cases
from benchmarks.specs import Spec
from lidar_bench.prompts import read_prompts


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
    assert [prompt.text for prompt in prompts] == [str(case.prompt) for case in cases("reported", 10)]
