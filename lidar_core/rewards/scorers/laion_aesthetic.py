"""LAION's improved aesthetic predictor (Schuhmann, 2022): how much people like the look of a picture."""

import re
from functools import partial

from ...networks import clip_keys
from ...networks.checkpoint import filled
from ...networks.clip import ClipVision, VisionShape
from ..pixels import CROP_ROUNDED, Geometry
from .picture_head import HeadScorer, Judge, head_of, parted, tower_of
from .scorer import Ingredients, Kind

_NAME = "LAION aesthetic"
_HEAD = re.compile(r"(?:mlp\.)?layers\.(\d+)\.(weight|bias)")


def _scorer(ingredients: Ingredients) -> HeadScorer:
    """A head file and a CLIP ViT-L/14 file, or both in one file.

    All published heads were trained on OpenAI's CLIP, whose towers have the quick gelu.
    """
    head_file, rest = parted(ingredients.file, _HEAD)
    tower_file = clip_keys.hugging_face_names(tower_of(ingredients, rest, _NAME, "OpenAI's CLIP ViT-L/14"))
    shape = VisionShape.of(tower_file)
    ignored = (*clip_keys.IGNORED, "logit_scale", "text_model.", "text_projection")
    build = partial(ClipVision, shape, "quick_gelu")
    tower = filled(build, ingredients.operations, tower_file, ingredients.dtype, ignored)
    # Only the rectified head has a layer of this number.
    head = head_of(head_file, ingredients, "11.weight" in head_file.tensors, shape.projection, tower_file.name)
    return HeadScorer(
        name=_NAME,
        # An estimate from published scores.
        spread=0.3,
        module=Judge(tower, head),
        geometry=Geometry(shape.size, CROP_ROUNDED),
        picture_bytes=shape.picture_bytes,
        dtype=ingredients.dtype,
    )


LAION_AESTHETIC = Kind(_NAME, _HEAD, _scorer)
