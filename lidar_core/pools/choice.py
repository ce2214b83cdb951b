"""Samples of a pool that the user chose."""

import re
from dataclasses import dataclass

from ..quoting import quoted
from .pool import Pool, PoolError


@dataclass(frozen=True)
class Choice:
    """seeds: of the chosen samples that are in the pool. gone: the other choices, as they were written."""

    seeds: tuple[int, ...] = ()
    gone: tuple[str, ...] = ()

    @classmethod
    def of(cls, pool: Pool, text: str) -> "Choice":
        """The samples that `text` names, separated by commas or spaces: seeds, or ranks such as #1 for the best."""
        order = pool.order().tolist()
        seeds, gone = [], []
        for name in re.split(r"[,\s]+", text.strip(", \t\r\n")) if text.strip(", \t\r\n") else []:
            if not re.fullmatch(r"#?\d{1,20}", name, re.ASCII):
                raise PoolError(
                    f"follow holds {quoted(name)}, which names no lookahead sample: give seeds of samples, as the "
                    "panel shows them, or ranks such as #1 for the best, separated by commas."
                )
            number = int(name.removeprefix("#"))
            if name.startswith("#") and 1 <= number <= len(pool):
                seeds.append(pool.seeds[order[number - 1]])
            elif not name.startswith("#") and number in pool.seeds:
                seeds.append(number)
            else:
                gone.append(name)
        return cls(tuple(dict.fromkeys(seeds)), tuple(gone))

    def why_gone(self) -> str | None:
        """A sentence if a chosen sample is not in the pool, else None."""
        if not self.gone:
            return None
        rest = "the others are followed" if self.seeds else "the reward chooses"
        return (
            f"This pool has no sample {', '.join(self.gone)}, which follow names, so {rest}: choose another sample in "
            "the panel, or empty follow."
        )
