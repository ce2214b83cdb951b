"""The text reward in the host: the real engine on rendered and on spoiled text, and what it says without one."""

import importlib
import sys

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont, ImageOps

SIDE = 384
PAPER, INK = (240, 235, 220), (20, 20, 60)


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def page(*lines):
    image = Image.new("RGB", (SIDE, SIDE), PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(48)
    for row, text in enumerate(lines):
        draw.text((40, 60 + 72 * row), text, fill=INK, font=font)
    return image


def broken(image):
    """The lower half of every letter is missing."""
    pixels = np.array(image)
    pixels[92:130] = PAPER
    return Image.fromarray(pixels)


def batch(*images):
    return torch.stack([torch.from_numpy(np.array(image)) for image in images]).float() / 255


def text_reward(pack, text="", match_case=False):
    return submodule(pack, "nodes.reward_text").LiDARRewardText.execute(text, match_case)[0]


def test_rendered_text_scores_full_and_spoiled_text_less(pack):
    pytest.importorskip("rapidocr")
    right = page("OPEN 24h")
    images = batch(right, page("OEPN 24h"), page("OPEN 74h"), ImageOps.mirror(right), broken(right), page())
    scores = text_reward(pack).score(images, 'a neon sign that says "OPEN 24h" in the rain')
    good, swapped, wrong_digit, mirrored, cut, empty = scores.values.tolist()
    assert good == 1
    assert swapped == pytest.approx(6 / 8)
    assert wrong_digit == pytest.approx(7 / 8)
    assert mirrored < 0.5
    assert cut < 0.9
    assert empty == 0
    assert list(scores.parts) == ["text", 'says "OPEN 24h"']


def test_several_texts_have_a_part_each(pack):
    pytest.importorskip("rapidocr")
    images = batch(page("HAPPY", "BIRTHDAY", "Anna"), page("HAPPY", "Anne"))
    reward = text_reward(pack, "happy birthday\nAnna")
    scores = reward.score(images, "")
    assert not reward.reads_prompt
    _, whole, name = (part.tolist() for part in scores.parts.values())
    assert whole[0] == name[0] == 1
    assert name[1] == pytest.approx(0.75)
    torch.testing.assert_close(scores.values, torch.tensor([[whole[0], whole[1]], [name[0], name[1]]]).mean(0))
    assert text_reward(pack, "happy", match_case=True).score(images, "").values.tolist() == [0, 0]


def test_the_engine_gets_opencvs_order_of_channels(pack):
    pytest.importorskip("rapidocr")
    reward = text_reward(pack, "x")
    seen = []
    reward.engine = lambda pixels: seen.append(pixels[0, 0].tolist()) or type("Nothing", (), {"txts": None})
    reward.score(batch(page()), "")
    assert tuple(seen[0]) == PAPER[::-1]


def test_without_the_package_a_sentence_says_how_to_install_it(pack, monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(ValueError, match="python -m pip install rapidocr onnxruntime with the Python that"):
        text_reward(pack, "OPEN")


def test_a_prompt_without_quotation_marks_is_refused(pack):
    pytest.importorskip("rapidocr")
    with pytest.raises(ValueError, match="nothing to look for"):
        text_reward(pack).score(batch(page()), "a red door")
