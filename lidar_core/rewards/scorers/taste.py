"""A head learned by LiDAR Reward from Ratings, on the projected features of a CLIP picture tower."""

import re
from functools import partial

import torch

from ...errors import LidarError
from ...networks import clip_keys
from ...networks.checkpoint import filled
from ...networks.clip import ACTIVATIONS, ClipVision, VisionShape
from ...quoting import quoted
from ..pixels import CROP_ROUNDED, Geometry
from ..taste import Taste
from .picture_head import HeadScorer, Judge, head_of, parted, tower_of
from .scorer import Ingredients, Kind

NAME = "taste"
# The standard deviation of the rated pictures' scores.
SPREAD = 1.0
_HEAD = re.compile(r"taste\.(\d+)\.(weight|bias)")


def tensors_of(taste: Taste) -> dict[str, torch.Tensor]:
    """The tensors of its file."""
    return {"taste.0.weight": taste.weight[None].contiguous(), "taste.0.bias": torch.tensor([taste.bias])}


def metadata_of(taste: Taste, activation: str) -> dict[str, str]:
    """The metadata of its file. activation: of the tower, whose own file does not say it."""
    return {"activation": activation, "agreement": f"{taste.agreement:.3f}", "pairs": str(taste.pairs)}


def _scorer(ingredients: Ingredients) -> HeadScorer:
    head_file, rest = parted(ingredients.file, _HEAD)
    activation = ingredients.file.metadata.get("activation", "")
    if activation not in ACTIVATIONS:
        raise LidarError(
            f"The file {quoted(ingredients.file.name)} does not say which activation its tower has: make it again with "
            "LiDAR Reward from Ratings."
        )
    tower_file = clip_keys.hugging_face_names(
        tower_of(ingredients, rest, NAME, "the file of the CLIP_VISION that the pictures were rated with")
    )
    shape = VisionShape.of(tower_file)
    ignored = (*clip_keys.IGNORED, "logit_scale", "text_model.", "text_projection")
    tower = filled(
        partial(ClipVision, shape, activation), ingredients.operations, tower_file, ingredients.dtype, ignored
    )
    head = head_of(head_file, ingredients, False, shape.projection, tower_file.name)
    return HeadScorer(
        name=NAME,
        spread=SPREAD,
        module=Judge(tower, head),
        geometry=Geometry(shape.size, CROP_ROUNDED),
        picture_bytes=shape.picture_bytes,
        dtype=ingredients.dtype,
    )


TASTE = Kind(NAME, _HEAD, _scorer)
