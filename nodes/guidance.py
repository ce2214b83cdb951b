from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.guide import GuidanceSettings
from ..lidar_core.pool import Pool
from .host import guidance, messages, progress, schemas
from .types import CATEGORY, PoolType


class LiDARGuidance(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARGuidance",
            display_name="LiDAR Guidance",
            category=CATEGORY,
            description="Pulls every sampling with this model toward the best samples of a lookahead pool.",
            search_aliases=["reward guidance", "test-time scaling"],
            inputs=[
                io.Model.Input("model", tooltip="The model to guide; works with any sampler and guider."),
                PoolType.Input("pool", tooltip="The lookahead pool of the same prompt, model and size."),
                io.Float.Input(
                    "strength",
                    default=8.0,
                    min=0.0,
                    max=100.0,
                    step=0.5,
                    tooltip=(
                        "How hard to pull. 0 samples as without LiDAR, higher follows the reward more and makes the "
                        "images of a batch more alike. Paper: 12.5 on SD 1.5, 8 on SDXL, 40 on FLUX."
                    ),
                ),
                io.Float.Input(
                    "lam",
                    display_name="lambda",
                    default=0.3,
                    min=0.0,
                    max=100.0,
                    step=0.01,
                    tooltip=(
                        "How much the reward counts against nearness. Higher pulls to the best samples from farther "
                        "away, lower to good ones nearby; 0 turns the pull off. 0.3 is the paper's 5000 on SD 1.5."
                    ),
                ),
                io.Float.Input(
                    "start_percent",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Share of the sampling after which the pull begins; 0 is the first step.",
                ),
                io.Float.Input(
                    "end_percent",
                    default=0.8,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Share of the sampling after which the pull ends. Paper: 0.8, and 0.05 on FLUX.",
                ),
                io.Float.Input(
                    "reach",
                    default=1.0,
                    min=0.01,
                    max=100.0,
                    step=0.01,
                    tooltip=(
                        "The most of the way to the best sample that one step may go: 1 at most all the way, lower is "
                        "gentler, higher lets long steps overshoot. 100 is the paper's rule, no limit."
                    ),
                ),
            ],
            outputs=[io.Model.Output(display_name="model")],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
            # The model reports its runs to this node's panel, so another node must not be handed the cached one.
            not_idempotent=True,
            **schemas.RESULT_ON_NODE,
        )

    @classmethod
    def execute(
        cls,
        model: Any,
        pool: Pool,
        strength: float,
        lam: float,
        start_percent: float,
        end_percent: float,
        reach: float,
    ) -> io.NodeOutput:
        why_off = pool.why_powerless()
        if why_off:
            progress.warn(cls, why_off)
        elif strength == 0 or lam == 0:
            why_off = f"{'Strength' if strength == 0 else 'Lambda'} is 0: sampled without guidance."
        if why_off:
            return io.NodeOutput(model, ui={"lidar_off": [why_off]})
        settings = GuidanceSettings(strength, reach, lam, start=start_percent, end=end_percent)
        return io.NodeOutput(guidance.with_guidance(model, pool, settings, messages.shown_as(cls)))
