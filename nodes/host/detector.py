"""A reward that counts and places things with the host's RT-DETR."""

from collections.abc import Mapping
from typing import Any

import comfy.model_management
import comfy.utils
import torch

from ...lidar_core.errors import LidarError
from ...lidar_core.rewards.detection import Box, facts_of
from ...lidar_core.rewards.listed import ListedReward
from . import memory

# The host's own detection node resizes pictures to this square.
_SIDE = 640
_WHAT_TO_WIRE = (
    "Wire RT-DETR v4, such as rt_detr_v4-x-hgnet_fp16.safetensors, from Load Diffusion Model, in a ComfyUI that has it "
    "(0.33 has it, 0.12 does not)."
)


class Detector:
    """A MODEL that holds the host's RT-DETR."""

    def __init__(self, model: Any) -> None:
        self.network = model.model.diffusion_model
        if type(self.network).__name__ != "RTv4":
            raise LidarError(f"The model wired to model is not a detector. {_WHAT_TO_WIRE}")
        from comfy.ldm.rt_detr.rtdetr_v4 import COCO_CLASSES

        self.model = model
        self.labels: list[str] = COCO_CLASSES

    def load(self) -> None:
        comfy.model_management.load_models_gpu([self.model])

    def boxes(self, images: torch.Tensor) -> list[list[Box]]:
        """The boxes of each image (n, H, W, 3) in [0, 1], most certain first; run after load()."""
        shown = comfy.utils.common_upscale(images.movedim(-1, 1), _SIDE, _SIDE, "bilinear", crop="disabled")
        return [
            [
                Box(self.labels[label], score, *corners)
                for label, score, corners in zip(
                    found["labels"].tolist(), found["scores"].tolist(), found["boxes"].tolist(), strict=True
                )
            ]
            for found in self.network(shown, (1, 1))
        ]


class DetectorReward(ListedReward):
    """The mean probability of the facts that a list names."""

    name = "detector"
    # An estimate, not measured.
    spread = 0.2
    reads_prompt = False

    def __init__(self, detector: Detector, lines: str) -> None:
        self.detector = detector
        self.facts = facts_of(lines, self.detector.labels)

    def judged(self, images: torch.Tensor, prompt: str) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        """The probability of each line, and the mean over the lines."""

        def scored(start: int, stop: int) -> torch.Tensor:
            some = images[start:stop]
            pairs = list(zip(self.detector.boxes(some), some.cpu(), strict=True))
            return torch.tensor(
                [[fact.probability(boxes, picture) for fact in self.facts.values()] for boxes, picture in pairs]
            )

        self.detector.load()
        found = torch.cat(list(memory.in_chunks(len(images), 8, scored)))
        return found.mean(1), dict(zip(self.facts, found.T, strict=True))
