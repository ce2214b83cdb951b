"""Motion in videos by RAFT (Teed and Deng, 2020, arXiv 2003.12039), which ComfyUI loads."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from ...lidar_core.errors import LidarError
from . import memory

# VBench's number of refinements.
_REFINEMENTS = 20
# RAFT takes sides of at least 128 pixels that divide by 8.
_SHORTEST, _STRIDE = 128, 8
# Pairs of frames at once, and an upper bound on the working memory of one at 256 x 256: the features take 4 MB a layer.
_AT_ONCE, _PAIR_BYTES = 4, 200_000_000


def flow_by(patcher: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function from frames (T, 3, h, w) in [0, 1] to the flow (T - 1, 2, h', w') from each to the next, in pixels.

    patcher: of the host's Load Optical Flow Model.
    """
    name = type(patcher.model).__name__
    if name != "RAFT":
        raise LidarError(f"optical_flow is a {name}, not RAFT: wire raft_large from Load Optical Flow Model.")

    def flow(frames: torch.Tensor) -> torch.Tensor:
        def found(start: int, stop: int) -> torch.Tensor:
            pairs = pictures[start : stop + 1].to(patcher.load_device)
            return patcher.model(pairs[:-1], pairs[1:], num_flow_updates=_REFINEMENTS)[-1].cpu()

        pictures = 2 * functional.interpolate(frames, _size(frames), mode="bilinear", antialias=True) - 1
        memory.load(patcher, _AT_ONCE * _PAIR_BYTES)
        return torch.cat(list(memory.in_chunks(len(pictures) - 1, _AT_ONCE, found)))

    return flow


def _size(frames: torch.Tensor) -> list[int]:
    """The frames' own size as nearly as RAFT takes it."""
    sides = frames.shape[2:]
    scale = max(1.0, _SHORTEST / min(sides))
    return [max(_SHORTEST, round(side * scale / _STRIDE) * _STRIDE) for side in sides]
