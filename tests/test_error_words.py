"""web/errors.js has every error that the pack raises, in every language, and nothing that it no longer says."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("lidar_core", "nodes")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "training" not in path.parts
]
SCRIPT = {"zh": r"[\u4e00-\u9fff]", "ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ko": r"[\uac00-\ud7a3]"}
# Words that are the same in every language.
UNTRANSLATED = {"cfgs"}
# The pack puts these together of several strings.
COMPOSED = {"pictures and videos", "the tensor {0}", "{0} tensors: {1}"}


def table():
    """Each English sentence with its translations by language."""
    script = (ROOT / "web" / "errors.js").read_text(encoding="utf-8")
    rows = script.partition("const SENTENCES = [")[2].partition("\n];")[0]
    rows = re.sub(r"^\s*//.*$", "", rows, flags=re.MULTILINE)
    listed = json.loads(re.sub(r",(\s*)(?=\]|$)", r"\1", f"[{rows.rstrip().rstrip(',')}]"))
    assert len({row[0] for row in listed}) == len(listed)
    return {english: dict(zip(SCRIPT, translations, strict=True)) for english, *translations in listed}


def template(node):
    """A string in the source as the table writes it: {0}, {1} and so on for what is filled in; None for no string."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    filled = iter(range(len(node.values)))
    return "".join(part.value if isinstance(part, ast.Constant) else f"{{{next(filled)}}}" for part in node.values)


def error_classes():
    """LidarError and the classes that come of it."""
    found = {"LidarError"}
    classes = [node for tree in SOURCES for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return found | {node.name for node in classes if found & {ast.unparse(base) for base in node.bases}}


TABLE = table()


def raised():
    classes = error_classes()
    for tree in SOURCES:
        for node in ast.walk(tree):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", None))
            if called in classes and node.args and template(node.args[0]):
                yield template(node.args[0])


def test_every_error_has_its_translations():
    errors = set(raised())
    assert len(errors) > 100
    assert sorted(errors - TABLE.keys()) == []


def test_every_sentence_is_one_that_the_pack_says():
    said = {template(node) for tree in SOURCES for node in ast.walk(tree)}
    assert sorted(TABLE.keys() - said - COMPOSED) == []


def test_chinese_has_one_word_for_noise():
    files = (
        *(ROOT / "locales" / "zh").iterdir(),
        *(ROOT / "web").glob("*.js"),
        *(ROOT / "web" / "docs").rglob("zh.md"),
    )
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    # The host's word for denoise has the same character.
    assert not re.search("\u566a(?!\u58f0)", text.replace("\u964d\u566a", ""))


@pytest.mark.parametrize("language", SCRIPT)
def test_a_translation_is_in_its_language_and_keeps_names_numbers_and_what_is_filled_in(language):
    for english, translations in TABLE.items():
        text = translations[language]
        assert english in UNTRANSLATED or re.search(SCRIPT[language], text), text
        kept = [set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"\{\d\}", "", words))) for words in (english, text)]
        assert kept[0] <= kept[1], text
        assert set(re.findall(r"\{\d\}", text)) <= set(re.findall(r"\{\d\}", english)), text
        # What is filled in twice may be told once.
        assert len(set(re.findall(r"\{\d\}", english))) - len(set(re.findall(r"\{\d\}", text))) <= 1, text
