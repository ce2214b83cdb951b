"""Prompts as RoBERTa's tokens, as CLAP reads them, from the tokenizer.json that its pages offer."""

from pathlib import Path

from tokenizers import Tokenizer

from ..errors import LidarError
from ..quoting import quoted
from .clip_tokens import Reading, whole_words

MOST_TOKENS = 77
START, PADDING, END = 0, 1, 2
_SPECIAL = {"<s>": START, "<pad>": PADDING, "</s>": END}
PAGE = "https://huggingface.co/laion/larger_clap_music/resolve/main/tokenizer.json"


class RobertaTokenizer:
    """Byte-pair tokens of RoBERTa. file: tokenizer.json. words: how many the text tower knows."""

    def __init__(self, file: Path, words: int) -> None:
        if not file.is_file():
            raise LidarError(
                f"CLAP reads text with RoBERTa's vocabulary, which ComfyUI does not have: put tokenizer.json ({PAGE}) "
                f"beside the weights, into the folder {quoted(file.parent.as_posix(), 300)}."
            )
        try:
            self.tokenizer = Tokenizer.from_file(str(file))
        except Exception:
            # tokenizers raises plain Exceptions.
            raise LidarError(f"The file {quoted(file.name)} is no vocabulary: download it again from {PAGE}.") from None
        if any(self.tokenizer.token_to_id(token) != number for token, number in _SPECIAL.items()) or (
            self.tokenizer.get_vocab_size() > words
        ):
            raise LidarError(
                f"The file {quoted(file.as_posix(), 300)} is not the vocabulary of this CLAP, which is RoBERTa's: "
                f"download tokenizer.json from {PAGE}."
            )
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def read(self, text: str) -> Reading:
        """The first 75 tokens of `text` between start and end."""
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        ids = encoding.ids[: MOST_TOKENS - 2]
        words = len(text.split())
        seen = words if len(ids) == len(encoding.ids) else whole_words(text, encoding.offsets[len(ids) - 1][1])
        return Reading([START, *ids, END], seen, words)
