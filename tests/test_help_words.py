"""Help pages in other languages: of the nodes that a first picture needs, and each as complete as the English one."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "web" / "docs"
TRANSLATED = [
    "LiDARBlindVote",
    "LiDARDemoLoader",
    "LiDARGuidance",
    "LiDARKSampler",
    "LiDARLookahead",
    "LiDARLookaheadConfig",
    "LiDARRewardLoader",
]
LANGUAGES = ["ja", "ko", "zh"]


def structure(text):
    """Its bullets, headings, and the names of its pictures."""
    return text.count("\n- "), len(re.findall("^#", text, re.MULTILINE)), re.findall(r"\]\((\w+\.png)\)", text)


def numbers(text):
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def test_the_first_pictures_nodes_have_a_page_in_each_language():
    assert sorted(str(path.relative_to(DOCS)) for path in DOCS.glob("*/*")) == [
        f"{name}/{language}.md" for name in TRANSLATED for language in LANGUAGES
    ]


@pytest.mark.parametrize("name", TRANSLATED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_as_complete_as_the_english_page(name, language):
    english = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    text = (DOCS / name / f"{language}.md").read_text(encoding="utf-8")
    assert structure(text) == structure(english)
    assert numbers(english) <= numbers(text)
    assert len(text.split("\n\n")) == len(english.split("\n\n"))
