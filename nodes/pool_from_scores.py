from typing import Any

import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.pools.pool import Pool, PoolError
from ..lidar_core.quoting import quoted
from ..lidar_core.rewards.recipe import Single
from .host.latents import samples_of
from .sockets import POOLS, PoolType, refuse_empty


class LiDARPoolFromScores(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARPoolFromScores",
            display_name="LiDAR Pool from Scores",
            category=POOLS,
            description="Makes a pool from any latents and scores, so that whatever rates images can be the reward.",
            search_aliases=["external scorer", "custom reward"],
            is_input_list=True,
            inputs=[
                io.Latent.Input("latents", tooltip="Finished samples of the prompt, at the size that will be sampled."),
                io.Float.Input(
                    "scores",
                    force_input=True,
                    tooltip="One number for each latent, in the same order. More is better.",
                ),
                io.String.Input("prompt", default="", multiline=True, tooltip="The prompt of the samples."),
            ],
            outputs=[PoolType.Output(display_name="pool")],
        )

    @classmethod
    def execute(cls, latents: list[dict[str, Any]], scores: list[Any], prompt: list[str]) -> io.NodeOutput:
        refuse_empty(latents=latents, scores=scores, prompt=prompt)
        texts = len(set(prompt))
        if texts > 1:
            raise PoolError(f"prompt is a list of {texts} texts, but a pool has one prompt: make a pool for each.")
        samples = _joined([samples_of(latent, "latents") for latent in latents])
        rewards = torch.tensor([number for entry in scores for number in _numbers(entry)], dtype=torch.float32)
        if len(rewards) != len(samples):
            raise PoolError(
                f"scores holds {len(rewards)} numbers but latents holds {len(samples)} latents: "
                "give one score for each latent, in the same order."
            )
        seeds = tuple(range(len(samples)))
        parts = {"scores": rewards}
        return io.NodeOutput(Pool.scored(samples, rewards, seeds, prompt[0], parts, recipe=Single("scores")))


def _joined(batches: list[torch.Tensor]) -> torch.Tensor:
    shapes = sorted({tuple(batch.shape[1:]) for batch in batches})
    if len(shapes) > 1:
        raise PoolError(
            f"latents holds several shapes, {' and '.join(map(str, shapes))}: the samples of a pool have one size, "
            "that of the picture to come."
        )
    return torch.cat(batches)


def _numbers(entry: Any) -> list[float]:
    """The numbers in one entry of the list, which is a number or a list, array or tensor of numbers."""
    if isinstance(entry, list | tuple):
        return [number for part in entry for number in _numbers(part)]
    if hasattr(entry, "tolist"):
        return _numbers(entry.tolist())
    try:
        return [float(entry)]
    except (TypeError, ValueError):
        raise PoolError(
            f"scores holds {quoted(str(entry))}, which is no number: give one number for each latent."
        ) from None
