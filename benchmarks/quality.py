"""Whether the measure of picture quality ranks known damage correctly: python -m benchmarks.quality

Prints a Markdown table of benchmarks.flaws for renders and plain samples, as they are and damaged in several ways, from
mild to bad. The measure was not fitted to it.
"""

import argparse
import random
from collections.abc import Callable
from statistics import fmean

import torch
from kornia.filters import gaussian_blur2d
from tqdm import tqdm

from lidar_core.world.architecture import DEFAULT_CFG
from lidar_core.world.model import World
from lidar_core.world.run import Runner
from lidar_core.world.scenes import lay_out, render

from .flaws import flaws
from .intervals import interval
from .prompts import Case, cases

Pictures = Callable[[Case], torch.Tensor]


def ways(world: World, images: int) -> dict[str, Pictures]:
    """Pictures of a case: renders and plain samples, as they are and damaged in several ways, from mild to bad."""
    student = world.student()

    def rendered(case: Case) -> torch.Tensor:
        rng = random.Random(case.index)
        return render([lay_out(case.prompt, rng) for _ in range(images)])

    def encoded(case: Case) -> torch.Tensor:
        with torch.inference_mode():
            return world.decode(world.autoencoder.encoder(rendered(case) * 2 - 1))

    def sampled(sampler: str, schedule: str, steps: int, cfg: float = DEFAULT_CFG, model: World = world) -> Pictures:
        return lambda case: world.decode(
            Runner(model, cfg, schedule).latents(str(case.prompt), case.seeds(images), steps, sampler)
        )

    def noised(amount: float) -> Pictures:
        def pictures(case: Case) -> torch.Tensor:
            latents = Runner(world, schedule_name="simple").latents(
                str(case.prompt), case.seeds(images), 20, "euler_ancestral"
            )
            noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(case.index))
            return world.decode(latents + amount * noise)

        return pictures

    plain = sampled("euler_ancestral", "simple", 20)

    def blurred(width: float) -> Pictures:
        return lambda case: gaussian_blur2d(plain(case).movedim(-1, 1), (13, 13), (width, width)).movedim(1, -1)

    return {
        "renders": lambda case: rendered(case).movedim(1, -1),
        "renders, encoded and decoded": encoded,
        "plain: Euler ancestral, 20 steps": plain,
        **{f"plain, blurred by {width:g} pixels": blurred(width) for width in (0.5, 1.0, 2.0)},
        **{f"plain, noise of {amount:g} on the latent": noised(amount) for amount in (0.1, 0.2, 0.3)},
        **{f"plain with cfg {cfg:g}": sampled("euler_ancestral", "simple", 20, cfg) for cfg in (2.5, 4.0, 6.0)},
        **{f"DPM++ 2M Karras, {steps} steps": sampled("dpmpp_2m", "karras", steps) for steps in (8, 6, 4, 3, 2)},
        **{f"student, {steps} steps": sampled("lcm", "simple", steps, 1.0, student) for steps in (4, 2, 1)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--prompts", type=int, default=8, help="prompts of each family (default: 8)")
    parser.add_argument("--images", type=int, default=2, help="pictures of each prompt (default: 2)")
    options = parser.parse_args()
    drawn = cases("tuning", options.prompts)
    prompts = [str(case.prompt) for case in drawn]
    plain: list[float] = []
    print("| pictures | flaws | 95 % | against plain |\n|---|---|---|---|")
    for name, pictures in ways(World(), options.images).items():
        found = [flaws(pictures(case)).mean().item() for case in tqdm(drawn, desc=name, leave=False)]
        low, high = interval(found, prompts)
        difference = ""
        if name.startswith("plain:"):
            plain = found
        elif plain:
            ends = interval([value - other for value, other in zip(found, plain, strict=True)], prompts)
            difference = f"{ends[0]:+.1f} to {ends[1]:+.1f}"
        print(f"| {name} | {fmean(found):.1f} | {low:.1f} to {high:.1f} | {difference} |", flush=True)


if __name__ == "__main__":
    main()
