from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.mix import RewardMix
from ..lidar_core.rewards.recipe import MODES
from .sockets import REWARDS, RewardType


class LiDARRewardMix(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def weight(number: int) -> io.Float.Input:
            return io.Float.Input(
                f"weight_{number}",
                default=1.0,
                min=0.0,
                max=100.0,
                step=0.05,
                tooltip=f"How much reward_{number} counts; 0 leaves it out. In min, all above 0 count the same.",
            )

        return io.Schema(
            node_id="LiDARRewardMix",
            display_name="LiDAR Reward Mix",
            category=REWARDS,
            description="Combines rewards into one. Each is first standardised over the pictures of the prompt.",
            inputs=[
                io.Combo.Input(
                    "mode",
                    options=list(MODES),
                    tooltip=(
                        "weighted sum: good on the whole. mean rank: the same by rank, so outliers do not count. "
                        "min: a picture scores as its worst reward. gate: reward_1 must be above its mean, then the "
                        "others decide. product of sigmoids: between weighted sum and min; one bad reward weighs more "
                        "than one good one."
                    ),
                ),
                RewardType.Input("reward_1", tooltip="A reward; in gate, the one that decides which pictures pass."),
                weight(1),
                RewardType.Input("reward_2", optional=True, tooltip="Another reward."),
                weight(2),
                RewardType.Input("reward_3", optional=True, tooltip="A third reward."),
                weight(3),
                RewardType.Input("reward_4", optional=True, tooltip="A fourth reward."),
                weight(4),
                io.Float.Input(
                    "clip",
                    default=3.0,
                    min=0.5,
                    max=100.0,
                    step=0.1,
                    tooltip=(
                        "How far one reward may set a picture apart, in standard deviations. A lower value keeps an "
                        "outlier from outvoting the other rewards. 100 clips nothing."
                    ),
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(cls, mode: str, clip: float, **wired: Any) -> io.NodeOutput:
        numbers = [number for number in (1, 2, 3, 4) if wired.get(f"reward_{number}") is not None]
        rewards = [wired[f"reward_{number}"] for number in numbers]
        return io.NodeOutput(RewardMix(rewards, [wired[f"weight_{number}"] for number in numbers], mode, clip))
