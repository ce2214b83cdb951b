import pytest

from lidar_core.rewards.bert_tokens import BertReader
from lidar_core.rewards.clip_tokens import ClipTokenizer
from lidar_core.rewards.prompt import plain_text
from lidar_core.rewards.question import asked

from .scorers import tiny_clip


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a (red:1.2) circle", "a red circle"),
        ("((masterpiece)), a cat, embedding:easynegative", "masterpiece, a cat"),
        ("a cat <lora:style:0.8> BREAK on a mat", "a cat on a mat"),
        (r"a face \(smiling\)", "a face (smiling)"),
        (r"saber \(fate\), (clock \(3:30\):1.1)", "saber (fate), clock (3:30)"),
        ("ratio 3:4 of (two things:0.9)", "ratio 3:4 of two things"),
        ("You are an assistant designed to generate images. <Prompt Start> a cat", "a cat"),
        ("(<lora:style:0.8>, BREAK:1.2)", ""),
    ],
)
def test_a_reward_reads_the_prompt_without_markup(text, plain):
    assert plain_text(text) == plain


def test_every_tokenizer_reads_a_prompt_that_was_cut_in_the_middle_of_a_character():
    text = plain_text("a cat \ud83d")
    assert ClipTokenizer(tiny_clip.VOCABULARY, cleans=True).read(text, 77).words == 3
    assert ClipTokenizer(tiny_clip.VOCABULARY, cleans=False).read(text, 77).words == 3
    assert BertReader().read(text).words == 2
    assert asked("Is it {prompt}?", "a \ud83d").encode()
