"""The words of the nodes in each language: complete, not stale, and served."""

import json
import re
from pathlib import Path

import pytest

from .english import words_of

FOLDER = Path(__file__).parents[2] / "locales"
LANGUAGES = {folder.name: json.loads((folder / "nodeDefs.json").read_text("utf-8")) for folder in FOLDER.iterdir()}
TRANSLATIONS = sorted(set(LANGUAGES) - {"en"})
# Characters that texts in each language must contain.
SCRIPT = {"zh": r"[\u4e00-\u9fff]", "ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ko": r"[\uac00-\ud7a3]"}


def flat(words, path=()):
    """Each text by its path of keys."""
    if isinstance(words, str):
        return {path: words}
    return {place: text for key, value in words.items() for place, text in flat(value, (*path, key)).items()}


@pytest.fixture(scope="module")
def live(server):
    return words_of(server.get("/object_info"))


def test_english_says_what_the_nodes_say(live):
    assert LANGUAGES["en"] == live, "run `python -m tests.host.english`, then change the other languages to match"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_every_text_and_no_other(live, language):
    assert flat(LANGUAGES[language]).keys() == flat(live).keys()


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_sentences_are_translated_and_keep_their_numbers(language):
    english = flat(LANGUAGES["en"])
    for path, text in flat(LANGUAGES[language]).items():
        if path[-1] in ("description", "tooltip"):
            assert re.search(SCRIPT[language], text), path
            numbers = [set(re.findall(r"\d+(?:\.\d+)?", words)) for words in (text, english[path])]
            # A number word may become a figure, but no figure may be lost or changed.
            assert numbers[1] <= numbers[0], path


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_server_hands_the_words_to_the_front_end(server, language):
    served = server.get("/i18n")[language]["nodeDefs"]
    assert {node_id: served[node_id] for node_id in LANGUAGES[language]} == LANGUAGES[language]
