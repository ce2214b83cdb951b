"""CLIP's tokens: text that is cleaned like open_clip's or kept like Hugging Face's, cut into byte-pair tokens."""

import html
import json
import logging
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from ..errors import LidarError
from ..quoting import quoted

logger = logging.getLogger(__name__)

START, END = "<|startoftext|>", "<|endoftext|>"

_STRAIGHT = {
    **dict.fromkeys("\u02bc\u2018\u2019\u201a\u201b", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
    **{ligature: unicodedata.normalize("NFKC", ligature) for ligature in map(chr, range(0xFB00, 0xFB07))},
    **{wide: unicodedata.normalize("NFKC", wide) for wide in map(chr, [0x3000, *range(0xFF01, 0xFFF0)])},
}
_STRAIGHTENED = str.maketrans({key: value for key, value in _STRAIGHT.items() if unicodedata.name(key, "")})
_CONTROLS = dict.fromkeys([*range(9), 11, *range(14, 32), 127, 0xFEFF])


def cleaned(text: str) -> str:
    """`text` as open_clip and HPSv2 clean it: entities unescaped, quotes, ligatures and wide letters made plain,
    whitespace collapsed, lower case. They also call ftfy to repair wrongly decoded text, which is left out here."""
    text = html.unescape(html.unescape(text)).translate(_STRAIGHTENED).translate(_CONTROLS)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip().lower()


@dataclass(frozen=True)
class Reading:
    """The input of a text tower: ids from the start to the end token, and how many words of the text they cover."""

    ids: list[int]
    words_seen: int
    words: int

    def warn_if_cut(self, reader: str) -> None:
        if self.words_seen < self.words:
            logger.warning(
                "%s read only the first %d of the prompt's %d words: its text tower takes no more. Wire a shorter "
                "prompt to reward_prompt to choose what it reads.",
                reader,
                self.words_seen,
                self.words,
            )


class ClipTokenizer:
    """CLIP's byte-pair tokens from a folder with vocab.json and merges.txt.

    cleans: clean the text first, as open_clip does; otherwise read it as it is, like Hugging Face's CLIPTokenizer.
    """

    def __init__(self, folder: Path, cleans: bool) -> None:
        self.cleans = cleans
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        self.start, self.end = vocabulary[START], vocabulary[END]
        self.tokenizer = Tokenizer(
            models.BPE.from_file(
                str(folder / "vocab.json"),
                str(folder / "merges.txt"),
                unk_token=END,
                continuing_subword_prefix="",
                end_of_word_suffix="</w>",
            )
        )
        self.tokenizer.normalizer = normalizers.Sequence(
            [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
        )
        words = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
        self.tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(words, behavior="removed", invert=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        if not cleans:
            self.tokenizer.add_special_tokens([START, END])

    def check(self, words: int, positions: int, file: str) -> None:
        """Refuse a text tower whose numbers of words and positions do not fit these tokens."""
        if words <= self.end or positions <= 2:
            raise LidarError(
                f"The text tower in the file {quoted(file)} knows {words} words and reads {positions} at a time, but "
                f"CLIP's vocabulary has {self.end + 1}: use a CLIP of the usual vocabulary."
            )

    def read(self, text: str, length: int) -> Reading:
        """The first `length` - 2 tokens of `text` between start and end; more are cut off."""
        if self.cleans:
            text = cleaned(text)
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        ids = encoding.ids[: length - 2]
        words = len(text.split())
        seen = words if len(ids) == len(encoding.ids) else whole_words(text, encoding.offsets[len(ids) - 1][1])
        return Reading([self.start, *ids, self.end], seen, words)


def whole_words(text: str, end: int) -> int:
    """How many words of `text` end at or before the character `end`."""
    return len(text[:end].split()) - (not text[end : end + 1].isspace())
