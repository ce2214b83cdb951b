"""Every kind of scorer file, and how a scorer is made of it. A new kind is a line here and one in detection.py."""

from collections.abc import Callable
from functools import partial

from .aesthetic import laion_reward, v2_5_reward
from .clip_scores import CLIP_KINDS, clip_reward
from .detection import AUTO, LAION, V2_5, kind_of
from .image_reward import IMAGE_REWARD, image_reward
from .scorer import Ingredients, Scorer

KINDS: dict[str, Callable[[Ingredients], Scorer]] = {
    **{name: partial(clip_reward, kind) for name, kind in CLIP_KINDS.items()},
    LAION: partial(laion_reward, LAION),
    V2_5: partial(v2_5_reward, V2_5),
    IMAGE_REWARD: image_reward,
}


def scorer_of(ingredients: Ingredients, chosen: str = AUTO) -> Scorer:
    """The scorer in a file; `chosen`: its kind, or AUTO to recognise it."""
    return KINDS[kind_of(ingredients.file, chosen)](ingredients)
