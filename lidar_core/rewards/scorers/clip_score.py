"""CLIPScore (Hessel et al., EMNLP 2021), by any CLIP: how well a picture fits the prompt.

CLIPs come with two activations, and their files do not say which.
"""

import re

from .clip_comparison import CLIP_TENSORS, Comparison
from .scorer import Kind

# The spreads are estimates from published scores.
_GELU = Comparison("CLIPScore (gelu)", spread=0.02)
_QUICK_GELU = Comparison("CLIPScore (quick_gelu)", spread=0.02, activation="quick_gelu")
CLIP_SCORE_GELU = Kind(_GELU.name, CLIP_TENSORS, _GELU.scorer, called=re.compile(r"laion|datacomp"), base=True)
CLIP_SCORE_QUICK_GELU = Kind(
    _QUICK_GELU.name,
    CLIP_TENSORS,
    _QUICK_GELU.scorer,
    called=re.compile(r"openai|dfn|metaclip|clip[-_]vit[-_](large|base)[-_]patch"),
    base=True,
)
