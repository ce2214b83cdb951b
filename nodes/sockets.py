"""The pack's own socket types, and the inputs and settings that several nodes share."""

from dataclasses import fields
from typing import Any

from comfy_api.v0_0_2 import io

RewardType = io.Custom("LIDAR_REWARD")
ConfigType = io.Custom("LIDAR_CONFIG")
PoolType = io.Custom("LIDAR_POOL")

CATEGORY = "LiDAR"

# From ComfyUI 0.19 on, a node that is no output node can have its cached result sent to the page again.
RESULT_ON_NODE: dict[str, Any] = (
    {"has_intermediate_output": True}
    if any(field.name == "has_intermediate_output" for field in fields(io.Schema))
    else {}
)


def positive_input() -> io.Conditioning.Input:
    return io.Conditioning.Input("positive", tooltip="What the picture should show.")


def negative_input() -> io.Conditioning.Input:
    return io.Conditioning.Input("negative", tooltip="What it should not show.")


def prompt_input() -> io.String.Input:
    return io.String.Input(
        "prompt",
        default="",
        multiline=True,
        tooltip="The text that the reward reads. Empty: the prompt found upstream of positive.",
    )


def seed_input(tooltip: str) -> io.Int.Input:
    return io.Int.Input("seed", default=0, min=0, max=0xFFFFFFFFFFFFFFFF, control_after_generate=True, tooltip=tooltip)
