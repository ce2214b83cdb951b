import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.metrics import DIRECTIONS
from ..lidar_core.rewards.video_metrics import VIDEO_MEASURES, VideoMetricReward
from .sockets import REWARDS, RewardType


class LiDARVideoMetric(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARVideoMetric",
            display_name="LiDAR Video Metric",
            category=REWARDS,
            description="A reward for how a video moves that needs no model file. It sees every frame, and no prompt.",
            search_aliases=["flicker", "dynamic degree", "motion", "loop", "frozen", "first frame", "video reward"],
            inputs=[
                io.Combo.Input(
                    "metric",
                    options=list(VIDEO_MEASURES),
                    tooltip="What is measured, on copies of at most 256 pixels. Lowest to highest: "
                    + "; ".join(
                        f"{name} {it.low:g} to {it.high:g}, {it.meaning}" for name, it in VIDEO_MEASURES.items()
                    )
                    + ". A frozen video does not flicker and loops: mix those with more dynamic degree.",
                ),
                io.Combo.Input(
                    "direction",
                    options=list(DIRECTIONS),
                    tooltip="more: higher values win. less: lower values win. near target: values near target win.",
                ),
                io.Float.Input(
                    "target",
                    default=0.5,
                    min=-1.0,
                    max=4.0,
                    step=0.01,
                    tooltip="The value to come near to, in the metric's own unit. Used only by near target.",
                ),
                io.Image.Input(
                    "reference",
                    optional=True,
                    tooltip="The picture to begin with; its first image counts. Used only by likeness of first frame.",
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(
        cls, metric: str, direction: str, target: float, reference: torch.Tensor | None = None
    ) -> io.NodeOutput:
        return io.NodeOutput(VideoMetricReward(metric, direction, target, None if reference is None else reference[0]))
