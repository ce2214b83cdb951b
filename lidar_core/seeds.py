"""Seeds of the lookahead samples: distinct for each sample, whatever the batches."""

_MASK = (1 << 64) - 1


def sample_seeds(seed: int, count: int) -> tuple[int, ...]:
    """`count` 32-bit seeds derived from one: SplitMix64 (Steele et al. 2014) of the sample's index.

    Torch's CPU generator reads only the low 32 bits of a seed, so the derived ones must differ there.
    """
    return tuple(_mixed(seed + (index + 1) * 0x9E3779B97F4A7C15) >> 32 for index in range(count))


def _mixed(value: int) -> int:
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
