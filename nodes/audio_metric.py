from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.sound_metrics import SOUND_MEASURES, SoundMetricReward
from .host.decoding import sounds_of
from .sockets import REWARDS, RewardType, direction_input, metric_input, target_input


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
                metric_input(SOUND_MEASURES),
                direction_input(),
                target_input(-14.0, -70.0, 60.0),
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
