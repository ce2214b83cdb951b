"""The parts of a yes-or-no question to a vision-language model that do not depend on the host."""

import math

import torch
from torch.nn import functional

from ..quoting import whole_characters

YES, NO = ("Yes", "yes"), ("No", "no")
PLACE = "{prompt}"
DEFAULT_QUESTION = f'Does this picture show "{PLACE}"? Answer Yes or No.'


def asked(template: str, prompt: str) -> str:
    """The question: `template` with the prompt in place of {prompt}; other braces stay."""
    return whole_characters(template.replace(PLACE, prompt))


def fitted(images: torch.Tensor, area: int = 448 * 448, multiple: int = 32) -> torch.Tensor:
    """Images (B, H, W, 3) in [0, 1], resized to at most about `area` pixels and to sides that are multiples.

    The cost of an answer grows with the pixels, and the host's own resizing to these multiples does not filter. Smaller
    pictures are enlarged to the next multiple at most. The aspect ratio changes as little as the multiples allow.
    """
    height, width = images.shape[1:3]
    scale = min(1.0, math.sqrt(area / (height * width)))
    size = tuple(max(1, round(side * scale / multiple)) * multiple for side in (height, width))
    if size == (height, width):
        return images
    pixels = images.movedim(-1, 1).float()
    return functional.interpolate(pixels, size, mode="bicubic", antialias=True).clamp(0, 1).movedim(1, -1)


def log_odds(yes: torch.Tensor, no: torch.Tensor) -> torch.Tensor:
    """log(P(yes) / P(no)) in nats from the logits (..., k) of the spellings of each answer; float32.

    The rest of the vocabulary cancels, so this equals the log of the ratio of the answers' summed probabilities under
    the full softmax. Probabilities themselves would tie at 0 and 1.
    """
    return yes.float().logsumexp(-1) - no.float().logsumexp(-1)
