"""Prompts as the tokens of bert-base-uncased, as ImageReward reads them."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from ..errors import LidarError

VOCABULARY_FILE = Path(__file__).parent / "bert_vocabulary" / "vocab.txt"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
MOST_TOKENS = 35
# The lines of the file, and the two words that BLIP appended.
VOCABULARY_SIZE = 30524
UNKNOWN, START, END = 100, 101, 102
# If a prompt spells out one of these, it gets that id, as in the official code; BLIP appended the last two.
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]")


@dataclass(frozen=True)
class Reading:
    """The part of a prompt that ImageReward reads."""

    ids: tuple[int, ...]
    words_seen: int
    words: int

    @property
    def shortfall(self) -> str | None:
        """What to tell the user if words are lost, because the prompt is too long or the vocabulary lacks them."""
        if self.words_seen == self.words:
            return None
        return (
            f"ImageReward saw {self.words_seen} of {self.words} words of the prompt: it reads {MOST_TOKENS} tokens of "
            "English. Put what matters first, or give the reward a shorter English prompt."
        )


class BertReader:
    """WordPiece on the shipped vocabulary."""

    def __init__(self, vocabulary: Path = VOCABULARY_FILE) -> None:
        # Read as text, so that line ends changed by a checkout do not matter.
        text = vocabulary.read_text(encoding="utf-8")
        if sha256(text.encode()).hexdigest() != VOCABULARY_SHA256:
            raise LidarError(
                f"The vocabulary {vocabulary} is not the one that ImageReward was trained with, so its scores would "
                "mean nothing: install the LiDAR pack again."
            )
        words = {word: index for index, word in enumerate(text.split("\n")[:-1])}
        self.tokenizer = Tokenizer(WordPiece(words, unk_token="[UNK]", max_input_chars_per_word=100))
        self.tokenizer.normalizer = BertNormalizer(lowercase=True)
        self.tokenizer.pre_tokenizer = BertPreTokenizer()
        self.tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL])

    def read(self, prompt: str) -> Reading:
        """The ids of [CLS], the prompt's first tokens and [SEP], 35 at most; quotes and entities are not cleaned."""
        encoding = self.tokenizer.encode(prompt, add_special_tokens=False)
        room = MOST_TOKENS - 2
        words, lost = set(), set()
        tokens = zip(encoding.ids, encoding.word_ids, encoding.offsets, strict=True)
        for place, (index, word, (start, end)) in enumerate(tokens):
            if any(character.isalnum() for character in prompt[start:end]):
                words.add(word)
                if place >= room or index == UNKNOWN:
                    lost.add(word)
        return Reading((START, *encoding.ids[:room], END), len(words - lost), len(words))
