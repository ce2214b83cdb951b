"""The pack's own socket types, and the inputs and settings that several nodes share."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.errors import LidarError
from ..lidar_core.guidance.rules import KernelRule
from ..lidar_core.rewards.measure import DIRECTIONS

RewardType = io.Custom("LIDAR_REWARD")
ConfigType = io.Custom("LIDAR_CONFIG")
PoolType = io.Custom("LIDAR_POOL")
# The host's, for RAFT. Older hosts have none to wire.
OpticalFlowType = io.Custom("OPTICAL_FLOW")

CATEGORY = "LiDAR"
REWARDS, POOLS = "LiDAR/rewards", "LiDAR/pools"

# Since ComfyUI 0.19 the host can send the cached result of any node to the page again, not only of output nodes.
RESULT_ON_NODE: dict[str, Any] = (
    {"has_intermediate_output": True}
    if any(field.name == "has_intermediate_output" for field in fields(io.Schema))
    else {}
)
# A guided model reports to its own node's panel, so no other node may receive the cached one.
GUIDED: dict[str, Any] = {
    "hidden": [io.Hidden.unique_id, io.Hidden.dynprompt],
    "not_idempotent": True,
    **RESULT_ON_NODE,
}


def strength_input(off: str) -> io.Float.Input:
    """off: the meaning of strength 0."""
    return io.Float.Input(
        "strength",
        default=KernelRule.strength,
        min=0.0,
        max=64.0,
        step=0.05,
        tooltip=(
            f"How closely to follow the lookahead samples. 0: {off}. 1: as far as the model agrees with them, which is "
            "measured. Each doubling follows one octave of detail further, each halving one less."
        ),
    )


def lambda_input(default: float, tooltip: str, label: str, largest: float = 100.0) -> io.Float.Input:
    return io.Float.Input(
        "lam",
        display_name=label,
        default=default,
        min=0.0,
        max=largest,
        step=0.01,
        optional=True,
        tooltip=tooltip,
    )


def variety_input() -> io.Float.Input:
    return io.Float.Input(
        "variety",
        default=KernelRule.variety,
        min=0.0,
        max=10.0,
        step=0.05,
        optional=True,
        tooltip=(
            "How much an image's own noise decides which good sample it follows. 0: all images follow the best one. "
            "Higher: images differ more, and some follow samples that are less good."
        ),
    )


def window_inputs(start: float, end: float) -> list[io.Float.Input]:
    def share(name: str, default: float, tooltip: str) -> io.Float.Input:
        return io.Float.Input(
            name, default=default, min=0.0, max=1.0, step=0.01, optional=True, tooltip=tooltip, advanced=True
        )

    return [
        share("start_percent", start, "Share of the sampling after which guidance begins. 0: at the first step."),
        share("end_percent", end, "Share of the sampling after which guidance ends. 1: at the last step."),
    ]


def positive_input() -> io.Conditioning.Input:
    return io.Conditioning.Input("positive", tooltip="What the picture should show.")


def negative_input() -> io.Conditioning.Input:
    return io.Conditioning.Input("negative", tooltip="What the picture should not show.")


def reward_prompt_input() -> io.String.Input:
    return io.String.Input(
        "reward_prompt",
        default="",
        multiline=True,
        placeholder="empty: your positive prompt is used",
        advanced=True,
        tooltip="The text that the reward reads. The model never sees it. Empty: the text of positive.",
    )


def follow_input() -> io.String.Input:
    return io.String.Input(
        "follow",
        default="",
        optional=True,
        advanced=True,
        tooltip=(
            "Lookahead samples to follow whatever their reward: seeds, or ranks such as #1 for the best, separated by "
            "commas. Follow this one in the panel fills this in. Empty: the reward chooses."
        ),
    )


def metric_input(measures: Mapping[str, Any], copies: str = "", advice: str = "") -> io.Combo.Input:
    """copies: on which copies it is measured, if not on the whole. measures: each with its low, high and meaning."""
    ranges = "; ".join(f"{name} {it.low:g} to {it.high:g}, {it.meaning}" for name, it in measures.items())
    tooltip = f"What is measured{copies}. Lowest to highest: {ranges}.{advice}"
    return io.Combo.Input("metric", options=list(measures), tooltip=tooltip)


def direction_input() -> io.Combo.Input:
    return io.Combo.Input(
        "direction",
        options=list(DIRECTIONS),
        tooltip="more: higher values win. less: lower values win. near target: values near target win.",
    )


def target_input(default: float, smallest: float, largest: float) -> io.Float.Input:
    return io.Float.Input(
        "target",
        default=default,
        min=smallest,
        max=largest,
        step=0.01,
        tooltip="The value to come near to, in the metric's own unit. Used only by near target.",
    )


def prompt_input(tooltip: str) -> io.String.Input:
    """The prompt of the media to score."""
    return io.String.Input("prompt", default="", multiline=True, tooltip=tooltip)


def keep_input() -> io.Int.Input:
    return io.Int.Input("keep", default=1, min=1, max=4096, tooltip="How many of the best to pass on, best first.")


def seed_input(tooltip: str) -> io.Int.Input:
    return io.Int.Input("seed", default=0, min=0, max=0xFFFFFFFFFFFFFFFF, control_after_generate=True, tooltip=tooltip)


def refuse_empty(**lists: list[Any] | None) -> None:
    """Refuse an empty list in an input of a node that takes whole lists; None is an input that is not wired."""
    for name, entries in lists.items():
        if entries == []:
            raise LidarError(f"{name} is an empty list: the node that is wired to it made nothing. Wire another.")


def first_of(images: torch.Tensor | None) -> torch.Tensor | None:
    """The first picture (H, W, C) of a batch, or None if there is none."""
    return None if images is None or len(images) == 0 else images[0]
