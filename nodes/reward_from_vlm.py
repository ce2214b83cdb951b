from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.errors import LidarError
from ..lidar_core.rewards.question import DEFAULT_QUESTION
from .host.vlm import SeeingModel, VlmReward
from .sockets import REWARDS, RewardType


class LiDARRewardFromVLM(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardFromVLM",
            display_name="LiDAR Reward from VLM",
            category=REWARDS,
            description=(
                "Asks a vision-language text encoder a question about each picture. The more certain its yes, the "
                "higher the reward."
            ),
            search_aliases=["VQAScore", "Qwen3-VL", "Qwen2.5-VL", "ask the image", "judge", "question"],
            inputs=[
                io.Clip.Input(
                    "clip",
                    tooltip=(
                        "A Qwen3-VL 4B or 8B text encoder (Load CLIP with any type but flux and flux2) or Qwen-Image's "
                        "Qwen2.5-VL 7B (type qwen_image). Other CLIPs cannot see."
                    ),
                ),
                io.String.Input(
                    "question",
                    default=DEFAULT_QUESTION,
                    multiline=True,
                    tooltip=(
                        "The question about each picture. The answer should be yes or no, and yes must be the good "
                        "one. {prompt} stands for the prompt; without it the prompt is not read."
                    ),
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(cls, clip: Any, question: str) -> io.NodeOutput:
        if not question.strip():
            raise LidarError("The question is empty: write what to ask about each picture, so that yes is good.")
        return io.NodeOutput(VlmReward(SeeingModel(clip), question))
