from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.guidance.guide import RULES, GuidanceSettings
from ..lidar_core.pools.pool import Pool
from .host import guided_model as guidance
from .host import panel as messages
from .host import progress
from .sockets import CATEGORY, RESULT_ON_NODE, PoolType


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
                    default=GuidanceSettings.strength,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    tooltip=(
                        "How hard to pull; 0 samples as without LiDAR. Rule kernel: a good lookahead sample leads "
                        "while the noise is above 1 / strength of the picture; 1 follows its layout, 2 its content, 4 "
                        "and more nearly all of it. Rule paper: its s, 12.5 on SD 1.5, 8 on SDXL, 40 on FLUX."
                    ),
                ),
                io.Float.Input(
                    "lam",
                    display_name="lambda",
                    default=GuidanceSettings.lam,
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
                    default=GuidanceSettings.start,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Share of the sampling after which the pull begins; 0 is the first step.",
                ),
                io.Float.Input(
                    "end_percent",
                    default=GuidanceSettings.end,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip=(
                        "Share of the sampling after which the pull ends. Rule kernel fades by itself: 1. Paper: 0.8, "
                        "and 0.05 on FLUX."
                    ),
                ),
                io.Float.Input(
                    "reach",
                    default=GuidanceSettings.reach,
                    min=0.01,
                    max=100.0,
                    step=0.01,
                    tooltip=(
                        "Rule paper alone: the most of the way to the best sample that one step may go. 1 is at most "
                        "all the way, higher lets long steps overshoot; 100 is the paper's own, no limit."
                    ),
                ),
                io.Combo.Input(
                    "rule",
                    options=list(RULES),
                    default=GuidanceSettings.rule,
                    tooltip=(
                        "kernel: for the 8 to 50 steps that people use, with any sampler. paper: the published "
                        "rule, made for 50 to 100 short steps."
                    ),
                ),
                io.Float.Input(
                    "variety",
                    default=GuidanceSettings.variety,
                    min=0.0,
                    max=10.0,
                    step=0.05,
                    tooltip=(
                        "Rule kernel alone: how much an image's own noise decides which good sample it follows. 0: all "
                        "images follow the best one. Higher: images differ more, and follow less good samples too."
                    ),
                ),
                io.Float.Input(
                    "alone",
                    default=GuidanceSettings.alone,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip=(
                        "Rule kernel alone: a step that the pool decides by at least this share does not evaluate the "
                        "model, which saves a third to a half of the steps. 1 evaluates it at every step; lower saves "
                        "more and strays from it."
                    ),
                ),
            ],
            outputs=[io.Model.Output(display_name="model")],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
            # The model reports its runs to this node's panel, so another node must not be handed the cached one.
            not_idempotent=True,
            **RESULT_ON_NODE,
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
        rule: str = GuidanceSettings.rule,
        variety: float = GuidanceSettings.variety,
        alone: float = GuidanceSettings.alone,
    ) -> io.NodeOutput:
        why_off = pool.why_powerless()
        if why_off:
            progress.warn(cls, why_off)
        elif strength == 0 or lam == 0:
            why_off = f"{'Strength' if strength == 0 else 'Lambda'} is 0: sampled without guidance."
        if why_off:
            return io.NodeOutput(model, ui={"lidar_off": [why_off], "lidar_run": []})
        settings = GuidanceSettings(
            strength, reach, lam, start=start_percent, end=end_percent, rule=rule, variety=variety, alone=alone
        )
        # The host keeps this very list with the node's cached result, so a page that opens later is told the last run.
        latest: list[dict[str, Any]] = []
        guided = guidance.with_guidance(model, pool, settings, messages.shown_as(cls), latest)
        return io.NodeOutput(guided, ui={"lidar_off": [], "lidar_run": [latest]})
