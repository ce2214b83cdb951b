"""Phase 1: draw lookahead samples with the host's samplers, decode them, score them."""

from dataclasses import dataclass
from typing import Any

import torch

from ...lidar_core.guidance.guide import GuidanceSettings
from ...lidar_core.pools.origin import Origin
from ...lidar_core.pools.pool import Pool, PoolError
from ...lidar_core.pools.seeds import sample_seeds
from . import batches as conditioning
from . import memory, progress, sampling
from .cost import Cost


@dataclass(frozen=True)
class LookaheadConfig:
    """What LiDARLookaheadConfig hands on; model, positive and negative of None mean the sampler's own."""

    samples: int = 16
    steps: int = 8
    cfg: float = 7.0
    sampler_name: str = "dpmpp_2m"
    scheduler: str = "karras"
    seed: int = 0
    lam: float = GuidanceSettings.lam
    start: float = GuidanceSettings.start
    end: float = GuidanceSettings.end
    batch_size: int = 0
    model: Any = None
    positive: Any = None
    negative: Any = None
    sigmas: torch.Tensor | None = None
    variety: float = GuidanceSettings.variety


def draw_pool(
    model: Any,
    vae: Any,
    reward: Any,
    positive: Any,
    negative: Any,
    latent: dict[str, Any],
    config: LookaheadConfig,
    prompt: str,
    denoise: float,
    steps_to_come: int = 0,
    cost: Cost | None = None,
) -> tuple[Pool, torch.Tensor]:
    """The pool, and its pictures (n, H, W, 3) in the pool's order; sample i starts from image i of the latent batch.

    steps_to_come: sampling steps of the whole latent batch that the progress bar leaves room for.
    """
    cost = cost or Cost()
    sampling.check_noising(model)
    drawer = sampling.counted(sampling.without_guidance(config.model or model), cost.counted_prediction)
    _check_same_latents(model, drawer)
    latent_image = sampling.fix_empty_latent(model, latent)
    mask = latent.get("noise_mask")
    seeds = sample_seeds(config.seed, config.samples)
    size = config.batch_size or memory.fitting_batch(drawer, latent_image.shape[1:])
    # The host draws a stochastic sampler's noise for a whole batch from one seed.
    if sampling.is_stochastic(config.sampler_name) or not memory.gains_from_batches(drawer):
        size = 1
    steps = config.steps if config.sigmas is None else len(config.sigmas) - 1
    report = progress.bar(config.samples * (steps + 2) + steps_to_come * len(latent_image), drawer)

    def drawn(start: int, stop: int) -> torch.Tensor:
        def step_done(step: int, denoised: torch.Tensor, x: torch.Tensor, total: int) -> None:
            report(start * steps + (step + 1) * (stop - start), denoised)

        origins = [index % len(latent_image) for index in range(start, stop)]
        return sampling.sample(
            drawer,
            torch.stack([sample_noise(latent_image.shape[1:], seed) for seed in seeds[start:stop]]),
            latent_image[origins],
            conditioning.rows_of(config.positive or positive, origins),
            conditioning.rows_of(config.negative or negative, origins),
            config.cfg,
            config.steps,
            config.sampler_name,
            config.scheduler,
            denoise,
            config.sigmas,
            seeds[start],
            None if mask is None else mask[[origin % len(mask) for origin in origins]],
            step_done,
        ).cpu()

    def decoded(start: int, stop: int) -> torch.Tensor:
        images = sampling.decode(vae, latents[start:stop])
        report(config.samples * steps + stop, picture=images[0])
        return images

    with cost.phase("lookahead"):
        latents = torch.cat(list(memory.in_chunks(config.samples, size, drawn)))
    with cost.phase("decoding"):
        images = torch.cat(list(memory.in_chunks(config.samples, size, decoded)))
    with cost.phase("scoring"):
        scores = reward.score(images, prompt)
    report(config.samples * (steps + 2), picture=images[torch.nan_to_num(scores.values, nan=-torch.inf).argmax()])
    origin = Origin(
        steps,
        config.cfg,
        config.sampler_name,
        config.scheduler,
        config.seed,
        denoise,
        type(drawer.model).__name__,
        type(drawer.model.latent_format).__name__,
        tuple(index % len(latent_image) for index in range(config.samples)),
        redraws_noise=True,
    )
    pool = Pool.scored(latents, scores.values, seeds, prompt, scores.parts, origin, reward.spread)
    kept = [seeds.index(seed) for seed in pool.seeds]
    return pool, images[kept]


def sample_noise(shape: torch.Size, seed: int) -> torch.Tensor:
    """Unit noise of one sample of `shape`, float32 on the CPU, whatever batch it is drawn in."""
    return torch.randn(shape, dtype=torch.float32, generator=torch.Generator().manual_seed(seed))


def _check_same_latents(model: Any, drawer: Any) -> None:
    ours, theirs = type(model.model.latent_format), type(drawer.model.latent_format)
    if ours is not theirs:
        raise PoolError(
            f"The lookahead model has {theirs.__name__} latents and the sampler's model {ours.__name__} latents: "
            "wire a lookahead model of the same family, or none."
        )
