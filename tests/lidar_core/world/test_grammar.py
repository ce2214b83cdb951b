import random

import pytest

from lidar_core.world.grammar import (
    CONTEXT_LENGTH,
    FAMILIES,
    TOKEN_IDS,
    Group,
    Prompt,
    PromptError,
    family_prompts,
    parse,
    sample_prompt,
    token_ids,
)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_prompt_of_a_family_reads_back_as_itself(family):
    prompts = family_prompts(family)
    assert len(set(prompts)) == len(prompts) >= 5
    for prompt in prompts:
        assert parse(str(prompt)) == prompt
        assert prompt.family == family


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a star", Prompt((Group(1, None, "star"),))),
        ("Two RED circles.", Prompt((Group(2, "red", "circle"),))),
        ("an cross, and one cyan square", Prompt((Group(1, None, "cross"), Group(1, "cyan", "square")))),
        (
            "a blue square left of a green triangle",
            Prompt((Group(1, "blue", "square"), Group(1, "green", "triangle")), "left of"),
        ),
        ("three stars below four crosses", Prompt((Group(3, None, "star"), Group(4, None, "cross")), "below")),
    ],
)
def test_free_text_in_the_language_is_understood(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a pink circle", 'word "pink".*red, green, blue'),
        ("a circle on a square", 'word "on"'),
        ("red circle", "starts with one of a, an, one, two"),
        ("a red", "ends with a shape"),
        ("a circle left a square", '"left a" cannot join'),
        ("a circle and a square and a star", '"and a star" follows the second group'),
        ("", "starts with one of"),
    ],
)
def test_what_lies_outside_is_refused_with_what_is_known(text, message):
    with pytest.raises(PromptError, match=message):
        parse(text)


def test_tokens_start_end_and_pad():
    ids = token_ids("a red circle")
    assert len(ids) == CONTEXT_LENGTH
    assert ids[:4] == [TOKEN_IDS[word] for word in ("<start>", "a", "red", "circle")]
    assert set(ids[4:]) == {TOKEN_IDS["<end>"]}


def test_markup_and_too_many_words_are_refused():
    with pytest.raises(PromptError, match="<end>"):
        token_ids("a <end> circle")
    with pytest.raises(PromptError, match="15 words.*at most 14"):
        token_ids("a " * 15)


def test_sampling_reaches_every_family_and_repeats_by_seed():
    drawn = [sample_prompt(random.Random(seed)) for seed in range(200)]
    assert {prompt.family for prompt in drawn} == set(FAMILIES)
    assert drawn == [sample_prompt(random.Random(seed)) for seed in range(200)]
