import os

from comfy_api.v0_0_2 import io

from .host import files
from .rewards import reward_from_file
from .types import CATEGORY, RewardType


class LiDARRewardLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardLoader",
            display_name="LiDAR Reward Loader",
            category=CATEGORY,
            description="Loads a scorer: a model that says how well a picture follows a prompt, or how good it looks.",
            search_aliases=["reward model", "scorer", "ImageReward", "PickScore", "HPS"],
            inputs=[
                io.Combo.Input(
                    "reward_name",
                    options=files.reward_files(),
                    tooltip="A file in models/reward_models. Its kind is recognised from its contents.",
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def fingerprint_inputs(cls, reward_name: str) -> tuple[int, float]:
        status = os.stat(files.reward_path(reward_name))
        return status.st_size, status.st_mtime

    @classmethod
    def execute(cls, reward_name: str) -> io.NodeOutput:
        return io.NodeOutput(reward_from_file(reward_name))
