import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.metrics import DIRECTIONS, MEASURES, MetricReward
from .sockets import REWARDS, RewardType


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
                io.Combo.Input(
                    "metric",
                    options=list(MEASURES),
                    tooltip="What is measured, on a copy of at most 512 pixels. Lowest to highest: "
                    + "; ".join(f"{name} {it.low:g} to {it.high:g}, {it.meaning}" for name, it in MEASURES.items())
                    + ".",
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
                    max=1.0,
                    step=0.01,
                    tooltip="The value to come near to, in the metric's own units. Only near target uses it.",
                ),
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
        return io.NodeOutput(MetricReward(metric, direction, target, None if reference is None else reference[0]))
