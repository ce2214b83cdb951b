from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.guidance.guide import GuidanceSettings
from ..lidar_core.guidance.rules import PaperRule
from ..lidar_core.pools.pool import Pool
from .host import guided_model
from .sockets import CATEGORY, GUIDED, PoolType, lambda_input, window_inputs

_PUBLISHED = GuidanceSettings.paper(PaperRule.strength)


class LiDARPaperGuidance(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARPaperGuidance",
            display_name="LiDAR Guidance (paper)",
            category=CATEGORY,
            description=(
                "The published guidance rule (Kim et al. 2026, arXiv 2602.03211), made for 50 to 100 short steps. "
                "For the usual 8 to 50 steps take LiDAR Guidance."
            ),
            search_aliases=["reward guidance", "LiDAR paper"],
            inputs=[
                io.Model.Input("model", tooltip="The model to guide. Any sampler and guider works."),
                PoolType.Input("pool", tooltip="A lookahead pool of the same prompt, model and size."),
                io.Float.Input(
                    "strength",
                    default=PaperRule.strength,
                    min=0.0,
                    max=1000.0,
                    step=0.1,
                    tooltip="The paper's s: 12.5 on SD 1.5, 8 on SDXL, 40 on FLUX. 0 turns guidance off.",
                ),
                lambda_input(
                    _PUBLISHED.lam, "The paper's lambda on raw rewards: 5000. 0 turns guidance off.", "lambda", 1e6
                ),
                *window_inputs(_PUBLISHED.start, _PUBLISHED.end),
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
        lam: float = _PUBLISHED.lam,
        start_percent: float = _PUBLISHED.start,
        end_percent: float = _PUBLISHED.end,
    ) -> io.NodeOutput:
        rule = PaperRule(strength)
        settings = GuidanceSettings(rule, lam, raw_rewards=True, start=start_percent, end=end_percent)
        guided, ui = guided_model.for_node(cls, model, pool, settings)
        return io.NodeOutput(guided, ui=ui)
