from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.scorers.audiobox import AXES
from ..lidar_core.rewards.scorers.kinds import AUTO, KINDS
from ..lidar_core.rewards.scorers.scorer import AXIS_WEIGHTS
from .host import files
from .host.rewards import NO_TOWER, reward_from_file
from .sockets import REWARDS, RewardType

_HEARD = {
    "enjoyment": "how much listeners enjoy it",
    "usefulness": "how useful it is as material for other works",
    "complexity": "how many voices and layers it has, which is no merit in itself",
    "quality": "how clean and balanced the recording is",
}


def _axis_input(name: str, weight: float) -> io.Float.Input:
    return io.Float.Input(
        name,
        default=weight,
        min=0.0,
        max=100.0,
        step=0.05,
        optional=True,
        advanced=True,
        tooltip=f"Only for Audiobox-Aesthetics: the weight of this axis, {_HEARD[name]}.",
    )


class LiDARRewardLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARRewardLoader",
            display_name="LiDAR Reward Loader",
            category=REWARDS,
            description=(
                "Loads a reward model, which says how well a picture or a sound fits the prompt, or how good it is."
            ),
            search_aliases=[
                "reward model",
                "scorer",
                "ImageReward",
                "PickScore",
                "HPS",
                "CLIP score",
                "aesthetic",
                "CLAP",
                "Audiobox",
                "music reward",
            ],
            inputs=[
                io.Combo.Input(
                    "reward_name",
                    options=files.reward_files() or [files.NO_REWARD_FILE],
                    tooltip="A file in models/reward_models. Its kind is recognised from its contents.",
                ),
                io.Combo.Input(
                    "type",
                    options=[AUTO, *KINDS],
                    default=AUTO,
                    optional=True,
                    tooltip=(
                        "What kind of reward model the file is. auto recognises it by its tensors, and kinds "
                        "with the same tensors by the file's name. If that says nothing, you are asked to choose here. "
                        "CLIPScore: quick_gelu for OpenAI's, MetaCLIP's and Apple's CLIP, gelu for LAION's."
                    ),
                ),
                io.Combo.Input(
                    "tower_name",
                    display_name="picture_tower",
                    options=[NO_TOWER, *files.tower_files()],
                    default=NO_TOWER,
                    optional=True,
                    tooltip=(
                        "Only for a file that holds just a head: the picture tower under it. LAION aesthetic: OpenAI's "
                        "CLIP ViT-L/14. Aesthetic v2.5: sigclip_vision_patch14_384."
                    ),
                ),
                *(_axis_input(name, weight) for name, weight in zip(AXES.values(), AXIS_WEIGHTS, strict=True)),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def validate_inputs(cls, reward_name: str) -> bool:
        """Accept any name: `execute` refuses one that is not listed, and says where to get the file and put it."""
        return True

    @classmethod
    def fingerprint_inputs(
        cls,
        reward_name: str | None,
        type: str | None = AUTO,
        tower_name: str | None = NO_TOWER,
        **axes: float | None,
    ) -> list[tuple[int, float]]:
        """Of a linked input the host does not know the text yet: None."""
        tower = [] if tower_name == NO_TOWER else files.stamps(files.tower_path, tower_name)
        return files.stamps(files.reward_path, reward_name) + tower

    @classmethod
    def execute(
        cls,
        reward_name: str,
        type: str = AUTO,
        tower_name: str = NO_TOWER,
        enjoyment: float = AXIS_WEIGHTS[0],
        usefulness: float = AXIS_WEIGHTS[1],
        complexity: float = AXIS_WEIGHTS[2],
        quality: float = AXIS_WEIGHTS[3],
    ) -> io.NodeOutput:
        axes = (enjoyment, usefulness, complexity, quality)
        return io.NodeOutput(reward_from_file(reward_name, type, tower_name, axes))
