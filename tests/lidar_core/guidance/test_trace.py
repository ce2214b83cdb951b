"""The report of a run, against the trace's own rows and numbers worked out by hand."""

import json

import pytest
import torch

from lidar_core.guidance.closed_form import PreparedPool
from lidar_core.guidance.guide import GuidanceSettings, Guide, Trace
from lidar_core.guidance.trace import pull_report

SCHEDULE = torch.tensor([10.0, 5.0, 2.0, 0.5, 0.0])
POOL = 5


def run(sigmas, images=3, **settings):
    """A run's trace: `images` latents of noise, with all predictions one."""
    generator = torch.Generator().manual_seed(1)
    latents = torch.randn(POOL, 4, 4, 4, generator=generator)
    trace = Trace()
    guide = Guide(
        PreparedPool(latents, torch.arange(float(POOL))), GuidanceSettings(**settings), SCHEDULE, 6.0, 1.0, trace
    )
    for sigma in sigmas:
        x = sigma * torch.randn(images, 4, 4, 4, generator=generator)
        levels = torch.full((images,), sigma)
        guide(x, levels, torch.ones(images), levels, lambda instead: torch.ones(images, 4, 4, 4))
    return trace


def test_only_guided_evaluations_are_reported_each_with_its_step():
    # 10 and 0.5 lie outside the window; 3.0 is evaluated in the middle of the step from 5 to 2.
    report = pull_report(run([10.0, 5.0, 3.0, 2.0, 0.5]), SCHEDULE, POOL)
    assert report["step"] == [2, 2, 3]
    assert len(report["pull"]) == len(report["samples"]) == 3


def test_the_numbers_are_those_of_the_traces_rows():
    trace = run([5.0, 2.0], alone=2.0)
    report = pull_report(trace, SCHEDULE, POOL)
    for row, pull, samples in zip(trace.rows(), report["pull"], report["samples"], strict=True):
        for numbers, values in ((pull, row["shift_ratio"]), (samples, row["tilted_samples"])):
            # Four digits are kept.
            assert numbers == pytest.approx([min(values), sum(values) / len(values), max(values)], rel=6e-4)


def test_an_evaluation_that_the_pool_answered_alone_has_samples_and_no_pull():
    report = pull_report(run([5.0, 2.0], alone=0.95), SCHEDULE, POOL)
    assert report["pull"][0] == [None] * 3
    assert None not in report["pull"][1] + report["samples"][0]


def test_shares_count_who_had_the_most_weight():
    trace = run([5.0, 2.0])
    pulling = [int(index) for row in trace.rows() for index in row["pulling"]]
    share = pull_report(trace, SCHEDULE, POOL)["share"]
    assert share == pytest.approx([pulling.count(index) / len(pulling) for index in range(POOL)], abs=5e-5)
    assert sum(share) == pytest.approx(1, abs=POOL * 5e-5)


def test_a_run_outside_the_window_has_an_empty_report():
    assert pull_report(run([10.0, 0.5]), SCHEDULE, POOL) == {
        "step": [],
        "pull": [],
        "samples": [],
        "share": [0.0] * POOL,
    }


def test_numbers_that_are_not_finite_can_still_be_sent():
    trace = run([5.0])
    trace.points[0].shift_ratio[0] = float("nan")
    report = pull_report(trace, SCHEDULE, POOL)
    assert report["pull"] == [[None, None, None]]
    json.dumps(report, allow_nan=False)
