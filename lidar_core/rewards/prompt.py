"""The text that a reward reads."""

import re


def plain_text(text: str) -> str:
    """A prompt without what only a text encoder should read: weights, embeddings, LoRA tags, BREAK, and the
    instructions that Lumina models have before <Prompt Start>.

    Clean a prompt once: an escaped bracket becomes a plain one, and a second pass would take it for a weight's.
    """
    text = re.sub(r"<[^<>]*>", " ", text.rpartition("<Prompt Start>")[2])
    text = re.sub(r"\bembedding:\S+", " ", text)
    text = re.sub(r"\bBREAK\b", " ", text)
    text = re.sub(r":\s*[-+]?[\d.]+\s*(?=\))", "", text)
    text = re.sub(r"(?<!\\)[()]", "", text).replace("\\(", "(").replace("\\)", ")")
    return re.sub(r"\s+", " ", text).strip(" ,")
