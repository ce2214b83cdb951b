from typing import Any

import torch
from comfy_api.v0_0_2 import io

from .host.panel import Panel
from .host.taste import taste_from_ratings
from .sockets import REWARDS, RewardType


class LiDARRewardFromRatings(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardFromRatings",
            display_name="LiDAR Reward from Ratings",
            category=REWARDS,
            description=(
                "Learns your taste from pictures that you rated, in a second: a small head on the features of a "
                "CLIP_VISION. The reward does not read the prompt."
            ),
            search_aliases=["taste", "preference", "personal", "rate", "stars", "Bradley-Terry", "train a reward"],
            is_output_node=True,
            inputs=[
                io.ClipVision.Input(
                    "clip_vision",
                    tooltip="A CLIP with its projection: clip_vision_h, clip_vision_g or OpenAI's CLIP-L.",
                ),
                io.Image.Input(
                    "images",
                    tooltip=(
                        "The rated pictures, as one batch; the first one is number 1. Wire LiDAR Lookahead here "
                        "to rate its samples in its panel."
                    ),
                ),
                io.String.Input(
                    "ratings",
                    default="",
                    multiline=True,
                    tooltip=(
                        "Comparisons such as 3 > 1 > 2, best first, or marks such as 4: 5, one per line. The stars in "
                        "the panel of LiDAR Lookahead write marks. At least 5 comparisons; 20 work well."
                    ),
                ),
                io.String.Input(
                    "name",
                    default="",
                    tooltip=(
                        "Saves the taste in models/reward_models under this name, for LiDAR Reward Loader with the "
                        "CLIP_VISION's file as picture_tower. Empty: nothing is saved."
                    ),
                ),
            ],
            outputs=[
                RewardType.Output(display_name="reward"),
                io.Float.Output(
                    display_name="agreement",
                    tooltip="Share of comparisons that a head predicts without having seen them. Guessing gives 0.5.",
                ),
            ],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
        )

    @classmethod
    def execute(cls, clip_vision: Any, images: torch.Tensor, ratings: str, name: str) -> io.NodeOutput:
        reward = taste_from_ratings(clip_vision, images, ratings)
        if name:
            reward.save(name)
        Panel(cls).say(reward.taste.told)
        return io.NodeOutput(reward, reward.taste.agreement)
