import json
from pathlib import Path

import pytest

from lidar_core.rewards.clip_tokens import ClipTokenizer, cleaned

from .scorers import tiny_clip

GOLDEN = json.loads((Path(__file__).parent / "scorers" / "clip_golden.json").read_text())
OFFICIAL = {"HPSv2.1": True, "CLIPScore (gelu)": True, "PickScore": False, "CLIPScore (quick_gelu)": False}


@pytest.mark.parametrize("name", OFFICIAL)
def test_tokens_are_the_official_ones(name):
    tokenizer = ClipTokenizer(tiny_clip.VOCABULARY, cleans=OFFICIAL[name])
    assert [tokenizer.read(prompt, 77).ids for prompt in tiny_clip.PROMPTS] == GOLDEN[name]["tokens"]


def test_the_two_ways_of_reading_differ_where_text_is_not_plain():
    ours = [ClipTokenizer(tiny_clip.VOCABULARY, cleans) for cleans in (True, False)]
    differ = [len({tuple(one.read(prompt, 77).ids) for one in ours}) == 2 for prompt in tiny_clip.PROMPTS]
    assert differ == [False, True, False, False, False]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\u201cCat\u2019s\u201d  \u2018hat\u2019", "\"cat's\" 'hat'"),
        ("a &amp;amp; b &lt;3 &quot;c&quot;", 'a & b <3 "c"'),
        ("e\u0301t\u00e9 \ufb01ne \uff23\uff41\uff34\u3000x", "\u00e9t\u00e9 fine cat x"),
        ("tab\tand\nline\x00 ", "tab and line"),
        ("3 \u00d7 4 \u2014 \u4e2d\u6587", "3 \u00d7 4 \u2014 \u4e2d\u6587"),
    ],
)
def test_cleaning(text, plain):
    assert cleaned(text) == plain


@pytest.mark.parametrize("cleans", [True, False])
def test_a_text_that_fits_exactly_is_read_whole(cleans):
    tokenizer = ClipTokenizer(tiny_clip.VOCABULARY, cleans)
    whole = tokenizer.read("the cat in the house", 77)
    assert (whole.words_seen, whole.words) == (5, 5)
    exact = tokenizer.read("the cat in the house", len(whole.ids))
    assert (exact.ids, exact.words_seen) == (whole.ids, 5)
    cut = tokenizer.read("the cat in the house", len(whole.ids) - 1)
    assert len(cut.ids) == len(whole.ids) - 1
    assert (cut.ids[0], cut.ids[-1]) == (tokenizer.start, tokenizer.end)
    assert (cut.words_seen, cut.words) == (4, 5)


def test_words_cut_in_the_middle_do_not_count():
    reading = ClipTokenizer(tiny_clip.VOCABULARY, False).read("the xylophonist", 4)
    assert (reading.words_seen, reading.words) == (1, 2)
