import pytest

from lidar_core.rewards.prompt import plain_text


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
