from comfy_api.v0_0_2 import io

from .host.reading import TextReward
from .sockets import REWARDS, RewardType


class LiDARRewardText(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardText",
            display_name="LiDAR Reward Text",
            category=REWARDS,
            description=(
                "Reads the text in each picture. The more exactly it matches the wanted text, the higher the "
                "reward. Needs the Python package rapidocr."
            ),
            search_aliases=["OCR", "RapidOCR", "spelling", "sign", "letters", "typography"],
            inputs=[
                io.String.Input(
                    "text",
                    default="",
                    multiline=True,
                    tooltip=(
                        "What the picture should say, one text per line. Empty: the words in double quotation marks "
                        "in the prompt."
                    ),
                ),
                io.Boolean.Input(
                    "match_case",
                    default=False,
                    tooltip="Whether OPEN and open are different. Off is more reliable: o and O often look alike.",
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(cls, text: str, match_case: bool) -> io.NodeOutput:
        return io.NodeOutput(TextReward(text, match_case))
