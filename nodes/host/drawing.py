"""The lookahead: draws samples with the host's samplers, decodes and scores them, and measures their hand-over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from PIL import Image

from ...lidar_core.errors import LidarError
from ...lidar_core.pools.drawing import draw
from ...lidar_core.pools.origin import Origin
from ...lidar_core.pools.pool import Pool
from ...lidar_core.pools.seeds import sample_seeds
from ...lidar_core.rewards.media import Media, Viewing, stills
from . import batches, decoding, memory, progress, sampling
from .cost import Cost
from .handover import with_handover
from .sampling import Task
from .thumbnails import rgb_picture

Show = Callable[[int, int, Image.Image], None]


@dataclass(frozen=True)
class LookaheadConfig:
    """The output of LiDAR Lookahead Config; models and conditionings of None mean the sampler's own.

    With a model of its own and no low_noise_model, that model draws at all noise levels.
    """

    samples: int = 16
    steps: int = 8
    cfg: float = 7.0
    sampler_name: str = "dpmpp_2m"
    scheduler: str = "karras"
    seed: int = 0
    batch_size: int = 0
    model: Any = None
    positive: Any = None
    negative: Any = None
    sigmas: torch.Tensor | None = None
    viewing: Viewing = field(default_factory=Viewing)
    low_noise_model: Any = None

    def __post_init__(self) -> None:
        if self.sigmas is not None and (self.sigmas.ndim != 1 or len(self.sigmas) < 2):
            raise LidarError(
                f"The lookahead's sigmas have the shape {tuple(self.sigmas.shape)} and make no step: wire 2 or more "
                "falling noise levels, or none."
            )

    def task(self, task: Task) -> Task:
        """`task` with these lookahead settings."""
        return replace(
            task,
            model=self.model or task.model,
            low_noise_model=self.low_noise_model or (None if self.model else task.low_noise_model),
            positive=self.positive or task.positive,
            negative=self.negative or task.negative,
            cfg=self.cfg,
            steps=self.steps if self.sigmas is None else len(self.sigmas) - 1,
            sampler_name=self.sampler_name,
            scheduler=self.scheduler,
            sigmas=self.sigmas,
        )


class HostEngine:
    """Draws and decodes lookahead samples; sample i starts from image i of the latent batch, modulo its length.

    lookahead: how the samples are drawn. steps_to_come: the steps of the sampling that follows, for which the progress
    bar leaves room. show: hears of each sample, by number and count, once there is a picture of it, and again of a
    better one.
    """

    def __init__(
        self, lookahead: Task, vae: Any, config: LookaheadConfig, steps_to_come: int, cost: Cost, show: Show
    ) -> None:
        self.task = lookahead
        self.stages = [
            replace(stage, model=sampling.counted(sampling.without_guidance(stage.model), cost.counted_prediction))
            for stage in lookahead.stages()
        ]
        self.vae = vae
        self.count = config.samples
        self.viewing = config.viewing
        self.images = sampling.fix_empty_latent(self.task.model, self.task.latent)
        self.size = config.batch_size or memory.fitting_batch(self.task.model, self.images.shape[1:])
        # Of a whole batch the host draws from one seed a stochastic sampler's noise, and that on a picture.
        draws_more = sampling.is_stochastic(self.task.sampler_name) or any(
            batches.noises_from_seed(conditioning) for conditioning in (self.task.positive, self.task.negative)
        )
        if draws_more or not memory.gains_from_batches(self.task.model):
            self.size = 1
        total = self.count * (self.task.steps + 2) + steps_to_come * len(self.images)
        self.report = progress.bar(total, self.task.model)
        self.rough = progress.rough_picture(self.task.model)
        self.show = show

    def latents(self, seeds: Sequence[int]) -> torch.Tensor:
        """All samples are drawn with one model before the next one is loaded."""
        rows = [self.row(index) for index in range(len(seeds))]
        noise = torch.stack([sample_noise(self.images.shape[1:], seed) for seed in seeds])
        latents, steps_before = self.images[rows], 0
        for number, stage in enumerate(self.stages):
            if number:
                noise = sampling.noise_left(stage, self.images, rows, latents)
            latents = self._drawn(stage, steps_before, rows, noise, [seed + number for seed in seeds])
            steps_before += stage.steps
        return latents

    def _drawn(
        self, stage: Task, steps_before: int, rows: Sequence[int], noise: torch.Tensor, seeds: Sequence[int]
    ) -> torch.Tensor:
        """Samples of one stage. seeds: those of a stochastic sampler's noise."""

        def drawn(start: int, stop: int) -> torch.Tensor:
            before = len(rows) * steps_before + start * stage.steps

            def step_done(step: int, denoised: torch.Tensor, x: torch.Tensor, total: int) -> None:
                self.report(before + (step + 1) * (stop - start), denoised)
                if step + 1 == total:
                    for index in range(start, stop):
                        picture = self.rough(denoised[index - start :][:1])
                        if picture:
                            self.show(index, self.count, picture)

            part = rows[start:stop], noise[start:stop]
            return sampling.sample(stage, self.images, *part, seeds[start], step_done).cpu()

        return torch.cat(list(memory.in_chunks(len(rows), self.size, drawn)))

    def decoded(self, latents: torch.Tensor) -> Media:
        def done(count: int, media: Media) -> None:
            pictures = stills(media)
            self.report(self.count * self.task.steps + count, picture=None if pictures is None else pictures[0])
            for index, picture in enumerate(() if pictures is None else pictures, count - len(media)):
                self.show(index, self.count, rgb_picture(picture))

        return decoding.decode_all(self.vae, {**self.task.latent, "samples": latents}, self.viewing, self.size, done)

    def row(self, index: int) -> int:
        """The index of the image in the latent batch that a sample starts from."""
        return index % len(self.images)

    @property
    def origin(self) -> Origin:
        return Origin(
            self.task.steps,
            self.task.cfg,
            self.task.sampler_name,
            self.task.scheduler,
            denoise=self.task.denoise,
            model=type(self.task.model.model).__name__,
            latent_format=sampling.latent_format_name(self.task.model),
            rows=tuple(self.row(index) for index in range(self.count)),
            rows_differ=batches.differ(self.images, self.task.latent.get("noise_mask"), self.task.positive),
            redraws_noise=True,
        )


def draw_pool(
    task: Task,
    vae: Any,
    reward: Any,
    config: LookaheadConfig,
    prompt: str,
    steps_to_come: int = 0,
    cost: Cost | None = None,
    show: Show = lambda number, count, picture: None,
) -> tuple[Pool, Media]:
    """The pool for `task`, and its decoded samples in the same order."""
    cost = cost or Cost()
    lookahead = config.task(task)
    for model in task.models:
        sampling.check_noising(model)
        _check_same_latents(task.model, model, "low_noise_model")
    for model in lookahead.models:
        _check_same_latents(task.model, model, "lookahead model")
    engine = HostEngine(lookahead, vae, config, steps_to_come, cost, show)
    decoding.check_scorable(task.model, vae, engine.images, reward)
    origin = replace(engine.origin, lookahead_seed=config.seed)
    pool, media = draw(engine, reward, prompt, sample_seeds(config.seed, config.samples), origin, cost.phase)
    with cost.phase("measuring"):
        pool = with_handover(pool, task, cost)
    pictures = stills(media)
    best = None if pictures is None else pictures[pool.order()[0]]
    engine.report(config.samples * (lookahead.steps + 2), picture=best)
    return pool, media


def sample_noise(shape: torch.Size, seed: int) -> torch.Tensor:
    """Unit noise of one sample of `shape`, float32 on the CPU; independent of the batch that it is drawn in."""
    return torch.randn(shape, dtype=torch.float32, generator=torch.Generator().manual_seed(seed))


def _check_same_latents(model: Any, other: Any, name: str) -> None:
    ours, theirs = sampling.latent_format_name(model), sampling.latent_format_name(other)
    if ours != theirs:
        raise LidarError(
            f"The {name} has {theirs} latents and the sampler's model {ours} latents: wire a {name} of the same "
            "family, or none."
        )
