from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.checklist import lines_of
from .host.panel import Panel
from .host.vlm import ChecklistReward, SeeingModel
from .sockets import REWARDS, RewardType

RULES, MODEL = "rules", "model"


class LiDARRewardChecklist(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardChecklist",
            display_name="LiDAR Reward Checklist",
            category=REWARDS,
            description=(
                "Asks a vision-language text encoder several questions about each picture. The more likely the right "
                "answers, the higher the reward. For counts, colours, places, and what a sign says."
            ),
            search_aliases=["VQA", "TIFA", "GenEval", "Qwen3-VL", "Qwen2.5-VL", "count", "questions", "judge"],
            inputs=[
                io.Clip.Input(
                    "clip",
                    tooltip=(
                        "A Qwen3-VL 4B or 8B text encoder (Load CLIP with any type but flux and flux2) or Qwen-Image's "
                        "Qwen2.5-VL 7B (type qwen_image). Other CLIPs cannot see."
                    ),
                ),
                io.String.Input(
                    "lines",
                    default="",
                    multiline=True,
                    tooltip=(
                        "One question per line, then its right answer: yes, no, a number or a word. No answer means "
                        "yes. * 2 at the end makes a line count double. {prompt} stands for the prompt. Empty: the "
                        "lines are made from the prompt and shown below, from where you can copy them."
                    ),
                ),
                io.Combo.Input(
                    "from_prompt",
                    options=[RULES, MODEL],
                    tooltip=(
                        "Who makes the lines if there are none. rules: simple rules for English. model: the text "
                        "encoder itself, in any language; Qwen3-VL only, takes some seconds."
                    ),
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
        )

    @classmethod
    def execute(cls, clip: Any, lines: str, from_prompt: str = RULES) -> io.NodeOutput:
        model = SeeingModel(clip)
        return io.NodeOutput(ChecklistReward(model, lines_of(lines), from_prompt == MODEL, Panel(cls).say))
