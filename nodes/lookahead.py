from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.media import Media, Sounds, stills
from ..lidar_core.rewards.prompt import plain_text
from .host import kept_pools, panel
from .host.cost import Cost
from .host.decoding import decode_all
from .host.drawing import LookaheadConfig, draw_pool
from .host.expansion import blocked, is_part, steps_to_come
from .host.prompts import prompt_for
from .host.sampling import Task
from .sockets import (
    CATEGORY,
    RESULT_ON_NODE,
    ConfigType,
    PoolType,
    RewardType,
    negative_input,
    positive_input,
    reward_prompt_input,
)


class LiDARLookahead(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARLookahead",
            display_name="LiDAR Lookahead",
            category=CATEGORY,
            description="Draws cheap samples, decodes and scores them: the pool that LiDAR Guidance steers toward.",
            inputs=[
                io.Model.Input(
                    "model", tooltip="The model that will sample. It looks ahead too, unless lookahead brings another."
                ),
                positive_input(),
                negative_input(),
                io.Vae.Input(
                    "vae", tooltip="Decodes the samples for the reward. A small one saves time: taesdxl in Load VAE."
                ),
                RewardType.Input("reward", tooltip="What scores the samples."),
                io.Latent.Input(
                    "latent_image", tooltip="The latent that will be sampled; its first image sets the size."
                ),
                io.Float.Input(
                    "denoise",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="The sampler's denoise: 1 starts from pure noise, less keeps more of latent_image.",
                ),
                io.Float.Input(
                    "cfg",
                    default=7.0,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    tooltip="Guidance scale of the samples: use the sampler's. If lookahead is wired, its cfg counts.",
                ),
                reward_prompt_input(),
                ConfigType.Input(
                    "lookahead", optional=True, tooltip="How to look ahead. Without it: 16 samples of 8 steps."
                ),
                io.Model.Input(
                    "low_noise_model",
                    optional=True,
                    tooltip=(
                        "For models in two parts, such as Wan 2.2 14B: the part for low noise. model is then the part "
                        "for high noise, and each draws the steps that it will sample."
                    ),
                ),
                io.Float.Input(
                    "low_noise_start",
                    optional=True,
                    advanced=True,
                    default=Task.low_noise_start,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip=(
                        "Share of the sampling after which low_noise_model takes over. 0.5: halfway, as in ComfyUI's "
                        "templates for Wan 2.2."
                    ),
                ),
            ],
            outputs=[
                PoolType.Output(display_name="pool"),
                io.Image.Output(
                    display_name="images", tooltip="The samples, best first; of videos the middle frame of each."
                ),
                io.Float.Output(display_name="rewards", is_output_list=True),
                io.Audio.Output(display_name="audio", tooltip="The samples, best first, where the VAE makes sound."),
                io.Latent.Output(display_name="latents", tooltip="The samples, best first, before they are decoded."),
            ],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
            **RESULT_ON_NODE,
        )

    @classmethod
    def execute(
        cls,
        model: Any,
        positive: Any,
        negative: Any,
        vae: Any,
        reward: Any,
        latent_image: dict[str, Any],
        denoise: float,
        cfg: float,
        reward_prompt: str,
        lookahead: LookaheadConfig | None = None,
        **low_noise: Any,
    ) -> io.NodeOutput:
        text = plain_text(prompt_for(reward_prompt, cls.hidden.dynprompt, cls.hidden.unique_id, reward))
        config = lookahead or LookaheadConfig(cfg=cfg)
        task = Task(model, positive, negative, latent_image, denoise, **low_noise)
        drawing = config.task(task)
        prompts = (positive, negative, drawing.positive, drawing.negative)
        key = kept_pools.key_of(cls, latent_image, prompts)
        kept = kept_pools.recall(key)
        best_first: Media | None
        # The mask and the places in a batch are those of the picture to come.
        others = {name: value for name, value in latent_image.items() if name not in ("noise_mask", "batch_index")}
        if kept is None:
            page = panel.Panel(cls)
            cost = Cost(announce=page.phase)
            pool, media = draw_pool(task, vae, reward, config, text, steps_to_come(cls), cost, page.sample)
            best_first = media[pool.order()]
            shown = panel.looked_ahead(pool, best_first, text, cost)
            kept_pools.keep(key, pool, shown)
        else:
            pool, shown = kept
            best_first = None
        latents = {**others, "samples": pool.latents[pool.order()]}
        # LiDAR KSampler uses the pool alone.
        if best_first is None and not is_part(cls):
            best_first = decode_all(vae, latents, config.viewing, size=1)
        rewards = pool.rewards[pool.order()].tolist()
        return io.NodeOutput(pool, _images(best_first), rewards, _audio(best_first), latents, ui=shown)


def _images(media: Media | None) -> Any:
    """Pictures, or the middle frame of each video."""
    pictures = None if media is None else stills(media)
    return blocked("The lookahead samples are sounds: wire the output audio.") if pictures is None else pictures


def _audio(media: Media | None) -> Any:
    if isinstance(media, Sounds):
        return {"waveform": media.waves, "sample_rate": media.rate}
    return blocked("The lookahead samples are no sounds: wire the output images.")
