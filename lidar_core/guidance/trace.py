"""What a run's guidance did, as plain numbers that are few enough to send and draw."""

import math
from typing import TypedDict

import torch

from .guide import Trace


class PullReport(TypedDict):
    """Lists of one entry for each guided evaluation of the model, except `share`.

    step: of the schedule, from 1. pull: the size of the shift against the denoised prediction's. samples: Kish's
    effective number of pool samples that pull. Both are the least, the mean and the largest over the batch's images,
    None where a number is not finite. share: for each sample of the pool, the share of evaluations and images in
    which it had the most weight.
    """

    step: list[int]
    pull: list[list[float | None]]
    samples: list[list[float | None]]
    share: list[float]


def pull_report(trace: Trace, schedule: torch.Tensor, pool_size: int) -> PullReport:
    """The report of a run over the noise levels `schedule`, highest first, pulled by a pool of `pool_size` samples."""
    points = trace.points
    if not points:
        return {"step": [], "pull": [], "samples": [], "share": [0.0] * pool_size}
    sigma = torch.stack([point.sigma.float().amax() for point in points]).cpu()
    pull = torch.stack([point.shift_ratio for point in points]).float().cpu()
    samples = torch.stack([point.tilted_samples for point in points]).float().cpu()
    pulling = torch.stack([point.pulling for point in points]).cpu()
    # An evaluation between two noise levels belongs to the step that passes it.
    reached = schedule.float().cpu()[None, :] >= sigma[:, None] * (1 - 1e-4)
    counts = torch.bincount(pulling.flatten(), minlength=pool_size)
    return {
        "step": reached.sum(1).tolist(),
        "pull": _over_images(pull),
        "samples": _over_images(samples),
        "share": [_rounded(share) or 0.0 for share in (counts / counts.sum()).tolist()],
    }


def _over_images(values: torch.Tensor) -> list[list[float | None]]:
    """(points, images) to the least, the mean and the largest of each point."""
    rows = torch.stack([values.amin(1), values.mean(1), values.amax(1)], dim=1)
    return [[_rounded(number) for number in row] for row in rows.tolist()]


def _rounded(number: float) -> float | None:
    return float(f"{number:.4g}") if math.isfinite(number) else None
