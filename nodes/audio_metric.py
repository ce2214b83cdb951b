from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.metrics import DIRECTIONS
from ..lidar_core.rewards.sound_metrics import SOUND_MEASURES, SoundMetricReward
from .host.decoding import sounds_of
from .sockets import REWARDS, RewardType


class LiDARAudioMetric(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARAudioMetric",
            display_name="LiDAR Audio Metric",
            category=REWARDS,
            description="A reward for music and other sound that needs no model file: it measures the sound itself.",
            search_aliases=["loudness", "LUFS", "BS.1770", "true peak", "tempo", "stereo width", "music reward"],
            inputs=[
                io.Combo.Input(
                    "metric",
                    options=list(SOUND_MEASURES),
                    tooltip="What is measured. Lowest to highest: "
                    + "; ".join(
                        f"{name} {it.low:g} to {it.high:g}, {it.meaning}" for name, it in SOUND_MEASURES.items()
                    )
                    + ".",
                ),
                io.Combo.Input(
                    "direction",
                    options=list(DIRECTIONS),
                    tooltip="more: higher values win. less: lower values win. near target: values near target win.",
                ),
                io.Float.Input(
                    "target",
                    default=-14.0,
                    min=-70.0,
                    max=60.0,
                    step=0.01,
                    tooltip="The value to come near to, in the metric's own unit. Used only by near target.",
                ),
                io.Audio.Input(
                    "reference",
                    optional=True,
                    tooltip="The recording to resemble. Used only by likeness to reference.",
                ),
            ],
            outputs=[RewardType.Output(display_name="reward")],
        )

    @classmethod
    def execute(
        cls, metric: str, direction: str, target: float, reference: dict[str, Any] | None = None
    ) -> io.NodeOutput:
        sounds = None if reference is None else sounds_of(reference)
        return io.NodeOutput(SoundMetricReward(metric, direction, target, sounds))
