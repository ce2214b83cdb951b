"""Which scorer a file is: by its tensor names, and where several share those, by its name and metadata."""

import re
from collections.abc import Iterator

from ...networks.checkpoint import Checkpoint, ScorerFileError
from .aesthetic import LAION_HEAD, V2_5_HEAD
from .clip_scores import CLIP_KINDS, CLIP_SCORE_GELU, CLIP_SCORE_QUICK_GELU
from .image_reward import IMAGE_REWARD

AUTO = "auto"
LAION = "LAION aesthetic"
V2_5 = "Aesthetic v2.5"

# Tensor names that tell a kind of file, and the scorers it can be; the first match wins.
_SIGNATURES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    # Before LAION, whose re-uploads name their head as ImageReward does.
    (re.compile(r"blip\.visual_encoder\.cls_token"), (IMAGE_REWARD,)),
    (V2_5_HEAD, (V2_5,)),
    (LAION_HEAD, (LAION,)),
    (re.compile(r"visual\.proj|visual_projection\.weight"), tuple(CLIP_KINDS)),
)

# Files that are known, and why they are no scorers here.
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
        "SigLIP, which scores only with a head: choose an Aesthetic v2.5 head here, and this file in tower_name",
    ),
    (
        re.compile(r"(vision_model|visual|text_model)\..*"),
        "a CLIP tower without its projection, which cannot compare pictures with text: use a file with both towers "
        "and both projections",
    ),
)

# What file names and metadata call each scorer. Those of the second list name a CLIP that any of the first was made of.
_REWARD_NAMES = (
    ("HPSv2.1", re.compile(r"hps[-_ ]?v?[-_ ]?2[._-]?1(?!\d)")),
    ("HPSv2", re.compile(r"hps[-_ ]?v?[-_ ]?2(?![._-]?1(?!\d))")),
    ("PickScore", re.compile(r"pick[-_ ]?(score|a[-_ ]?pic)")),
)
_CLIP_NAMES = (
    (CLIP_SCORE_QUICK_GELU, re.compile(r"openai|dfn|metaclip|clip[-_]vit[-_](large|base)[-_]patch")),
    (CLIP_SCORE_GELU, re.compile(r"laion|datacomp")),
)


def kind_of(file: Checkpoint, chosen: str = AUTO) -> str:
    """The scorer that `file` is; `chosen` decides where several have the same tensors."""
    possible = next(
        (kinds for pattern, kinds in _SIGNATURES if any(pattern.fullmatch(name) for name in file.tensors)), ()
    )
    if not possible:
        raise ScorerFileError(_refusal(file))
    if chosen == AUTO:
        return possible[0] if len(possible) == 1 else _named(file, possible)
    if chosen not in possible:
        raise ScorerFileError(
            f'The reward file "{file.name}" is not {chosen} but {_either(possible)}: choose that in type, or auto.'
        )
    return chosen


def _refusal(file: Checkpoint) -> str:
    for pattern, what in _REFUSED:
        if any(pattern.fullmatch(name) for name in file.tensors):
            return f'The reward file "{file.name}" is {what}.'
    first = file.source(next(iter(file.tensors)))
    return (
        f'The reward file "{file.name}" is not a scorer that LiDAR knows (its first tensor is "{first}"): choose '
        "another file. docs/rewards.md lists the known ones."
    )


def _named(file: Checkpoint, possible: tuple[str, ...]) -> str:
    for text in _descriptions(file):
        for patterns in (_REWARD_NAMES, _CLIP_NAMES):
            kinds = [kind for kind, pattern in patterns if kind in possible and pattern.search(text.lower())]
            if len(kinds) == 1:
                return kinds[0]
            if kinds:
                break
    raise ScorerFileError(
        f'The reward file "{file.name}" can be {_either(possible)}: they have the same tensors but read pictures and '
        "text differently. Say which it is in type."
    )


def _descriptions(file: Checkpoint) -> Iterator[str]:
    """What says something of the file, nearest first: its name, its folders from the inside out, its metadata."""
    yield from reversed(file.name.split("/"))
    yield from file.metadata.values()


def _either(kinds: tuple[str, ...]) -> str:
    return kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} or {kinds[-1]}"
