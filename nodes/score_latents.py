from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.prompt import check_prompt, plain_text
from ..lidar_core.rewards.reward import best_first
from .host import panel
from .host.decoding import decode_all
from .host.drawing import LookaheadConfig
from .host.latents import rows, samples_of
from .sockets import CATEGORY, RESULT_ON_NODE, ConfigType, RewardType, keep_input, prompt_input


class LiDARScoreLatents(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARScoreLatents",
            display_name="LiDAR Score Latents",
            category=CATEGORY,
            description=(
                "Decodes and scores each latent of a batch and passes on the best: best of N, for pictures, videos "
                "and sounds."
            ),
            search_aliases=["best of n", "pick best", "best video", "best song", "top k"],
            inputs=[
                io.Latent.Input("latents", tooltip="The latents to score, as a sampler gives them."),
                io.Vae.Input("vae", tooltip="Decodes them for the reward, videos and sounds one at a time."),
                RewardType.Input("reward", tooltip="What scores them: more is better."),
                prompt_input("The text that the reward reads: what they should show."),
                keep_input(),
                ConfigType.Input(
                    "lookahead", optional=True, tooltip="Its frames, frame_score and frame_rate: how videos are scored."
                ),
            ],
            outputs=[
                io.Latent.Output(display_name="best_latents"),
                io.Float.Output(display_name="scores", is_output_list=True, tooltip="In the order of the latents."),
                io.Int.Output(display_name="order", is_output_list=True, tooltip="Indices of the latents, best first."),
            ],
            **RESULT_ON_NODE,
        )

    @classmethod
    def execute(
        cls,
        latents: dict[str, Any],
        vae: Any,
        reward: Any,
        prompt: str,
        keep: int,
        lookahead: LookaheadConfig | None = None,
    ) -> io.NodeOutput:
        text = plain_text(prompt)
        check_prompt(text, reward)
        samples_of(latents, "latents")
        viewing = (lookahead or LookaheadConfig()).viewing
        scores = reward.score(decode_all(vae, latents, viewing), text).values
        order = best_first(scores)
        return io.NodeOutput(
            rows(latents, order[:keep]), scores.tolist(), order.tolist(), ui=panel.scored(scores, order[:keep], reward)
        )
