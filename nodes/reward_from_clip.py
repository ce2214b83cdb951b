from typing import Any

from comfy_api.v0_0_2 import io

from .host.clip_pair import PairReward
from .sockets import REWARDS, RewardType


class LiDARRewardFromClip(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardFromClip",
            display_name="LiDAR Reward from CLIP",
            category=REWARDS,
            description=(
                "Scores how well a picture fits the prompt, without a reward model: by a CLIP_VISION and the CLIP of "
                "an SDXL (bigG) or SD 2 (H) checkpoint. It looks at what is in the picture, not at how good it looks."
            ),
            search_aliases=["clip score", "clip bigG", "clip H", "prompt alignment"],
            inputs=[
                io.ClipVision.Input(
                    "clip_vision", tooltip="clip_vision_g for SDXL's clip, clip_vision_h for SD 2's: the same CLIP."
                ),
                io.Clip.Input(
                    "clip",
                    tooltip=(
                        "The CLIP of SDXL's or SD 2's own checkpoint, before any LoRA. A fine-tuned checkpoint's CLIP "
                        "no longer matches the CLIP_VISION and scores worse."
                    ),
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(cls, clip_vision: Any, clip: Any) -> io.NodeOutput:
        return io.NodeOutput(PairReward(clip_vision, clip))
