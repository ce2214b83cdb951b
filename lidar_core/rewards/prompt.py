"""The text that a reward reads."""

import re

from ..errors import LidarError
from ..quoting import whole_characters
from .reward import Reward


def plain_text(text: str) -> str:
    """A prompt without the parts that only a text encoder reads: weights, embeddings, LoRA tags, BREAK, and the
    instructions before <Prompt Start> of Lumina models.

    Clean a prompt only once: an escaped bracket becomes a plain one, and a second pass would read it as weight syntax.
    """
    text = re.sub(r"<[^<>]*>", " ", whole_characters(text).rpartition("<Prompt Start>")[2])
    text = re.sub(r"\bembedding:\S+", " ", text)
    text = re.sub(r"\bBREAK\b", " ", text)
    text = re.sub(r":\s*[-+]?[\d.]+\s*(?=\))", "", text)
    text = re.sub(r"(?<!\\)[()]", "", text).replace("\\(", "(").replace("\\)", ")")
    return re.sub(r"\s+", " ", text).strip(" ,")


def check_prompt(text: str, reward: Reward) -> None:
    """Refuse an empty text for a reward that reads the prompt."""
    if reward.reads_prompt and not text:
        raise LidarError(
            f"The prompt is empty, but the reward {reward.name} reads it: write what the samples should show, or wire "
            "the text that they were drawn of."
        )
