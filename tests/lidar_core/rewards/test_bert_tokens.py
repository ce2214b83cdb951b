from hashlib import sha256

import pytest

from lidar_core.rewards.bert_tokens import MOST_TOKENS, VOCABULARY_FILE, VOCABULARY_SHA256, BertReader


@pytest.fixture(scope="module")
def reader() -> BertReader:
    return BertReader()


def test_the_shipped_vocabulary_is_berts_own():
    contents = VOCABULARY_FILE.read_bytes().replace(b"\r\n", b"\n")
    assert len(contents) == 231508
    assert sha256(contents).hexdigest() == VOCABULARY_SHA256


def test_changed_line_ends_do_not_matter(reader, tmp_path):
    windows = tmp_path / "vocab.txt"
    windows.write_bytes(VOCABULARY_FILE.read_bytes().replace(b"\n", b"\r\n"))
    assert BertReader(windows).read("a red cat") == reader.read("a red cat")


def test_another_vocabulary_is_refused(tmp_path):
    other = tmp_path / "vocab.txt"
    other.write_text(VOCABULARY_FILE.read_text(encoding="utf-8").replace("\ncat\n", "\ncats\n", 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"not the one that ImageReward was trained with"):
        BertReader(other)


@pytest.mark.parametrize(
    ("prompt", "seen", "words"),
    [
        ("", 0, 0),
        ("a red cat, sitting.", 4, 4),
        ("cat " * 33, 33, 33),
        ("cat " * 34, 33, 34),
        # Four tokens: a word that is cut in two is not seen.
        ("cat " * 31 + "antidisestablishmentarianism", 31, 32),
        # The vocabulary holds few Chinese characters.
        ("\u4e00\u53ea\u7ea2\u8272\u7684\u732b", 2, 6),
    ],
)
def test_words_that_are_lost_are_counted(reader, prompt, seen, words):
    reading = reader.read(prompt)
    assert (reading.words_seen, reading.words) == (seen, words)
    assert len(reading.ids) <= MOST_TOKENS
    assert (reading.shortfall is None) == (seen == words)


def test_the_shortfall_says_how_much_was_seen_and_what_to_do(reader):
    shortfall = reader.read("cat " * 50).shortfall
    assert "33 of 50 words" in shortfall
    assert "shorter English prompt" in shortfall
