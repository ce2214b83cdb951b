"""Files of the published reward models' sizes with random weights; speed does not depend on their values."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn

from lidar_core.networks import blip_text, blip_vision
from lidar_core.networks.checkpoint import Checkpoint
from lidar_core.networks.clip import Clip, TextShape, VisionShape
from lidar_core.networks.siglip import SiglipShape, SiglipVision
from lidar_core.rewards.scorers.image_reward import ImageRewardNet, Shape


def image_reward() -> nn.Module:
    picture = blip_vision.PictureShape(layers=24, width=1024, hidden=4096, patch=16, positions=197)
    text = blip_text.TextShape(
        layers=12, width=768, hidden=3072, vocabulary=30524, positions=512, picture_width=picture.width
    )
    return ImageRewardNet(Shape(picture, text, (768, 1024, 128, 64, 16, 1)))


def clip_l() -> nn.Module:
    vision = VisionShape(layers=24, width=1024, hidden=4096, patch=14, positions=257, projection=768)
    text = TextShape(layers=12, width=768, hidden=3072, vocabulary=49408, positions=77, projection=768)
    return Clip(vision, text, "quick_gelu")


def clip_h() -> nn.Module:
    vision = VisionShape(layers=32, width=1280, hidden=5120, patch=14, positions=257, projection=1024)
    text = TextShape(layers=24, width=1024, hidden=4096, vocabulary=49408, positions=77, projection=1024)
    return Clip(vision, text, "gelu")


def siglip() -> nn.Module:
    return SiglipVision(SiglipShape(layers=27, width=1152, hidden=4304, patch=14, positions=729))


def aesthetic_head() -> dict[str, tuple[int, ...]]:
    sizes = (1152, 1024, 128, 64, 16, 1)
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (before, after) in enumerate(pairwise(sizes)):
        shapes[f"scoring_head.{2 * number}.weight"] = (after, before)
        shapes[f"scoring_head.{2 * number}.bias"] = (after,)
    return shapes


FILES: dict[str, tuple[str, Callable[[], nn.Module], dict[str, tuple[int, ...]]]] = {
    "ImageReward": ("ImageReward", image_reward, {}),
    "CLIP-L": ("CLIPScore (quick_gelu)", clip_l, {}),
    "CLIP-H": ("PickScore", clip_h, {"logit_scale": ()}),
    "SigLIP so400m": ("Aesthetic v2.5", siglip, aesthetic_head()),
}
"""By the size's name: the kind of scorer that is timed, its network, and what else its file holds."""


def synthetic_file(size: str, seed: int = 0) -> Checkpoint:
    """A complete file in float32: random numbers, small enough that no activation overflows."""
    _, network, more = FILES[size]
    with torch.device("meta"):
        shapes = {name: tuple(tensor.shape) for name, tensor in network().state_dict().items()}
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        name: torch.empty(shape).uniform_(-0.03, 0.03, generator=generator)
        for name, shape in {**shapes, **more}.items()
    }
    return Checkpoint(tensors, size)
