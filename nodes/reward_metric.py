import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.metrics import DIRECTIONS, MEASURES, SIMILARITY, MetricReward
from .types import CATEGORY, RewardType


class LiDARRewardMetric(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardMetric",
            display_name="LiDAR Reward Metric",
            category=CATEGORY,
            description="A reward that needs no model file: it measures the picture itself and ignores the prompt.",
            search_aliases=["sharpness", "colorfulness", "brightness", "symmetry", "reference image"],
            inputs=[
                io.Combo.Input(
                    "metric",
                    options=[*MEASURES, SIMILARITY],
                    tooltip=(
                        "What is measured. sharpness: fine detail, 0 to about 0.5, noise counts too. colourfulness: "
                        "0 grey to about 1. contrast: 0 flat to 0.5. brightness: 0 black to 1 white. symmetry: 1 if "
                        "left mirrors right. similarity to reference: 1 if like the picture wired to reference."
                    ),
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
                    tooltip="The value to come near to, in the metric's own units. Used only by near target.",
                ),
                io.Image.Input(
                    "reference",
                    optional=True,
                    tooltip="The picture to resemble; its first image counts. Used only by similarity to reference.",
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(
        cls, metric: str, direction: str, target: float, reference: torch.Tensor | None = None
    ) -> io.NodeOutput:
        return io.NodeOutput(MetricReward(metric, direction, target, None if reference is None else reference[0]))
