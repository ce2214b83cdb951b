"""A user's taste: a linear head on picture features, learned from a few comparisons."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import torch
from torch.nn import functional

from ..errors import LidarError
from ..quoting import quoted

Pair = tuple[int, int]
"""The places of a better picture and of a worse one."""

FEWEST_PAIRS = 5
_FOLDS = 5
# Penalties to choose from, in multiples of the mean square of the features' differences.
_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
_STEPS = 30


@dataclass(frozen=True)
class Taste:
    """weight: (D,) float32, and bias: a picture's score is weight @ features + bias, for features of unit length. The
    scores of the rated pictures have the mean 0 and the standard deviation 1.

    agreement: the share of comparisons that a head predicts correctly without having seen them. pairs: their number.
    """

    weight: torch.Tensor
    bias: float
    agreement: float
    pairs: int

    @property
    def told(self) -> str:
        """How far it can be trusted, as a sentence."""
        return (
            f"Learned from {self.pairs} comparisons. It predicts {100 * self.agreement:.0f} % of those that it has not "
            "seen; guessing gives 50 %."
        )

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """(n,) of features (n, D), of any length."""
        return functional.normalize(features.float(), dim=-1) @ self.weight + self.bias


def comparisons(text: str, count: int) -> list[Pair]:
    """The pairs that `text` states among pictures 1 to `count`: lines such as `3 > 1 > 2`, or marks such as `4: 5`.

    A picture is better than all pictures with a lower mark.
    """
    marks: dict[int, float] = {}
    pairs: list[Pair] = []
    for line in filter(None, map(str.strip, re.split(r"[\n;,]+", text))):
        if re.fullmatch(r"\d+(\s*>\s*\d+)+", line):
            pairs += pairwise(_place(number, line, count) for number in line.split(">"))
        elif match := re.fullmatch(r"(\d+)\s*:\s*(\d+(?:\.\d+)?)", line):
            marks[_place(match[1], line, count)] = float(match[2])
        else:
            raise LidarError(
                f"The ratings' line {quoted(line)} is neither a comparison such as 3 > 1 nor a mark such as 4: 5. "
                "Pictures are numbered from 1 on."
            )
    for one, other in combinations(marks, 2):
        if marks[one] != marks[other]:
            pairs.append((one, other) if marks[one] > marks[other] else (other, one))
    if len(pairs) < FEWEST_PAIRS:
        raise LidarError(
            f"The ratings make {len(pairs)} comparisons and {FEWEST_PAIRS} is the least to learn from: rate more "
            "pictures. From about 20 on the head is of use."
        )
    return pairs


def _place(number: str, line: str, count: int) -> int:
    if not 1 <= int(number) <= count:
        raise LidarError(f"The ratings' line {quoted(line)} names picture {int(number)}, but there are 1 to {count}.")
    return int(number) - 1


def learned(features: torch.Tensor, pairs: Sequence[Pair]) -> Taste:
    """The head of Bradley and Terry (1952): the odds that one picture is better than another are exp of the difference
    of their scores. features: (n, D), normalised to unit length.

    The penalty is chosen by cross-validation: the one of five under which left-out comparisons are likeliest, a fifth
    of them at a time. A picture may occur on both sides of the split, and the same numbers choose the penalty, so the
    agreement is slightly optimistic.
    """
    seen = functional.normalize(features.double(), dim=-1)
    better, worse = (torch.tensor(places) for places in zip(*pairs, strict=True))
    # The weights lie in the span of the differences, so there are no more unknowns than comparisons.
    differences = seen[better] - seen[worse]
    _, sizes, basis = torch.linalg.svd(differences, full_matrices=False)
    basis = basis[sizes > 1e-9 * sizes.max()]
    if not len(basis):
        raise LidarError("The rated pictures have the same features: rate pictures that differ.")
    short = differences @ basis.T
    scale = short.square().sum(1).mean()
    shuffled = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))
    folds = shuffled.tensor_split(min(_FOLDS, len(pairs)))

    def left_out(strength: float) -> torch.Tensor:
        margins = torch.empty(len(pairs), dtype=torch.float64)
        for fold in folds:
            rest = torch.ones(len(pairs), dtype=torch.bool)
            rest[fold] = False
            margins[fold] = short[fold] @ bradley_terry(short[rest], strength * scale)
        return margins

    margins = [left_out(strength) for strength in _STRENGTHS]
    best = min(range(len(margins)), key=lambda at: functional.softplus(-margins[at]).sum().item())
    weight = bradley_terry(short, _STRENGTHS[best] * scale) @ basis
    rated = seen[torch.cat([better, worse]).unique()] @ weight
    spread = rated.std(correction=0)
    return Taste(
        (weight / spread).float(),
        (-rated.mean() / spread).item(),
        (margins[best] > 0).double().mean().item(),
        len(pairs),
    )


def bradley_terry(differences: torch.Tensor, penalty: torch.Tensor | float) -> torch.Tensor:
    """(D,) weights w that minimise the sum of log(1 + exp(-w d)) over differences d (m, D), plus penalty |w|^2 / 2.

    Newton's method; the sum is strictly convex, and a step that overshoots is halved.
    """

    def loss(w: torch.Tensor) -> torch.Tensor:
        return functional.softplus(-differences @ w).sum() + penalty * w.square().sum() / 2

    w = torch.zeros(differences.shape[1], dtype=differences.dtype)
    for _ in range(_STEPS):
        missed = torch.sigmoid(-differences @ w)
        slope = penalty * w - differences.T @ missed
        curvature = (differences.T * (missed * (1 - missed))) @ differences + penalty * torch.eye(len(w)).to(w)
        step = torch.linalg.solve(curvature, slope)
        while loss(w - step) > loss(w) and step.norm() > 1e-12:
            step = step / 2
        w = w - step
        if step.norm() <= 1e-10 * (1 + w.norm()):
            break
    return w
