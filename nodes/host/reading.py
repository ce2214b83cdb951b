"""A reward that reads text in pictures with RapidOCR, a Python package with its own weights."""

from collections.abc import Mapping
from typing import Any

import torch

from ...lidar_core.errors import LidarError
from ...lidar_core.rewards.listed import ListedReward
from ...lidar_core.rewards.spelling import exactness, wanted
from . import memory


class TextReward(ListedReward):
    """The mean exactness of the texts that the picture should say."""

    name = "text"
    # An estimate, not measured.
    spread = 0.2

    def __init__(self, texts: str, match_case: bool) -> None:
        self.texts = texts
        self.match_case = match_case
        self.reads_prompt = not texts.strip()
        self.engine = _engine()

    def judged(self, images: torch.Tensor, prompt: str) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        """The exactness of each text, and the mean over the texts."""

        def scored(start: int, stop: int) -> torch.Tensor:
            return torch.tensor([self._found(image, texts) for image in images[start:stop]])

        texts = wanted(self.texts, prompt)
        found = torch.cat(list(memory.in_chunks(len(images), 1, scored)))
        return found.mean(1), {f'says "{text}"': row for text, row in zip(texts, found.T, strict=True)}

    def _found(self, image: torch.Tensor, texts: list[str]) -> list[float]:
        # It expects OpenCV's order of channels.
        pixels = image.flip(-1).mul(255).round().clamp(0, 255).byte().cpu().contiguous().numpy()
        lines = self.engine(pixels).txts or ()
        return [exactness(lines, text, self.match_case) for text in texts]


def _engine() -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError:
        raise LidarError(
            "LiDAR Reward Text reads pictures with RapidOCR, which is not installed: run python -m pip install "
            "rapidocr onnxruntime with the Python that runs ComfyUI, then start ComfyUI again."
        ) from None
    return RapidOCR(params={"Global.log_level": "error"})
