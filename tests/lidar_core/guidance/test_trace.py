"""The report of a run, against the trace's own rows and numbers worked out by hand."""

import json

import pytest
import torch

from lidar_core.guidance.closed_form import PreparedPool
from lidar_core.guidance.guide import GuidanceSettings, Guide, Schedule
from lidar_core.guidance.rules import KernelRule, PaperRule
from lidar_core.guidance.trace import Trace, run_report

SCHEDULE = torch.tensor([10.0, 5.0, 2.0, 0.5, 0.0])
POOL = 5


def run(sigmas, images=3, rule=None, **kernel):
    """A run's trace: `images` latents of noise, with all predictions one."""
    generator = torch.Generator().manual_seed(1)
    latents = torch.randn(POOL, 4, 4, 4, generator=generator)
    trace = Trace()
    settings = GuidanceSettings(rule or KernelRule(**{"handover": 0.5} | kernel), start=0.4, end=0.9)
    # A share of the schedule is named by its sigma here: 0.4 is sigma 6, 0.9 is sigma 1.
    schedule = Schedule(SCHEDULE, lambda share: 10 * (1 - share))
    guide = Guide(PreparedPool(latents, torch.arange(float(POOL))), settings, schedule)
    for sigma in sigmas:
        x = sigma * torch.randn(images, 4, 4, 4, generator=generator)
        levels = torch.full((images,), sigma)
        lead = guide.at(x, levels, torch.ones(images), levels)
        if lead is not None:
            trace.add(levels, lead, None if lead.decides else torch.ones(images, 4, 4, 4))
    return trace


def test_only_guided_predictions_are_reported_each_with_its_step():
    # 10 and 0.5 lie outside the window; 3.0 is evaluated in the middle of the step from 5 to 2.
    report = run_report(run([10.0, 5.0, 3.0, 2.0, 0.5]), SCHEDULE, POOL)
    assert report["step"] == [2, 2, 3]
    assert len(report["pull"]) == len(report["samples"]) == 3


def test_the_numbers_are_those_of_the_traces_rows():
    trace = run([5.0, 2.0], rule=PaperRule())
    report = run_report(trace, SCHEDULE, POOL)
    for row, pull, samples in zip(trace.rows(), report["pull"], report["samples"], strict=True):
        for numbers, values in ((pull, row["shift_ratio"]), (samples, row["tilted_samples"])):
            # Four digits are kept.
            assert numbers == pytest.approx([min(values), sum(values) / len(values), max(values)], rel=6e-4)


def test_a_step_that_the_samples_decide_has_samples_and_no_pull():
    report = run_report(run([5.0]), SCHEDULE, POOL)
    assert report["pull"] == [[None] * 3]
    assert None not in report["samples"][0]


def test_shares_count_who_had_the_most_weight():
    trace = run([5.0, 2.0])
    leading = [int(index) for row in trace.rows() for index in row["leading"]]
    share = run_report(trace, SCHEDULE, POOL)["share"]
    assert share == pytest.approx([leading.count(index) / len(leading) for index in range(POOL)], abs=5e-5)
    assert sum(share) == pytest.approx(1, abs=POOL * 5e-5)


def test_a_run_outside_the_window_has_an_empty_report():
    assert run_report(run([10.0, 0.5]), SCHEDULE, POOL) == {
        "step": [],
        "pull": [],
        "samples": [],
        "share": [0.0] * POOL,
        "followed": [],
        "led": 0,
    }


def test_the_report_says_which_sample_each_image_followed_and_to_which_step_the_samples_led():
    trace = run([5.0, 2.0, 1.0])
    report = run_report(trace, SCHEDULE, POOL)
    assert report["followed"] == trace.rows()[-1]["leading"]
    assert report["led"] == 3
    assert run_report(run([5.0, 2.0, 1.0], handover=4.0), SCHEDULE, POOL)["led"] == 2
    assert run_report(run([2.0], handover=4.0), SCHEDULE, POOL)["led"] == 0


def test_numbers_that_are_not_finite_can_still_be_sent():
    trace = run([5.0])
    trace.points[0].shift_ratio[0] = float("nan")
    report = run_report(trace, SCHEDULE, POOL)
    assert report["pull"] == [[None, None, None]]
    json.dumps(report, allow_nan=False)
