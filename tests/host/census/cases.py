"""Every model class of the host, as a case, or named as one that samples nothing."""

from .moving import SHAPE_MODELS, SOUND_MODELS, VIDEO_MODELS
from .pictures import TRANSFORMERS
from .unets import UNETS

CASES = UNETS | TRANSFORMERS | VIDEO_MODELS | SOUND_MODELS | SHAPE_MODELS
# They see objects or depth in a picture, and make no samples from noise.
NOT_SAMPLED = {"RT_DETR_v4", "SAM3", "SAM31", "DepthAnything3"}
