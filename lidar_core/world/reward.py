"""The learned scorer as a reward: it plays the part of ImageReward in the embedded world."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from ..rewards.reward import SingleReward
from .grammar import token_ids
from .scorer import Scorer

KEY_PREFIX = "lidar_demo."


class DemoReward(SingleReward):
    """Log odds that a picture of the embedded world shows what the prompt says."""

    name = "embedded demo reward"
    spread = 4.8
    reads_prompt = True

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer.eval().requires_grad_(False)

    @classmethod
    def load(cls, file: Path) -> "DemoReward":
        scorer = Scorer()
        weights = load_file(file)
        scorer.load_state_dict({name.removeprefix(KEY_PREFIX): tensor.float() for name, tensor in weights.items()})
        return cls(scorer)

    def log_odds(self, pictures: torch.Tensor, prompt: str) -> torch.Tensor:
        """(B,) float32 log odds for pictures (B, H, W, 3), roughly in [0, 1]; differentiable."""
        ids = torch.tensor([token_ids(prompt)], device=pictures.device).expand(len(pictures), -1)
        return self.scorer(pictures.movedim(-1, 1), ids)

    @torch.inference_mode()
    def values(self, images: torch.Tensor, prompt: str, device: torch.device | str | None = None) -> torch.Tensor:
        """(n,) float32 log odds for images (n, H, W, 3) in [0, 1]. device: by default the scorer's own."""
        device = device or next(self.scorer.parameters()).device
        return self.log_odds(images.to(device=device, dtype=torch.float32), prompt)
