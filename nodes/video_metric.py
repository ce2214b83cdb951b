from typing import Any

import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.video_metrics import VIDEO_MEASURES, VideoMetricReward
from .host.optical_flow import flow_by
from .sockets import REWARDS, OpticalFlowType, RewardType, direction_input, first_of, metric_input, target_input


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
                metric_input(
                    VIDEO_MEASURES,
                    ", on copies of at most 256 pixels",
                    " A frozen video does not flicker and loops: mix those with more dynamic degree.",
                ),
                direction_input(),
                target_input(0.5, -1.0, 4.0),
                io.Image.Input(
                    "reference",
                    optional=True,
                    tooltip="The picture to begin with; its first image counts. Used only by likeness of first frame.",
                ),
                OpticalFlowType.Input(
                    "optical_flow",
                    optional=True,
                    tooltip=(
                        "RAFT, from Load Optical Flow Model: it measures dynamic degree instead of matched blocks. It "
                        "sees faster and finer motion, and takes longer."
                    ),
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(
        cls,
        metric: str,
        direction: str,
        target: float,
        reference: torch.Tensor | None = None,
        optical_flow: Any = None,
    ) -> io.NodeOutput:
        flow = None if optical_flow is None else flow_by(optical_flow)
        return io.NodeOutput(VideoMetricReward(metric, direction, target, first_of(reference), flow))
