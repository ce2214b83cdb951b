from pathlib import Path

from comfy_api.v0_0_2 import io

from .host import demo_world, files
from .host.rewards import demo_reward
from .sockets import CATEGORY, RewardType

_WEIGHTS = Path(__file__).parents[1] / "lidar_core" / "world" / "weights"


class LiDARDemoLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARDemoLoader",
            display_name="LiDAR Demo Loader",
            category=CATEGORY,
            description=(
                "A tiny text-to-image world that ships with the pack: pictures of coloured shapes, 128 x 128 pixels, "
                "with a reward for them. No download, runs on a CPU. Prompts such as: two red circles; a blue square "
                "left of a green triangle. Use cfg 1.5."
            ),
            search_aliases=["lidar example", "reward guidance demo"],
            inputs=[],
            outputs=[
                io.Model.Output(display_name="model"),
                io.Clip.Output(display_name="clip"),
                io.Vae.Output(display_name="vae"),
                RewardType.Output(display_name="reward"),
                io.Model.Output(
                    display_name="distilled_model",
                    tooltip="The model with a LoRA that makes pictures in 1 to 4 steps: cfg 1, sampler lcm, scheduler "
                    "sgm_uniform. Its pictures are cheaper and worse. Meant for the lookahead.",
                ),
            ],
        )

    @classmethod
    def execute(cls) -> io.NodeOutput:
        def path(name: str) -> str:
            return str(_WEIGHTS / f"{name}.safetensors")

        model = demo_world.demo_model(path("unet"))
        return io.NodeOutput(
            model,
            demo_world.demo_clip(path("text_encoder")),
            demo_world.demo_vae(path("autoencoder")),
            demo_reward(files.load_tensors(path("scorer"))),
            demo_world.distilled(model, files.load_tensors(path("student_lora"))),
        )
