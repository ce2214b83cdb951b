"""All kinds of reward models, and how a file is recognised as one of them."""

import re
from collections.abc import Iterator, Sequence

from ...errors import LidarError
from ...networks.checkpoint import Checkpoint
from ...quoting import quoted
from .aesthetic_v2_5 import AESTHETIC_V2_5
from .audiobox import AUDIOBOX
from .clap import CLAP
from .clip_score import CLIP_SCORE_GELU, CLIP_SCORE_QUICK_GELU
from .hps import HPS_V2, HPS_V2_1
from .image_reward import IMAGE_REWARD
from .laion_aesthetic import LAION_AESTHETIC
from .pick_score import PICK_SCORE
from .scorer import Ingredients, Kind, Scorer
from .sound_scorer import SoundScorer
from .taste import TASTE

AUTO = "auto"
# The first whose tensors a file has decides. ImageReward comes before LAION, whose re-uploads name their head alike;
# both heads come before CLIP, which some of their files hold as well.
KINDS = {
    kind.name: kind
    for kind in (
        IMAGE_REWARD,
        AESTHETIC_V2_5,
        LAION_AESTHETIC,
        PICK_SCORE,
        HPS_V2_1,
        HPS_V2,
        CLIP_SCORE_GELU,
        CLIP_SCORE_QUICK_GELU,
        TASTE,
        CLAP,
        AUDIOBOX,
    )
}

# Known files that cannot be used, and why.
_REFUSED = (
    (
        re.compile(r"(.*\.)?cross_model\..*"),
        "MPS, whose score of a picture depends on the others in its batch: use PickScore or HPSv2.1",
    ),
    (
        re.compile(r"rm_head\..*"),
        "HPSv3, which needs a language model of 7 billion parameters: use HPSv2.1 or PickScore",
    ),
    (
        re.compile(r"vision_model\.head\.probe"),
        "SigLIP, which scores only with a head: choose an Aesthetic v2.5 head here, and this file in picture_tower",
    ),
    (
        re.compile(r"(vision_model|visual|text_model)\..*"),
        "a CLIP tower without its projection, which cannot compare pictures with text: use a file with both towers "
        "and both projections",
    ),
)


def scorer_of(ingredients: Ingredients, chosen: str = AUTO) -> Scorer | SoundScorer:
    """The scorer in a file; `chosen`: the name of its kind, or AUTO to recognise it."""
    return KINDS[kind_of(ingredients.file, chosen)].make(ingredients)


def kind_of(file: Checkpoint, chosen: str = AUTO) -> str:
    """The kind of `file`; `chosen` decides where several have the same tensors."""
    possible = _possible(file)
    if not possible:
        raise LidarError(_refusal(file))
    if chosen == AUTO:
        return possible[0].name if len(possible) == 1 else _named(file, possible)
    if chosen not in [kind.name for kind in possible]:
        raise LidarError(
            f"The reward file {quoted(file.name)} is not {chosen} but {_either(possible)}: choose that in type, or "
            "auto."
        )
    return chosen


def _possible(file: Checkpoint) -> list[Kind]:
    first = next((kind for kind in KINDS.values() if any(map(kind.tensors.fullmatch, file.tensors))), None)
    return [kind for kind in KINDS.values() if first and kind.tensors == first.tensors]


def _refusal(file: Checkpoint) -> str:
    for pattern, what in _REFUSED:
        if any(map(pattern.fullmatch, file.tensors)):
            return f"The reward file {quoted(file.name)} is {what}."
    first = file.source(next(iter(file.tensors)))
    return (
        f"The reward file {quoted(file.name)} is of no kind that LiDAR knows (its first tensor is {quoted(first)}): "
        "choose another file. docs/rewards.md lists the known kinds."
    )


def _named(file: Checkpoint, possible: Sequence[Kind]) -> str:
    for text in _descriptions(file):
        called = [kind for kind in possible if kind.called and kind.called.search(text.lower())]
        called = [kind for kind in called if not kind.base] or called
        if len(called) == 1:
            return called[0].name
    raise LidarError(
        f"The reward file {quoted(file.name)} can be {_either(possible)}: they have the same tensors but read "
        "pictures and text differently. Say which it is in type."
    )


def _descriptions(file: Checkpoint) -> Iterator[str]:
    """Texts that may name the kind, the most specific first: file name, folders from the inside out, metadata."""
    yield from reversed(file.name.split("/"))
    yield from file.metadata.values()


def _either(kinds: Sequence[Kind]) -> str:
    *others, last = [kind.name for kind in kinds]
    return f"{', '.join(others)} or {last}" if others else last
