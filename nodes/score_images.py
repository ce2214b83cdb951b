from typing import Any

import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.errors import LidarError
from ..lidar_core.rewards.prompt import plain_text
from .sockets import CATEGORY, RewardType


class LiDARScoreImages(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARScoreImages",
            display_name="LiDAR Score Images",
            category=CATEGORY,
            description="Scores each image of a batch and hands on the best ones: best of N, for any images.",
            search_aliases=["best of n", "pick best", "image reward", "rank images", "top k"],
            inputs=[
                io.Image.Input("images", tooltip="The images to score."),
                RewardType.Input("reward", tooltip="The scorer: more is better."),
                io.String.Input(
                    "prompt", default="", multiline=True, tooltip="The text that the scorer reads: what should be seen."
                ),
                io.Int.Input(
                    "keep", default=1, min=1, max=4096, tooltip="How many of the best are handed on, best first."
                ),
                io.Latent.Input(
                    "latents", optional=True, tooltip="The images' latents, to have the best ones' latents as well."
                ),
            ],
            outputs=[
                io.Image.Output(display_name="best_images"),
                io.Latent.Output(display_name="best_latents"),
                io.Float.Output(display_name="scores", is_output_list=True, tooltip="In the order of the images."),
                io.Int.Output(display_name="order", is_output_list=True, tooltip="Indices of the images, best first."),
            ],
        )

    @classmethod
    def execute(
        cls, images: torch.Tensor, reward: Any, prompt: str, keep: int, latents: dict[str, Any] | None = None
    ) -> io.NodeOutput:
        if latents is not None and len(latents["samples"]) != len(images):
            raise LidarError(
                f"latents holds {len(latents['samples'])} latents but images holds {len(images)}: "
                "wire the latents that these images were decoded from, or none."
            )
        text = plain_text(prompt)
        if reward.reads_prompt and not text:
            raise LidarError(
                f"The prompt is empty, but the reward {reward.name} reads it: write what the images should show, or "
                "wire the text that they were drawn of."
            )
        scores = reward.score(images, text).values
        order = torch.nan_to_num(scores, nan=float("-inf")).argsort(descending=True, stable=True)
        best = order[:keep]
        return io.NodeOutput(
            images[best],
            None if latents is None else _chosen(latents, best),
            scores.tolist(),
            order.tolist(),
        )


def _chosen(latents: dict[str, Any], indices: torch.Tensor) -> dict[str, Any]:
    """The latents at `indices`, with what goes with each: its mask and its place in the batch's noise."""
    count = len(latents["samples"])
    batch_index = latents.get("batch_index", list(range(count)))
    chosen = {
        **latents,
        "samples": latents["samples"][indices],
        "batch_index": [batch_index[index] for index in indices.tolist()],
    }
    mask = latents.get("noise_mask")
    if mask is not None and len(mask) == count:
        chosen["noise_mask"] = mask[indices]
    return chosen
