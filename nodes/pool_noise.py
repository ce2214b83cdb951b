import logging
from collections.abc import Sequence
from typing import Any

import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.pools.choice import Choice
from ..lidar_core.pools.pool import Pool, PoolError
from .host import sampling
from .host.drawing import sample_noise
from .host.latents import samples_of
from .sockets import POOLS, PoolType, follow_input, seed_input

logger = logging.getLogger(__name__)


class PoolNoise:
    """The starting noise of the samples with these seeds, one for each image; further images get the seed's noise."""

    def __init__(self, samples: Sequence[int], seed: int) -> None:
        self.samples = samples
        self.seed = seed

    def generate_noise(self, input_latent: dict[str, Any]) -> torch.Tensor:
        samples_of(input_latent, "latent_image")
        noise = sampling.fresh_noise(input_latent, self.seed)
        if len(noise) > len(self.samples):
            logger.warning(
                "The batch has %d images but %d lookahead samples to start from: the others start from fresh noise.",
                len(noise),
                len(self.samples),
            )
        for image, sample in zip(noise, self.samples, strict=False):
            image.copy_(sample_noise(image.shape, sample))
        return noise


class LiDARPoolNoise(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARPoolNoise",
            display_name="LiDAR Pool Noise",
            category=POOLS,
            description="The starting noise of a pool's best samples, for SamplerCustomAdvanced.",
            inputs=[
                PoolType.Input("pool", tooltip="A pool that LiDAR Lookahead drew at the same size."),
                seed_input("Seed of samplers that add noise, and of images beyond the number of samples."),
                follow_input(),
            ],
            outputs=[io.Noise.Output(display_name="noise")],
        )

    @classmethod
    def execute(cls, pool: Pool, seed: int, follow: str = "") -> io.NodeOutput:
        if not pool.origin.redraws_noise:
            raise PoolError(
                "This pool was made from scores, so its starting noise is unknown: wire one of LiDAR Lookahead."
            )
        best = [pool.seeds[sample] for sample in pool.order().tolist()]
        return io.NodeOutput(PoolNoise(Choice.of(pool, follow).seeds or best, seed))
