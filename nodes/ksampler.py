from typing import Any

from comfy_api.v0_0_2 import io

from . import host
from .pool_drawing import LookaheadConfig
from .types import CATEGORY, ConfigType, PoolType, RewardType


class LiDARKSampler(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARKSampler",
            display_name="LiDAR KSampler",
            category=CATEGORY,
            description=(
                "KSampler, pulled toward what a scorer likes: it draws cheap lookahead samples, scores them, and "
                "samples toward the best. No training, any scorer."
            ),
            search_aliases=["reward guidance", "test-time scaling", "prompt alignment", "best of n"],
            enable_expand=True,
            inputs=[
                io.Model.Input("model", tooltip="The model that samples."),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=True,
                    tooltip="Seed of the picture. Another seed reuses the lookahead samples.",
                ),
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
                io.Combo.Input("sampler_name", options=host.sampler_names(), tooltip="Sampler of the picture."),
                io.Combo.Input("scheduler", options=host.scheduler_names(), tooltip="Scheduler of the picture."),
                io.Conditioning.Input("positive", tooltip="What the picture should show."),
                io.Conditioning.Input("negative", tooltip="What it should not show."),
                io.Latent.Input(
                    "latent_image", tooltip="The latent to sample from: an empty one, or an encoded picture."
                ),
                io.Float.Input(
                    "denoise",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="1 starts from pure noise, less keeps more of latent_image.",
                ),
                io.Vae.Input("vae", tooltip="Decodes the lookahead samples for the scorer."),
                RewardType.Input("reward", tooltip="The scorer: more is better."),
                io.Float.Input(
                    "strength",
                    default=8.0,
                    min=0.0,
                    max=100.0,
                    step=0.5,
                    tooltip=(
                        "How hard to pull. 0 is exactly KSampler and looks nothing ahead; higher follows the reward "
                        "more and makes the images of a batch more alike. Paper: 12.5 on SD 1.5, 8 on SDXL, 40 on FLUX."
                    ),
                ),
                io.String.Input(
                    "prompt",
                    default="",
                    multiline=True,
                    tooltip="The text that the scorer reads. Empty: the prompt found upstream of positive.",
                ),
                ConfigType.Input(
                    "lookahead",
                    optional=True,
                    tooltip="How to look ahead. Default: 16 samples of 8 steps at this cfg, dpmpp_2m karras.",
                ),
            ],
            outputs=[io.Latent.Output(display_name="latent"), PoolType.Output(display_name="pool")],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
        )

    @classmethod
    def execute(
        cls,
        seed: int,
        steps: int,
        cfg: float,
        sampler_name: str,
        scheduler: str,
        denoise: float,
        strength: float,
        prompt: str,
        lookahead: LookaheadConfig | None = None,
        **wired: Any,
    ) -> io.NodeOutput:
        # The nodes that this one becomes are linked to what is wired here, not handed the objects: only then does
        # the host's cache see that a new seed leaves the lookahead as it was.
        links = cls.hidden.dynprompt.get_node(cls.hidden.unique_id)["inputs"]
        config = lookahead or LookaheadConfig()
        # A config brings its own cfg, so that changing the sampler's leaves the pool as it was.
        lookahead_inputs = {"lookahead": links["lookahead"]} if lookahead else {"cfg": cfg}
        graph = host.new_graph()
        model, pool = links["model"], host.blocked("LiDAR KSampler drew no pool because its strength is 0.")
        if strength > 0:
            shared = ("model", "positive", "negative", "vae", "reward", "latent_image")
            ahead = graph.node(
                "LiDARLookahead",
                denoise=denoise,
                prompt=prompt,
                **{name: links[name] for name in shared},
                **({"cfg": config.cfg} | lookahead_inputs),
            )
            pool = ahead.out(0)
            model = graph.node(
                "LiDARGuidance",
                model=links["model"],
                pool=pool,
                strength=strength,
                lam=config.lam,
                start_percent=config.start,
                end_percent=config.end,
                reach=0.5,
            ).out(0)
        latent = graph.node(
            "KSampler",
            model=model,
            seed=seed,
            steps=steps,
            cfg=cfg,
            sampler_name=sampler_name,
            scheduler=scheduler,
            positive=links["positive"],
            negative=links["negative"],
            latent_image=links["latent_image"],
            denoise=denoise,
        )
        return io.NodeOutput(latent.out(0), pool, expand=graph.finalize())
