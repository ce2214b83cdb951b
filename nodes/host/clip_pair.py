"""A reward made from a CLIP_VISION and a CLIP in the graph, the two towers of one CLIP model."""

from typing import Any

import torch
from torch.nn import functional

from ...lidar_core.errors import LidarError
from ...lidar_core.rewards.clip_tokens import ClipTokenizer
from ...lidar_core.rewards.reward import SingleReward
from . import files
from .picture_tower import PictureTower, is_trained

# The text encoders that the host loads with their projection: bigG's of SDXL, H's of SD 2.
_TEXT_TOWERS = {"clip_g": "CLIP-bigG", "clip_h": "CLIP-H"}


class PairReward(SingleReward):
    """The cosine between the features of the two towers, which the host owns."""

    # An estimate from published scores.
    spread = 0.02
    reads_prompt = True

    def __init__(self, clip_vision: Any, clip: Any) -> None:
        self.name = f"{_checked(clip_vision, clip)} score"
        self.tower = PictureTower(clip_vision)
        self.clip = clip
        self.tokenizer = ClipTokenizer(files.clip_vocabulary(), cleans=False)
        self._read: tuple[str, torch.Tensor] | None = None

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        text = self._text(prompt)
        return functional.normalize(self.tower.features(images), dim=-1) @ text

    def _text(self, prompt: str) -> torch.Tensor:
        """(D,) of unit length; kept until another prompt comes."""
        if self._read is None or self._read[0] != prompt:
            reading = self.tokenizer.read(prompt, 77)
            reading.warn_if_cut(self.name)
            seen = " ".join(prompt.split()[: reading.words_seen])
            self._read = prompt, functional.normalize(_text_features(self.clip, seen).cpu(), dim=-1)
        return self._read[1]


def _checked(clip_vision: Any, clip: Any) -> str:
    """The CLIP that the two towers form; refuses towers that do not belong together."""
    tower = next((name for name in _TEXT_TOWERS if getattr(clip.cond_stage_model, name, None) is not None), None)
    if tower is None:
        raise LidarError(
            "The clip holds no text tower whose projection ComfyUI keeps: wire SDXL's CLIP (it holds CLIP-bigG) or "
            "SD 2's (CLIP-H). Those of SD 1.5, SD3's T5 and Flux cannot be compared with pictures."
        )
    name = _TEXT_TOWERS[tower]
    projections = {
        "clip_vision": getattr(clip_vision.model, "visual_projection", None),
        "clip": getattr(clip.cond_stage_model, tower).transformer.text_projection,
    }
    sizes = {}
    for socket, projection in projections.items():
        weight = getattr(projection, "weight", None)
        if weight is None or not is_trained(weight):
            raise LidarError(
                f"The {socket} lacks its projection, without which pictures and text cannot be compared: load {name} "
                "from a file that has it, such as clip_vision_g.safetensors or SDXL's own checkpoint."
            )
        sizes[socket] = len(weight)
    if sizes["clip_vision"] != sizes["clip"]:
        raise LidarError(
            f"The clip_vision gives {sizes['clip_vision']} numbers for a picture but the clip ({name}) gives "
            f"{sizes['clip']} for a text: wire the CLIP_VISION of {name}, clip_vision_g for SDXL's clip, clip_vision_h "
            "for SD 2's."
        )
    return name


def _text_features(clip: Any, text: str) -> torch.Tensor:
    """(D,) float32 of a plain text; brackets are kept and do not count as the host's weight syntax."""
    tokens = clip.tokenize(text.replace("(", "\\(").replace(")", "\\)"))
    _, pooled = clip.encode_from_tokens(tokens, return_pooled=True)
    return pooled[0].float()
