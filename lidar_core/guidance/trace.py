"""A record of what guidance did in a run: a point for each guided prediction, and a report small enough to send."""

import math
from dataclasses import dataclass, field
from typing import TypedDict

import torch

from .closed_form import effective_samples
from .rules import Lead


@dataclass(frozen=True)
class TracePoint:
    """One noise level; every tensor is (B,). shift_ratio is |shift| / |denoised|, nan if the model was not called.

    say: the pool's share of the prediction; 0 under the paper's rule, which shifts the model's own prediction.
    """

    sigma: torch.Tensor
    prior_samples: torch.Tensor
    tilted_samples: torch.Tensor
    nearest: torch.Tensor
    leading: torch.Tensor
    say: torch.Tensor
    shift_ratio: torch.Tensor


@dataclass
class Trace:
    """Points of one run, in order; they stay on the device until rows() or a report reads them."""

    points: list[TracePoint] = field(default_factory=list)

    def add(self, sigma: torch.Tensor, lead: Lead, denoised: torch.Tensor | None) -> None:
        ratio = torch.full_like(lead.gain, math.nan)
        if denoised is not None:
            size = denoised.float().flatten(1).norm(dim=1).clamp(min=1e-12)
            ratio = lead.shift(denoised).flatten(1).norm(dim=1) / size
        weights = lead.weights
        self.points.append(
            TracePoint(
                sigma,
                effective_samples(weights.prior),
                effective_samples(weights.tilted),
                weights.prior.argmax(1),
                weights.tilted.argmax(1),
                lead.gain if lead.start is None else torch.zeros_like(lead.gain),
                ratio,
            )
        )

    def rows(self) -> list[dict[str, list[float]]]:
        """One dict of plain numbers for each point."""
        return [{name: values.tolist() for name, values in vars(point).items()} for point in self.points]


class RunReport(TypedDict):
    """Lists of one entry for each guided prediction, except `share`, `followed` and `led`.

    step: of the schedule, from 1. pull: the size of the shift relative to the denoised prediction. samples: Kish's
    effective number of leading pool samples. Both give the least, the mean and the largest over the batch's images,
    None for a number that is not finite. share: for each sample of the pool, the share of predictions and images in
    which it had the most weight. followed: for each image, the sample with the most weight at the end. led: the last
    step in which the pool's share of the prediction was at least one half, 0 if none.
    """

    step: list[int]
    pull: list[list[float | None]]
    samples: list[list[float | None]]
    share: list[float]
    followed: list[int]
    led: int


def run_report(trace: Trace, schedule: torch.Tensor, pool_size: int) -> RunReport:
    """The report of a run over the noise levels `schedule`, highest first, guided by a pool of `pool_size` samples."""
    points = trace.points
    if not points:
        return {"step": [], "pull": [], "samples": [], "share": [0.0] * pool_size, "followed": [], "led": 0}
    sigma = torch.stack([point.sigma.float().amax() for point in points]).cpu()
    pull = torch.stack([point.shift_ratio for point in points]).float().cpu()
    samples = torch.stack([point.tilted_samples for point in points]).float().cpu()
    leading = torch.stack([point.leading for point in points]).cpu()
    say = torch.stack([point.say.amax() for point in points]).float().cpu()
    # A prediction between two noise levels belongs to the step between them.
    steps = (schedule.float().cpu()[None, :] >= sigma[:, None] * (1 - 1e-4)).sum(1)
    counts = torch.bincount(leading.flatten(), minlength=pool_size)
    return {
        "step": steps.tolist(),
        "pull": _over_images(pull),
        "samples": _over_images(samples),
        "share": [_rounded(share) or 0.0 for share in (counts / counts.sum()).tolist()],
        "followed": leading[-1].tolist(),
        "led": int(steps[say >= 0.5].amax()) if bool((say >= 0.5).any()) else 0,
    }


def _over_images(values: torch.Tensor) -> list[list[float | None]]:
    """The least, the mean and the largest of each point, from (points, images)."""
    rows = torch.stack([values.amin(1), values.mean(1), values.amax(1)], dim=1)
    return [[_rounded(number) for number in row] for row in rows.tolist()]


def _rounded(number: float) -> float | None:
    return float(f"{number:.4g}") if math.isfinite(number) else None
