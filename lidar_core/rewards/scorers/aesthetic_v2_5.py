"""Aesthetic predictor v2.5 (discus0434, 2024): how much people like the look of a picture."""

import re
from functools import partial

from ...networks.checkpoint import filled
from ...networks.siglip import SiglipShape, SiglipVision
from ..pixels import HALF, SQUASH, Geometry
from .picture_head import HeadScorer, Judge, head_of, parted, tower_of
from .scorer import Ingredients, Kind

_NAME = "Aesthetic v2.5"
_HEAD = re.compile(r"(?:layers\.)?scoring_head\.(\d+)\.(weight|bias)")


def _scorer(ingredients: Ingredients) -> HeadScorer:
    """A head file and the file of SigLIP's picture tower, or both in one file."""
    head_file, rest = parted(ingredients.file, _HEAD)
    wanted = "SigLIP so400m patch14 384 (sigclip_vision_patch14_384)"
    tower_file = tower_of(ingredients, rest, _NAME, wanted)
    shape = SiglipShape.of(tower_file)
    ignored = ("vision_model.embeddings.position_ids", "logit_", "text_model.")
    tower = filled(partial(SiglipVision, shape), ingredients.operations, tower_file, ingredients.wide_dtype, ignored)
    return HeadScorer(
        name=_NAME,
        # An estimate from published scores.
        spread=0.4,
        module=Judge(tower, head_of(head_file, ingredients, False, shape.width, tower_file.name)),
        geometry=Geometry(shape.size, SQUASH, HALF, HALF),
        picture_bytes=shape.picture_bytes,
        dtype=ingredients.wide_dtype,
    )


AESTHETIC_V2_5 = Kind(_NAME, _HEAD, _scorer)
