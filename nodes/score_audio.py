from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.prompt import check_prompt, plain_text
from ..lidar_core.rewards.reward import best_first
from .host import panel
from .host.decoding import sounds_of
from .host.latents import check_count, rows
from .sockets import CATEGORY, RESULT_ON_NODE, RewardType, keep_input, prompt_input


class LiDARScoreAudio(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARScoreAudio",
            display_name="LiDAR Score Audio",
            category=CATEGORY,
            description="Scores each sound of a batch and passes on the best: best of N, for songs and other sound.",
            search_aliases=["best of n", "best song", "rank audio", "pick best", "top k"],
            inputs=[
                io.Audio.Input("audio", tooltip="The sounds to score."),
                RewardType.Input("reward", tooltip="What scores them, such as LiDAR Audio Metric: more is better."),
                prompt_input("The text that the reward reads: what should be heard."),
                keep_input(),
                io.Latent.Input(
                    "latents", optional=True, tooltip="The sounds' latents, to have the best ones' latents as well."
                ),
            ],
            outputs=[
                io.Audio.Output(display_name="best_audio"),
                io.Latent.Output(display_name="best_latents"),
                io.Float.Output(display_name="scores", is_output_list=True, tooltip="In the order of the sounds."),
                io.Int.Output(display_name="order", is_output_list=True, tooltip="Indices of the sounds, best first."),
            ],
            **RESULT_ON_NODE,
        )

    @classmethod
    def execute(
        cls,
        audio: dict[str, Any],
        reward: Any,
        prompt: str,
        keep: int,
        latents: dict[str, Any] | None = None,
    ) -> io.NodeOutput:
        sounds, text = sounds_of(audio), plain_text(prompt)
        check_prompt(text, reward)
        if latents is not None:
            check_count(latents, len(sounds), "sounds")
        scores = reward.score(sounds, text).values
        order = best_first(scores)
        best = order[:keep]
        return io.NodeOutput(
            {**audio, "waveform": audio["waveform"][best]},
            None if latents is None else rows(latents, best),
            scores.tolist(),
            order.tolist(),
            ui=panel.scored(scores, best, reward),
        )
