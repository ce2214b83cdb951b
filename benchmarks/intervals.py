"""Confidence intervals of means, and of ratios of means, over prompts."""

from collections.abc import Hashable, Sequence

import torch

_DRAWS = 10_000


def interval(values: Sequence[float], prompts: Sequence[Hashable]) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean of `values`, drawing whole prompts with replacement.

    Values of one prompt, at different seeds, are drawn together, since they are not independent. For a paired
    comparison the values are differences. Without at least two prompts there is no interval: NaN.
    """
    return ratio_interval(values, [1.0] * len(values), prompts)


def ratio_interval(over: Sequence[float], under: Sequence[float], prompts: Sequence[Hashable]) -> tuple[float, float]:
    """interval() of mean(over) / mean(under), both drawn together."""
    distinct = {prompt: index for index, prompt in enumerate(dict.fromkeys(prompts))}
    if len(distinct) < 2:
        return float("nan"), float("nan")
    owner = torch.tensor([distinct[prompt] for prompt in prompts])
    sums = [
        torch.zeros(len(distinct), dtype=torch.float64).index_add(0, owner, torch.tensor(values, dtype=torch.float64))
        for values in (over, under)
    ]
    draws = torch.randint(len(distinct), (_DRAWS, len(distinct)), generator=torch.Generator().manual_seed(0))
    ratios = sums[0][draws].sum(1) / sums[1][draws].sum(1)
    low, high = ratios.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return low, high
