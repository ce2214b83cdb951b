"""HPSv2 and HPSv2.1 (Wu et al., 2023): which of two pictures of a prompt people prefer."""

import re

from .clip_comparison import CLIP_TENSORS, Comparison
from .scorer import Kind

# The spreads are estimates from published scores.
_V2 = Comparison("HPSv2", spread=0.004, pads=True, cleans=True)
_V2_1 = Comparison("HPSv2.1", spread=0.015, pads=True, cleans=True)
HPS_V2 = Kind(_V2.name, CLIP_TENSORS, _V2.scorer, called=re.compile(r"hps[-_ ]?v?[-_ ]?2(?![._-]?1(?!\d))"))
HPS_V2_1 = Kind(_V2_1.name, CLIP_TENSORS, _V2_1.scorer, called=re.compile(r"hps[-_ ]?v?[-_ ]?2[._-]?1(?!\d)"))
