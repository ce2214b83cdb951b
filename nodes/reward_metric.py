import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.metrics import MEASURES, MetricReward
from .sockets import REWARDS, RewardType, direction_input, first_of, metric_input, target_input


class LiDARRewardMetric(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardMetric",
            display_name="LiDAR Reward Metric",
            category=REWARDS,
            description="A reward that needs no file: it measures the picture itself and ignores the prompt.",
            search_aliases=["sharpness", "colorfulness", "exposure", "composition", "palette", "reference image"],
            inputs=[
                metric_input(MEASURES, ", on a copy of at most 512 pixels"),
                direction_input(),
                target_input(0.5, -1.0, 1.0),
                io.Image.Input(
                    "reference",
                    optional=True,
                    tooltip="The picture to resemble, the first of a batch. Only the metrics of a reference use it.",
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(
        cls, metric: str, direction: str, target: float, reference: torch.Tensor | None = None
    ) -> io.NodeOutput:
        return io.NodeOutput(MetricReward(metric, direction, target, first_of(reference)))
