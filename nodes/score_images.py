from typing import Any

import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.errors import LidarError
from ..lidar_core.rewards.prompt import check_prompt, plain_text
from ..lidar_core.rewards.reward import best_first
from .host import panel
from .host.latents import joined, rows
from .sockets import CATEGORY, RESULT_ON_NODE, RewardType, keep_input, prompt_input, refuse_empty


class LiDARScoreImages(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARScoreImages",
            display_name="LiDAR Score Images",
            category=CATEGORY,
            description="Scores the images of a batch or list and passes on the best: best of N for any images.",
            is_input_list=True,
            search_aliases=["best of n", "pick best", "image reward", "rank images", "top k"],
            inputs=[
                io.Image.Input("images", tooltip="The images to score."),
                RewardType.Input("reward", tooltip="What scores the images."),
                prompt_input("What the images should show. The reward reads it."),
                keep_input(),
                io.Latent.Input(
                    "latents", optional=True, tooltip="The latents of the images. Those of the best are passed on too."
                ),
            ],
            outputs=[
                io.Image.Output(display_name="best_images"),
                io.Latent.Output(display_name="best_latents"),
                io.Float.Output(display_name="scores", is_output_list=True, tooltip="In the order of the images."),
                io.Int.Output(display_name="order", is_output_list=True, tooltip="Indices of the images, best first."),
            ],
            **RESULT_ON_NODE,
        )

    @classmethod
    def execute(
        cls,
        images: list[torch.Tensor],
        reward: list[Any],
        prompt: list[str],
        keep: list[int],
        latents: list[dict[str, Any]] | None = None,
    ) -> io.NodeOutput:
        refuse_empty(images=images, reward=reward, prompt=prompt, keep=keep, latents=latents)
        sizes = sorted({tuple(batch.shape[1:]) for batch in images})
        if len(sizes) > 1:
            raise LidarError(
                f"The list of images holds different sizes (height, width, channels): {' and '.join(map(str, sizes))}. "
                "The best are passed on as one batch, so resize them to one size first."
            )
        if len({id(scorer) for scorer in reward}) > 1 or len(set(keep)) > 1:
            raise LidarError(
                "All images are scored together, by one reward and with one keep, but reward or keep is a list of "
                "several: wire one. LiDAR Reward Mix makes one reward of several."
            )
        # As in the host, a shorter list repeats its last entry.
        texts = [plain_text(prompt[min(index, len(prompt) - 1)]) for index in range(len(images))]
        scores = _scores(images, texts, reward[0])
        pictures, chosen = torch.cat(images), None if latents is None else joined(latents)
        if chosen is not None and len(chosen["samples"]) != len(pictures):
            raise LidarError(
                f"latents holds {len(chosen['samples'])} latents but images holds {len(pictures)}: "
                "wire the latents that these images were decoded from, or none."
            )
        order = best_first(scores)
        best = order[: keep[0]]
        return io.NodeOutput(
            pictures[best],
            None if chosen is None else rows(chosen, best),
            scores.tolist(),
            order.tolist(),
            ui=panel.scored(scores, best, reward[0]),
        )


def _scores(images: list[torch.Tensor], texts: list[str], reward: Any) -> torch.Tensor:
    """(n,) for all images in their order; images of one prompt are scored together, because a mix compares them."""
    for text in texts:
        check_prompt(text, reward)
    scores: list[torch.Tensor] = [torch.empty(0)] * len(images)
    for text in dict.fromkeys(texts):
        places = [place for place, other in enumerate(texts) if other == text]
        values = reward.score(torch.cat([images[place] for place in places]), text).values
        parts = values.split([len(images[place]) for place in places])
        for place, part in zip(places, parts, strict=True):
            scores[place] = part
    return torch.cat(scores)
