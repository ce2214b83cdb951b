from typing import Any

from comfy_api.v0_0_2 import io

from .host.detector import Detector, DetectorReward
from .sockets import REWARDS, RewardType


class LiDARRewardDetector(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardDetector",
            display_name="LiDAR Reward Detector",
            category=REWARDS,
            description=(
                "Finds everyday things in each picture. The more certain their number, places and colours are right, "
                "the higher the reward. It knows the 80 things of COCO, from person to toothbrush."
            ),
            search_aliases=["RT-DETR", "COCO", "GenEval", "count", "object detection", "bounding box"],
            inputs=[
                io.Model.Input("model", tooltip="RT-DETR v4, by Load Diffusion Model. ComfyUI 0.33 has it."),
                io.String.Input(
                    "lines",
                    default="cat x 2\ndog left of cat\napple: red",
                    multiline=True,
                    tooltip=(
                        "One fact per line. cat: at least one. cat x 2: that many. dog left of cat, and right of, "
                        "above and below. apple: red. The reward is the mean of the lines."
                    ),
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(cls, model: Any, lines: str) -> io.NodeOutput:
        return io.NodeOutput(DetectorReward(Detector(model), lines))
