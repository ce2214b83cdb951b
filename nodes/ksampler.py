from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.guidance.rules import KernelRule
from .host import panel, sampling
from .host.drawing import LookaheadConfig
from .host.expansion import Expansion, Picture, blocked
from .host.prompts import prompt_for
from .sockets import (
    CATEGORY,
    RESULT_ON_NODE,
    ConfigType,
    PoolType,
    RewardType,
    follow_input,
    negative_input,
    positive_input,
    reward_prompt_input,
    seed_input,
    strength_input,
    variety_input,
)

FRESH_NOISE, BEST_NOISE = "fresh noise", "best lookahead noise"


class LiDARKSampler(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARKSampler",
            display_name="LiDAR KSampler",
            category=CATEGORY,
            description=(
                "KSampler, guided by a reward: it draws cheap lookahead samples of the prompt, scores them, and steers "
                "the picture toward the best. No training, any reward."
            ),
            search_aliases=["reward guidance", "test-time scaling", "prompt alignment", "best of n"],
            enable_expand=True,
            inputs=[
                io.Model.Input("model", tooltip="The model that samples."),
                seed_input("Seed of the picture. The lookahead samples stay the same when it changes."),
                io.Int.Input("steps", default=20, min=1, max=10000, tooltip="Sampling steps of the picture."),
                io.Float.Input(
                    "cfg",
                    default=8.0,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    round=0.01,
                    tooltip="Classifier-free guidance scale: higher follows the prompt more; 1 turns it off.",
                ),
                io.Combo.Input("sampler_name", options=sampling.sampler_names(), tooltip="Sampler of the picture."),
                io.Combo.Input("scheduler", options=sampling.scheduler_names(), tooltip="Scheduler of the picture."),
                positive_input(),
                negative_input(),
                io.Latent.Input(
                    "latent_image", tooltip="The latent to sample from: an empty one, or an encoded picture."
                ),
                io.Float.Input(
                    "denoise",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="1 starts from pure noise. Less keeps more of latent_image.",
                ),
                io.Vae.Input(
                    "vae",
                    tooltip=(
                        "Decodes the lookahead samples for the reward. A small one saves time: taesdxl in Load VAE."
                    ),
                ),
                RewardType.Input("reward", tooltip="What the picture is steered toward."),
                strength_input("exactly KSampler"),
                io.Combo.Input(
                    "start",
                    options=[FRESH_NOISE, BEST_NOISE],
                    tooltip=(
                        "What the picture starts from. fresh noise: the seed's, as in KSampler. best lookahead "
                        "noise: that of the best lookahead samples."
                    ),
                ),
                io.Int.Input(
                    "keep",
                    default=0,
                    min=0,
                    max=4096,
                    tooltip="How many images of the batch to keep, the best by reward first. 0 keeps all.",
                ),
                reward_prompt_input(),
                ConfigType.Input(
                    "lookahead",
                    optional=True,
                    tooltip="How to look ahead. Without it: 16 samples of 8 steps at this cfg, dpmpp_2m karras.",
                ),
                variety_input(),
                follow_input(),
            ],
            outputs=[io.Latent.Output(display_name="latent"), PoolType.Output(display_name="pool")],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
            **RESULT_ON_NODE,
        )

    @classmethod
    def execute(
        cls,
        strength: float,
        start: str,
        keep: int,
        reward_prompt: str,
        reward: Any,
        lookahead: LookaheadConfig | None = None,
        variety: float = KernelRule.variety,
        follow: str = "",
        **others: Any,
    ) -> io.NodeOutput:
        graph, node_id = cls.hidden.dynprompt, cls.hidden.unique_id
        links = graph.get_node(node_id)["inputs"]
        looks_ahead = strength > 0 or start == BEST_NOISE
        text = prompt_for(reward_prompt, graph, node_id, reward) if looks_ahead or keep else reward_prompt
        becomes = Expansion(links, Picture.of(others))
        model, pool = becomes.wired("model"), blocked("LiDAR KSampler drew no pool because its strength is 0.")
        if looks_ahead:
            pool = becomes.lookahead(text, lookahead)
            model = becomes.guidance(pool, strength=strength, variety=variety, follow=follow)
        if start == BEST_NOISE:
            latent = becomes.sampling_from_best_noise(model, pool, follow)
        else:
            latent = becomes.sampling(model)
        if keep:
            latent = becomes.best(latent, keep, text, lookahead)
        why_off = None if looks_ahead else "Strength is 0: sampled exactly as KSampler does."
        return io.NodeOutput(latent, pool, expand=becomes.graph.finalize(), ui=panel.expanded(why_off))
