from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.guidance.guide import GuidanceSettings
from ..lidar_core.guidance.rules import KernelRule
from ..lidar_core.pools.choice import Choice
from ..lidar_core.pools.pool import Pool
from .host import guided_model
from .sockets import (
    CATEGORY,
    GUIDED,
    PoolType,
    follow_input,
    lambda_input,
    strength_input,
    variety_input,
    window_inputs,
)


class LiDARGuidance(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARGuidance",
            display_name="LiDAR Guidance",
            category=CATEGORY,
            description="Guides every sampling with this model toward the best samples of a lookahead pool.",
            search_aliases=["reward guidance", "test-time scaling"],
            inputs=[
                io.Model.Input("model", tooltip="The model to guide. Any sampler and guider works."),
                PoolType.Input("pool", tooltip="A lookahead pool of the same prompt, model and size."),
                strength_input("not at all"),
                lambda_input(
                    GuidanceSettings.lam,
                    "Low: follow a good sample close to this seed. High: the best wherever it is. 0 turns guidance "
                    "off. In nats per standard deviation of the rewards and latent element.",
                    "reward_weight",
                ),
                *window_inputs(GuidanceSettings.start, GuidanceSettings.end),
                variety_input(),
                io.Float.Input(
                    "handover",
                    optional=True,
                    advanced=True,
                    default=0.0,
                    min=0.0,
                    max=1000.0,
                    step=0.01,
                    tooltip=(
                        "The noise-to-signal ratio at which the samples hand over to the model at "
                        "strength 1. 0: as measured."
                    ),
                ),
                follow_input(),
            ],
            outputs=[io.Model.Output(display_name="model")],
            **GUIDED,
        )

    @classmethod
    def execute(
        cls,
        model: Any,
        pool: Pool,
        strength: float,
        lam: float = GuidanceSettings.lam,
        start_percent: float = GuidanceSettings.start,
        end_percent: float = GuidanceSettings.end,
        variety: float = KernelRule.variety,
        handover: float = 0.0,
        follow: str = "",
    ) -> io.NodeOutput:
        rule = KernelRule(strength, variety, handover or None)
        choice = Choice.of(pool, follow)
        settings = GuidanceSettings(rule, lam, start=start_percent, end=end_percent, follow=choice.seeds)
        guided, ui = guided_model.for_node(cls, model, pool, settings, choice.why_gone())
        return io.NodeOutput(guided, ui=ui)
