"""Seeds of the lookahead samples: one for each sample, independent of batches."""

_MASK_32, _MASK_64 = (1 << 32) - 1, (1 << 64) - 1


def sample_seeds(seed: int, count: int) -> tuple[int, ...]:
    """`count` distinct 32-bit seeds derived from one; a larger `count` only adds seeds at the end.

    Torch's CPU generator reads only the low 32 bits of a seed, so the derived seeds must differ there. They are
    consecutive numbers, whose first depends on all 64 bits of `seed`, put through a one-to-one mixer.
    """
    start = _mixed_64(seed) & _MASK_32
    return tuple(_mixed_32((start + index) & _MASK_32) for index in range(count))


def _mixed_64(value: int) -> int:
    """The finaliser of SplitMix64 (Steele et al. 2014)."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK_64
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK_64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK_64
    return value ^ (value >> 31)


def _mixed_32(value: int) -> int:
    """The finaliser of MurmurHash3 (Appleby 2011), which maps 32 bits to 32 bits one to one."""
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & _MASK_32
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & _MASK_32
    return value ^ (value >> 16)
