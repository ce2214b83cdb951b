"""Prompts and seeds of the two splits: no prompt and no seed that a method is tuned on is ever reported."""

import random
from dataclasses import dataclass

from lidar_core.world.grammar import FAMILIES, Prompt, family_prompts, sample_prompt

SPLITS = ("tuning", "reported")
_FIRST_SEED = {"tuning": 1_000_000, "reported": 2_000_000}
_SEEDS_OF_A_CASE = 1000


@dataclass(frozen=True)
class Case:
    """One prompt and the first of its seeds; `index` counts the split's cases."""

    split: str
    index: int
    prompt: Prompt

    def seeds(self, images: int, turn: int = 0) -> tuple[int, ...]:
        """The seeds of the `turn`-th set of `images` pictures; no two cases share one."""
        if images * (turn + 1) > _SEEDS_OF_A_CASE:
            raise ValueError(f"A case has {_SEEDS_OF_A_CASE} seeds, fewer than {turn + 1} sets of {images}.")
        start = _FIRST_SEED[self.split] + _SEEDS_OF_A_CASE * self.index + images * turn
        return tuple(range(start, start + images))


def split_prompts(family: str, split: str) -> set[Prompt]:
    """The family's prompts of one split: every third one is for tuning."""
    prompts = family_prompts(family)
    tuning = set(prompts[::3])
    return tuning if split == "tuning" else set(prompts) - tuning


def cases(split: str, per_family: int) -> list[Case]:
    """`per_family` cases of each family, families in turn; the first ones do not depend on how many are asked for.

    Prompts repeat, at other seeds, only where a family has no more of them.
    """
    drawn = {family: _draw(family, split, per_family) for family in FAMILIES}
    return [
        Case(split, len(FAMILIES) * turn + place, drawn[family][turn])
        for turn in range(per_family)
        for place, family in enumerate(FAMILIES)
    ]


def _draw(family: str, split: str, count: int) -> list[Prompt]:
    rng = random.Random(f"{split} {family}")
    allowed, drawn = split_prompts(family, split), list[Prompt]()
    while len(drawn) < count:
        unused = allowed - set(drawn[len(drawn) - len(drawn) % len(allowed) :])
        prompt = sample_prompt(rng, family)
        if prompt in unused:
            drawn.append(prompt)
    return drawn
