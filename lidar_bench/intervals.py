"""Confidence intervals over prompts."""

import random
from collections.abc import Sequence
from statistics import fmean

_DRAWS = 2000


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean of one value per prompt (Efron 1979), in the values' unit.

    For a paired comparison the values are differences of two arms on the same prompt. NaN for fewer than two.
    """
    if len(values) < 2:
        return float("nan"), float("nan")
    rng = random.Random(0)
    means = sorted(fmean(rng.choices(values, k=len(values))) for _ in range(_DRAWS))
    return means[round(0.025 * (_DRAWS - 1))], means[round(0.975 * (_DRAWS - 1))]
