"""The text that a reward reads."""

import re

from ..errors import LidarError
from .reward import Reward


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


def check_prompt(text: str, reward: Reward) -> None:
    """Refuse an empty text for a reward that reads the prompt."""
    if reward.reads_prompt and not text:
        raise LidarError(
            f"The prompt is empty, but the reward {reward.name} reads it: write what the samples should show, or wire "
            "the text that they were drawn of."
        )
