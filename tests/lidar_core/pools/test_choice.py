import pytest

from lidar_core.pools.choice import Choice
from lidar_core.pools.pool import PoolError

from .made_pool import make_pool


def test_nothing_is_chosen_by_an_empty_text():
    assert Choice.of(make_pool(), " , ") == Choice()
    assert Choice().why_gone() is None


def test_samples_are_named_by_seed_or_by_rank():
    pool = make_pool(seed=1, n=3)
    best, second, worst = (pool.seeds[sample] for sample in pool.order())
    assert Choice.of(pool, str(worst)).seeds == (worst,)
    assert Choice.of(pool, f"#2, {worst} #1\n{best},").seeds == (second, worst, best)


def test_a_sample_that_is_gone_is_named():
    pool = make_pool(seed=1, n=3)
    choice = Choice.of(pool, f"7, #4, #0, {pool.seeds[0]}")
    assert (choice.seeds, choice.gone) == ((pool.seeds[0],), ("7", "#4", "#0"))
    assert choice.why_gone().startswith("This pool has no sample 7, #4, #0, which follow names, so the others are")
    assert "so the reward chooses:" in Choice.of(pool, "7").why_gone()


@pytest.mark.parametrize("text", ["best", "1.5", "-3", "##1", "\u0663"])
def test_what_names_no_sample_is_refused(text):
    with pytest.raises(PoolError, match="follow holds .* which names no lookahead sample: give seeds"):
        Choice.of(make_pool(), text)
