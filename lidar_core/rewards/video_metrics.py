"""Measures of how a video moves that need no weights, as rewards. They ignore the prompt.

Each maps one video, frames (T, 3, h, w) in [0, 1] with sides of at most 256 pixels, and its rate in frames a second to
a number within its own range. A video that stands still does not flicker and loops perfectly: use those measures only
together with one that asks for motion.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from .measure import Measure, Metric
from .media import Videos
from .metrics import enlarged, similarity
from .reward import VideoReward, rgb

_LONG_SIDE, _BLOCK, _REACH = 96, 8, 6
_FASTEST_SHARE = 0.05
_STILL = 0.1


def flicker(frames: torch.Tensor, rate: float) -> float:
    """Mean absolute difference of neighbouring frames: 1 minus VBench's temporal flickering (Huang et al., 2024).

    Motion counts too.
    """
    return _steps(frames).mean().item()


def dynamic_degree(frames: torch.Tensor, rate: float) -> float:
    """How fast the fastest parts move, in short sides a second: the mean over all pairs of neighbouring frames of the
    fastest twentieth of the blocks.

    VBench's dynamic degree takes the fastest twentieth of a flow network's vectors. Here blocks of 8 pixels are matched
    over 6 pixels to each side, on a copy of 96 pixels. A larger motion between two frames counts as 6. Blocks at the
    edge are left out, because things move out of the picture there.
    """
    small = _grey_copy(frames)
    height, width = small.shape[2] - 2 * _BLOCK, small.shape[3] - 2 * _BLOCK
    before = small[:-1, :, _BLOCK:-_BLOCK, _BLOCK:-_BLOCK]
    shifts = [(y, x) for y in range(-_REACH, _REACH + 1) for x in range(-_REACH, _REACH + 1)]
    distances = torch.tensor([(y * y + x * x) ** 0.5 for y, x in shifts])
    costs = []
    for y, x in shifts:
        top, left = _BLOCK + y, _BLOCK + x
        after = small[1:, :, top : top + height, left : left + width]
        costs.append(functional.avg_pool2d((after - before).abs(), _BLOCK))
    # A flat block fits anywhere; it counts as still.
    penalised = torch.stack(costs) + 1e-4 * distances.view(-1, 1, 1, 1, 1)
    return _fastest(distances[penalised.argmin(0)]) * rate / min(small.shape[2:])


def flow_degree(flows: torch.Tensor, rate: float) -> float:
    """The same from the vectors (T - 1, 2, h, w) of an optical flow network, in pixels: VBench's measure, but for its
    last step. VBench asks whether enough frames move fast enough, which would make most samples equal."""
    return _fastest(flows.float().norm(dim=1)) * rate / min(flows.shape[2:])


def _fastest(speeds: torch.Tensor) -> float:
    """The mean of the fastest twentieth of each (h, w) of speeds (T - 1, h, w)."""
    speeds = speeds.flatten(1)
    fastest = max(1, round(_FASTEST_SHARE * speeds.shape[1]))
    return speeds.topk(fastest, 1).values.mean().item()


def frozen_start(frames: torch.Tensor, rate: float) -> float:
    """Share of the video before anything moves: while frames differ by less than a tenth of the usual difference."""
    return _leading_stillness(_steps(frames))


def frozen_end(frames: torch.Tensor, rate: float) -> float:
    """Share of the video after the last motion, as `frozen_start`."""
    return _leading_stillness(_steps(frames).flip(0))


def loop(frames: torch.Tensor, rate: float) -> float:
    """1 minus the mean absolute difference between the last frame and the first."""
    return 1 - (frames[-1] - frames[0]).abs().mean().item()


def first_frame(frames: torch.Tensor, rate: float, reference: torch.Tensor) -> float:
    """Structural similarity of the first frame to a picture (1, 3, H, W)."""
    return similarity(enlarged(frames[:1]), reference).item()


def _steps(frames: torch.Tensor) -> torch.Tensor:
    """(T - 1,) mean absolute differences of neighbouring frames."""
    return frames.diff(dim=0).abs().mean((1, 2, 3))


def _leading_stillness(steps: torch.Tensor) -> float:
    moving = steps >= _STILL * steps.mean()
    if not steps.any():
        return 1.0
    return moving.float().argmax().item() / len(steps)


def _grey_copy(frames: torch.Tensor) -> torch.Tensor:
    """(T, 1, h, w) luma with a long side of 96 pixels, sides in whole blocks."""
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    scale = _LONG_SIDE / max(frames.shape[2:])
    size = [max(3, round(side * scale / _BLOCK)) * _BLOCK for side in frames.shape[2:]]
    return functional.interpolate((frames * weights).sum(1, keepdim=True), size, mode="area")


VIDEO_MEASURES = {
    "dynamic degree": Measure(dynamic_degree, 0, 4, "frozen to fast, in short sides a second"),
    "flicker": Measure(flicker, 0, 1, "0 if frozen, motion counts too"),
    "frozen start": Measure(frozen_start, 0, 1, "share of the video before the first motion"),
    "frozen end": Measure(frozen_end, 0, 1, "share of the video after the last motion"),
    "loop": Measure(loop, 0, 1, "1 if the last frame is the first, or all is frozen"),
    "likeness of first frame": Measure(first_frame, -1, 1, "1 if it is the reference", needs_reference=True),
}


class VideoMetricReward(Metric, VideoReward):
    """A measure of videos as a reward. reference: a picture (H, W, C) in [0, 1], for the measures that need one.

    flow: maps frames (T, 3, h, w) in [0, 1] to optical flow (T - 1, 2, h', w') in pixels. Without it blocks
    are matched.
    """

    measures = VIDEO_MEASURES
    compares_with = "a picture"

    def __init__(
        self,
        measure: str,
        direction: str = "more",
        target: float = 0.5,
        reference: torch.Tensor | None = None,
        flow: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> None:
        super().__init__(measure, direction, target)
        self.flow = flow if self.measure.of is dynamic_degree else None
        if self.flow:
            self.name += " by optical flow"
        self.references = tuple(
            rgb(picture[None], self.name).float().movedim(-1, 1) for picture in self.needed(reference)
        )

    def values(self, videos: Videos, prompt: str) -> torch.Tensor:
        """(n,) float32."""
        values = [self._value(frames, videos.viewing.rate) for frames in videos.frames]
        return self.towards(torch.tensor(values))

    def _value(self, frames: torch.Tensor, rate: float) -> float:
        pictures = frames.movedim(-1, 1).cpu().float() / 255
        if self.flow:
            value = flow_degree(self.flow(pictures), rate)
        else:
            value = self.measure.of(pictures, rate, *self.references)
        return min(self.measure.high, max(self.measure.low, value))
