"""Plain and LiDAR-guided runs of the embedded world without the host."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch

from ..guidance.guide import GuidanceSettings, Guide, Schedule
from ..guidance.handover import handover
from ..guidance.rules import KernelRule
from ..guidance.trace import Trace
from ..pools.origin import Origin
from ..pools.pool import Pool
from .architecture import DEFAULT_CFG
from .model import World
from .samplers import SAMPLERS, Denoise, Noise, flow, karras, simple

FLOW_SHIFT = 3.0
"""That of Stable Diffusion 3."""


@dataclass
class Runner:
    """Samples one world.

    nfe: network function evaluations so far, which are passes of one latent through the denoiser; each half of
    classifier-free guidance counts. on_nfe: is called with the number of each call.
    """

    world: World
    cfg: float = DEFAULT_CFG
    schedule_name: str = "karras"
    nfe: int = 0
    on_nfe: Callable[[int], None] = field(default=lambda count: None)

    def schedule(self, steps: int) -> torch.Tensor:
        """(steps + 1,) falling levels: "karras", "simple" or "flow"."""
        if self.schedule_name == "simple":
            return simple(steps, self.world.sigmas)
        if self.schedule_name == "flow":
            return flow(steps, float(self.world.sigmas[-1]), FLOW_SHIFT)
        return karras(steps, float(self.world.sigmas[0]), float(self.world.sigmas[-1]))

    def latents(
        self,
        prompt: str,
        seeds: Sequence[int],
        steps: int,
        sampler: str,
        guide: Guide | None = None,
    ) -> torch.Tensor:
        """(len(seeds), 4, 16, 16) samples of `prompt`; each seed has its own noise, whatever the batch."""
        noise, sigmas = self.noise(seeds), self.schedule(steps)
        return SAMPLERS[sampler](self.denoiser(prompt, guide), noise() * sigmas[0], sigmas, noise)

    def noise(self, seeds: Sequence[int]) -> Noise:
        """Draws the seeds' next noise, (len(seeds), 4, 16, 16)."""
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        return lambda: torch.cat([self.world.noise(generator) for generator in generators])

    def denoiser(self, prompt: str, guide: Guide | None = None) -> Denoise:
        """The counted, optionally guided denoised prediction."""
        text = self.world.encode(prompt)

        def predict(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            self.count(len(x) * (1 if self.cfg == 1.0 else 2))
            return self.world.denoise(x, sigma, text, self.cfg)

        if guide is None:
            return predict

        def guided(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            level = sigma.to(x.device).expand(len(x))
            lead = guide.at(x, level, torch.ones_like(level), level)
            if lead is None:
                return predict(x, sigma)
            denoised = None if lead.decides else predict(x, sigma)
            guide.record(level, lead, denoised)
            return lead.target if denoised is None else lead.guided(denoised)

        return guided

    def count(self, nfe: int) -> None:
        self.nfe += nfe
        self.on_nfe(nfe)

    def guide(
        self,
        pool: Pool,
        settings: GuidanceSettings,
        steps: int,
        seeds: Sequence[int],
        trace: Trace | None = None,
    ) -> Guide:
        """Guidance of `seeds` by `pool` over the schedule of `steps`; the window is in shares of the training steps."""
        rule = settings.rule
        if isinstance(rule, KernelRule) and rule.handover is None and pool.origin.handover is None:
            pool = self.measured(pool)
        schedule = Schedule(self.schedule(steps), self._sigma_at)
        return Guide.of(pool, settings, schedule, self.noise(seeds)(), trace=trace, device=self.world.device)

    def measured(self, pool: Pool) -> Pool:
        """`pool` with its hand-over, measured without classifier-free guidance."""
        text = self.world.encode(pool.prompt)

        def redraw(samples: torch.Tensor, ratio: float, noise: torch.Tensor) -> torch.Tensor:
            self.count(len(samples))
            x = (samples + ratio * noise).to(self.world.device)
            return self.world.denoise(x, torch.tensor(ratio), text, 1.0).to(samples)

        found = handover(redraw, pool.latents, pool.order().tolist(), pool.nfe)
        return replace(pool, origin=replace(pool.origin, handover=found))

    def _sigma_at(self, share: float) -> float:
        return float(self.world.sigmas[round((1 - share) * (len(self.world.sigmas) - 1))])


@dataclass(frozen=True)
class WorldEngine:
    """Draws lookahead samples of one prompt in the embedded world; small: decodes them by the small decoder."""

    runner: Runner
    prompt: str
    steps: int
    sampler: str = "dpmpp_2m"
    small: bool = False

    @property
    def origin(self) -> Origin:
        return Origin(self.steps, self.runner.cfg, self.sampler, self.runner.schedule_name, redraws_noise=True)

    def latents(self, seeds: Sequence[int]) -> torch.Tensor:
        return self.runner.latents(self.prompt, seeds, self.steps, self.sampler)

    def decoded(self, latents: torch.Tensor) -> torch.Tensor:
        return self.runner.world.decode(latents, self.small)
