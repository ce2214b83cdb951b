"""Texts with common beginnings, laid out so that a causal network reads all of them in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch


@dataclass(frozen=True)
class Branches:
    """A tree of texts in one row of tokens.

    lengths: the number of tokens of each text. parents: the index of the earlier text that each one continues; None: it
    begins a tree. A token sees its own text up to itself and the texts that it continues, but never a sibling. So each
    branch gives the same numbers as it would alone, and shared parts are computed once.
    """

    lengths: Sequence[int]
    parents: Sequence[int | None]

    @property
    def starts(self) -> list[int]:
        return [0, *accumulate(self.lengths)][:-1]

    def sees(self) -> torch.Tensor:
        """(S, S) bool: row i marks the tokens that token i sees."""
        total = sum(self.lengths)
        sees = torch.zeros(total, total, dtype=torch.bool)
        for start, length, parent in zip(self.starts, self.lengths, self.parents, strict=True):
            own = slice(start, start + length)
            if parent is not None:
                # The last token of a text sees everything before it in its branch.
                sees[own] = sees[self._last(parent)]
            sees[own, own] = torch.ones(length, length, dtype=torch.bool).tril()
        return sees

    def depths(self) -> torch.Tensor:
        """(S,) the number of tokens before each one in its own branch."""
        return self.sees().sum(1) - 1

    def reads(self, place: int) -> list[int]:
        """The tokens whose outputs predict each token of the text at `place` and the one after it."""
        parent = self.parents[place]
        before = [] if parent is None else [self._last(parent)]
        return [*before, *range(self.starts[place], self.starts[place] + self.lengths[place])]

    def _last(self, place: int) -> int:
        if self.lengths[place]:
            return self.starts[place] + self.lengths[place] - 1
        parent = self.parents[place]
        assert parent is not None, "a beginning has tokens"
        return self._last(parent)
