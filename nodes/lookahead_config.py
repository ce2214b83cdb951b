from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.rewards.media import Viewing
from .host import sampling
from .host.drawing import LookaheadConfig
from .host.presets import AS_SET, PRESETS
from .sockets import CATEGORY, ConfigType

MEAN_FRAME, WORST_FRAME = "mean", "worst"


class LiDARLookaheadConfig(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARLookaheadConfig",
            display_name="LiDAR Lookahead Config",
            category=CATEGORY,
            description="How many cheap lookahead samples to draw before the picture is sampled, and how.",
            inputs=[
                io.Int.Input(
                    "samples",
                    default=LookaheadConfig.samples,
                    min=2,
                    max=1024,
                    tooltip="How many lookahead samples to draw. More find better ones and take more time. Paper: 50.",
                ),
                io.Int.Input(
                    "steps",
                    default=LookaheadConfig.steps,
                    min=1,
                    max=1000,
                    tooltip=(
                        "Sampling steps of each sample. More make better samples, which the picture follows further. "
                        "Paper: 8 on SDXL."
                    ),
                ),
                io.Float.Input(
                    "cfg",
                    default=LookaheadConfig.cfg,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    tooltip="Guidance scale of the lookahead: your sampler's cfg, or 1 for distilled models.",
                ),
                io.Combo.Input(
                    "sampler_name",
                    options=sampling.sampler_names(),
                    default=LookaheadConfig.sampler_name,
                    tooltip="Sampler of the lookahead. dpmpp_2m is good at few steps; use lcm for LCM models.",
                ),
                io.Combo.Input(
                    "scheduler",
                    options=sampling.scheduler_names(),
                    default=LookaheadConfig.scheduler,
                    tooltip="Scheduler of the lookahead. karras suits SD 1.5 and SDXL; use simple for flow models.",
                ),
                io.Int.Input(
                    # Not named "seed", because the front end changes an input of that name after every run.
                    "lookahead_seed",
                    default=LookaheadConfig.seed,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    tooltip="Seed of the lookahead. Keep it, and every seed of the sampler reuses the samples.",
                ),
                io.Int.Input(
                    "batch_size",
                    optional=True,
                    advanced=True,
                    default=LookaheadConfig.batch_size,
                    min=0,
                    max=1024,
                    tooltip=(
                        "How many samples to draw at a time. 0: as many as fit into memory, at most 16. A CPU always "
                        "draws one at a time, because larger batches are no faster there."
                    ),
                ),
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip="Another model to look ahead with, such as a Lightning or LCM one. Default: the sampler's.",
                ),
                io.Conditioning.Input(
                    "positive",
                    optional=True,
                    tooltip="Positive conditioning of the other model. Default: the sampler's.",
                ),
                io.Conditioning.Input(
                    "negative",
                    optional=True,
                    tooltip="Negative conditioning of the other model. Default: the sampler's.",
                ),
                io.Sigmas.Input(
                    "sigmas",
                    optional=True,
                    tooltip="Explicit noise levels, such as DMD2's. They replace steps, scheduler and denoise.",
                ),
                io.Int.Input(
                    "frames",
                    optional=True,
                    advanced=True,
                    default=Viewing.frames,
                    min=1,
                    max=64,
                    tooltip=(
                        "Videos: how many evenly spaced frames a reward for pictures scores. More take longer to "
                        "score. Rewards for motion always see every frame."
                    ),
                ),
                io.Combo.Input(
                    "frame_score",
                    optional=True,
                    advanced=True,
                    options=[MEAN_FRAME, WORST_FRAME],
                    default=MEAN_FRAME,
                    tooltip=(
                        "Videos: mean scores a video as the mean of those frames, worst as the lowest of them, so that "
                        "one bad frame counts."
                    ),
                ),
                io.Float.Input(
                    "frame_rate",
                    optional=True,
                    advanced=True,
                    default=Viewing.rate,
                    min=1.0,
                    max=240.0,
                    step=0.01,
                    tooltip=(
                        "Videos: frames per second, for rewards of motion and for the panel. Wan 2.1 and Wan 2.2 14B "
                        "16, Wan 2.2 5B and HunyuanVideo 24, LTXV 25."
                    ),
                ),
                io.Combo.Input(
                    "preset",
                    options=[AS_SET, *PRESETS],
                    default=AS_SET,
                    optional=True,
                    # The page sets the inputs of a preset.
                    extra_dict={"presets": PRESETS},
                    tooltip=(
                        "Sets samples, steps, cfg, sampler_name and scheduler for a model. SDXL and Flux: the paper's "
                        "steps. The others: the model's own usual settings. None of them was measured."
                    ),
                ),
                io.Model.Input(
                    "low_noise_model",
                    optional=True,
                    tooltip=(
                        "The same for low noise, of models in two parts: such as Wan 2.2's with a Lightning LoRA. "
                        "Without it a model that is wired here draws every step."
                    ),
                ),
            ],
            outputs=[ConfigType.Output(display_name="lookahead")],
        )

    @classmethod
    def execute(
        cls,
        lookahead_seed: int,
        frames: int = Viewing.frames,
        frame_score: str = MEAN_FRAME,
        frame_rate: float = Viewing.rate,
        preset: str = AS_SET,
        **settings: Any,
    ) -> io.NodeOutput:
        viewing = Viewing(frames, frame_score == WORST_FRAME, frame_rate)
        return io.NodeOutput(
            LookaheadConfig(seed=lookahead_seed, viewing=viewing, **settings | PRESETS.get(preset, {}))
        )
