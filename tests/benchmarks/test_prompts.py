import pytest

from benchmarks.prompts import SPLITS, cases, split_prompts
from lidar_core.world.grammar import FAMILIES, family_prompts


def test_no_prompt_and_no_seed_is_tuned_on_and_reported():
    tuning, reported = (cases(split, 12) for split in SPLITS)
    assert not {case.prompt for case in tuning} & {case.prompt for case in reported}
    seeds = [seed for case in (*tuning, *reported) for turn in range(5) for seed in case.seeds(4, turn)]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_splits_share_out_every_prompt_of_a_family(family):
    tuning, reported = (split_prompts(family, split) for split in SPLITS)
    assert tuning
    assert reported
    assert tuning | reported == set(family_prompts(family))


def test_more_cases_continue_fewer_with_the_families_in_turn():
    few, many = cases("tuning", 2), cases("tuning", 5)
    assert many[: len(few)] == few
    assert [case.prompt.family for case in few] == [*FAMILIES, *FAMILIES]
    assert [case.index for case in many] == list(range(30))


def test_prompts_repeat_only_when_their_family_has_no_more():
    single = [str(case.prompt) for case in cases("reported", 6) if case.prompt.family == "single object"]
    assert len(set(single[:3])) == len(set(single[3:])) == 3
    counting = [case.prompt for case in cases("reported", 20) if case.prompt.family == "counting"]
    assert len(set(counting)) == 20


def test_seeds_beyond_a_cases_own_are_refused():
    with pytest.raises(ValueError, match="A case has 1000 seeds"):
        cases("tuning", 1)[0].seeds(4, 250)
