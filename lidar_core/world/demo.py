"""The command-line demo: plain and LiDAR pictures of one prompt at the same seeds, and a report."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from tqdm import tqdm

from ..guidance.guide import GuidanceSettings
from ..guidance.rules import KernelRule
from ..guidance.trace import Trace
from ..pools.drawing import draw
from ..pools.seeds import sample_seeds
from .architecture import DEFAULT_CFG
from .contact_sheet import contact_sheet
from .grammar import parse
from .model import World
from .run import Runner, WorldEngine
from .verifier import verify


@dataclass(frozen=True)
class Lookahead:
    """How lookahead samples are drawn: the default steps, cfg, sampler and schedule."""

    steps: int
    cfg: float
    sampler: str
    schedule: str


@dataclass(frozen=True)
class DemoSettings:
    """lookahead: a key of LOOKAHEADS; lookahead_steps: None for its default."""

    prompt: str
    out: Path
    images: int
    samples: int
    lookahead_steps: int | None
    steps: int
    sampler: str
    strength: float
    seed: int
    lookahead: str = "plain"


LOOKAHEADS = {
    "plain": Lookahead(steps=8, cfg=DEFAULT_CFG, sampler="dpmpp_2m", schedule="karras"),
    "distilled": Lookahead(steps=4, cfg=1.0, sampler="lcm", schedule="simple"),
}


@torch.no_grad()
def run_demo(settings: DemoSettings) -> dict[str, object]:
    """Draw, score and guide; write contact_sheet.png, the single pictures and report.json to settings.out."""
    scene = parse(settings.prompt)
    prompt = str(scene)
    seconds: dict[str, float] = {}
    with _timed(seconds, "loading"):
        world = World()
    way = LOOKAHEADS[settings.lookahead]
    drafting = world.student() if settings.lookahead == "distilled" else world
    lookahead = Runner(drafting, way.cfg, way.schedule)
    unguided, guiding = Runner(world), Runner(world)
    steps = settings.lookahead_steps or way.steps
    nfe_of_a_step = 1 if way.cfg == 1.0 else 2
    total = nfe_of_a_step * settings.samples * steps + 4 * settings.images * settings.steps
    with tqdm(total=total, unit="NFE", desc="lookahead") as bar:
        lookahead.on_nfe = unguided.on_nfe = guiding.on_nfe = bar.update
        engine = WorldEngine(lookahead, prompt, steps, way.sampler)
        pool_seeds = sample_seeds(settings.seed, settings.samples)
        pool, pool_images = draw(engine, world.reward, prompt, pool_seeds, engine.origin, partial(_timed, seconds))
        assert isinstance(pool_images, torch.Tensor)
        seeds = list(range(settings.seed, settings.seed + settings.images))
        bar.set_description("plain")
        with _timed(seconds, "plain sampling"):
            plain = unguided.latents(prompt, seeds, settings.steps, settings.sampler)
        trace, guidance = Trace(), GuidanceSettings(KernelRule(settings.strength))
        bar.set_description("LiDAR")
        with _timed(seconds, "LiDAR sampling"):
            guide = guiding.guide(pool, guidance, settings.steps, seeds, trace)
            guided = guiding.latents(prompt, seeds, settings.steps, settings.sampler, guide)
        # The steps that the samples led called no model.
        bar.update(bar.total - bar.n)
    with _timed(seconds, "decoding"):
        pictures = {"plain": world.decode(plain), "lidar": world.decode(guided)}
    with _timed(seconds, "scoring"):
        rewards = {name: world.reward.score(images, prompt).values for name, images in pictures.items()}
    order = pool.order()
    pictures["lookahead"], rewards["lookahead"] = pool_images[order], pool.rewards[order]
    verified = {name: verify(scene, images.movedim(-1, 1)) for name, images in pictures.items()}
    report: dict[str, object] = {
        "prompt": prompt,
        "settings": {name: str(value) if isinstance(value, Path) else value for name, value in asdict(settings).items()}
        | {"lookahead_steps": steps},
        "guidance": asdict(guidance),
        "seeds": {"pictures": seeds, "lookahead": [pool.seeds[index] for index in order]},
        "rewards": {name: [round(value, 4) for value in values.tolist()] for name, values in rewards.items()},
        "mean_reward": {name: round(values.mean().item(), 4) for name, values in rewards.items()},
        "verified": {name: values.tolist() for name, values in verified.items()},
        "nfe": {
            "lookahead": lookahead.nfe,
            "plain": unguided.nfe,
            "lidar": guiding.nfe,
        },
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "guidance_by_sigma": trace.rows(),
    }
    _write(settings.out, report, pictures, rewards, verified)
    print(_summary(report, settings.out))
    return report


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[phase] = seconds.get(phase, 0.0) + time.monotonic() - start


def _write(
    folder: Path,
    report: dict[str, object],
    pictures: dict[str, torch.Tensor],
    rewards: dict[str, torch.Tensor],
    verified: dict[str, torch.Tensor],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    tiles = {
        name: [Image.fromarray((picture * 255).round().byte().numpy()) for picture in images]
        for name, images in pictures.items()
    }
    for name, images in tiles.items():
        for index, image in enumerate(images):
            image.save(folder / f"{name}_{index:02d}.png")
    contact_sheet(str(report["prompt"]), tiles, rewards, verified).save(folder / "contact_sheet.png")


def _summary(report: dict[str, object], folder: Path) -> str:
    means, verified = report["mean_reward"], report["verified"]
    assert isinstance(means, dict)
    assert isinstance(verified, dict)
    lines = [
        f"{title:10s} mean reward {means[name]:7.2f}, {sum(verified[name])} of {len(verified[name])} as the prompt says"
        for title, name in (("lookahead", "lookahead"), ("plain", "plain"), ("LiDAR", "lidar"))
    ]
    return "\n".join(
        [*lines, f"Look at {folder / 'contact_sheet.png'}; everything else is in {folder / 'report.json'}."]
    )
