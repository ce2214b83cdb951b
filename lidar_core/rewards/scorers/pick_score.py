"""PickScore v1 (Kirstain et al., NeurIPS 2023): which of two pictures people would pick for a prompt."""

import re

from .clip_comparison import CLIP_TENSORS, Comparison
from .scorer import Kind

# The spread is an estimate from published scores.
_COMPARISON = Comparison("PickScore", spread=0.7, scaled=True, cleans=False)
PICK_SCORE = Kind(
    _COMPARISON.name, CLIP_TENSORS, _COMPARISON.scorer, called=re.compile(r"pick[-_ ]?(score|a[-_ ]?pic)")
)
