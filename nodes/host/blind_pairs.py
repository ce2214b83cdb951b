"""Pairs of pictures for a blind vote."""

import hashlib
from typing import Any

import torch

from .thumbnails import rgb_picture, save_pictures


def saved(first: torch.Tensor, second: torch.Tensor) -> list[dict[str, Any]]:
    """The pairs of two batches (n, H, W, C) in [0, 1], whose pictures are saved for the page.

    A pair's `id` and its sides depend on its pixels alone, so that a pair that comes again is known and lies as before.
    `left` is 0 or 1: which of `pictures` is shown on the left.
    """
    pictures = [[rgb_picture(one), rgb_picture(other)] for one, other in zip(first, second, strict=True)]
    names = save_pictures([picture for pair in pictures for picture in pair])
    pairs = []
    for number, pair in enumerate(pictures):
        digest = hashlib.sha256(b"".join(str(picture.size).encode() + picture.tobytes() for picture in pair)).digest()
        pairs.append({"id": digest[1:9].hex(), "left": digest[0] % 2, "pictures": names[2 * number : 2 * number + 2]})
    return pairs
