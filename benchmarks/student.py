"""How good the distilled student's lookahead samples are beside the plain model's: python -m benchmarks.student

Prints two Markdown tables. The first has the share of verified pictures by family, the diversity, and how well a
sample's reward predicts that of the full picture. The second has the power of the latents by octave. Prompts and seeds
are those of the reported split.
"""

import argparse
from dataclasses import dataclass, field

import torch
from tqdm import tqdm

from lidar_core.world.architecture import DEFAULT_CFG, DEFAULT_STEPS
from lidar_core.world.grammar import FAMILIES
from lidar_core.world.model import World
from lidar_core.world.run import Runner
from lidar_core.world.verifier import verify

from .intervals import interval
from .prompts import Case, cases
from .runs import diversity
from .small_decoder import kendall


@dataclass(frozen=True)
class Way:
    """One way to draw lookahead samples, and its results by prompt."""

    name: str
    runner: Runner
    steps: int
    sampler: str
    right: dict[Case, torch.Tensor] = field(default_factory=dict)
    rewards: dict[Case, torch.Tensor] = field(default_factory=dict)
    variety: dict[Case, float] = field(default_factory=dict)
    latents: dict[Case, torch.Tensor] = field(default_factory=dict)

    def draw(self, case: Case, images: int) -> None:
        world, prompt = self.runner.world, str(case.prompt)
        latents = self.runner.latents(prompt, case.seeds(images), self.steps, self.sampler)
        pictures = world.decode(latents)
        self.right[case] = verify(case.prompt, pictures.movedim(-1, 1)).float()
        self.rewards[case] = world.reward.score(pictures, prompt).values
        self.variety[case] = diversity(pictures)
        self.latents[case] = latents


def ways(world: World) -> list[Way]:
    """Plain sampling first, then lookahead samples of the student, then those of the plain model."""
    student = Runner(world.student(), 1.0, "simple")
    return [
        Way(f"plain, euler, {DEFAULT_STEPS} steps", Runner(world), DEFAULT_STEPS, "euler"),
        *(Way(f"student, lcm, {steps}", student, steps, "lcm") for steps in (1, 2, 4)),
        *(Way(f"plain, dpmpp_2m, {steps}", Runner(world), steps, "dpmpp_2m") for steps in (3, 4, 6, 8)),
    ]


def octaves(latents: torch.Tensor) -> torch.Tensor:
    """(4,) mean power of latents (B, C, 16, 16) at frequencies of 1, 2 to 3, 4 to 7 and 8 or more cycles a side.

    Frequencies are rounded radii; the mean of each latent is left out.
    """
    power = torch.fft.fft2(latents, norm="ortho").abs().square().mean((0, 1))
    cycles = torch.fft.fftfreq(power.shape[-1], 1 / power.shape[-1])
    radius = torch.hypot(cycles[:, None], cycles[None]).round()
    return torch.stack(
        [power[(radius >= low) & (radius < high)].mean() for low, high in ((1, 2), (2, 4), (4, 8), (8, 99))]
    )


def quality_table(found: list[Way]) -> str:
    full = found[0]
    lines = [
        f"| lookahead samples | NFE | {' | '.join(FAMILIES)} | all | best quarter | diversity | Kendall's tau |",
        "|---" * (len(FAMILIES) + 6) + "|",
    ]
    for way in found:
        share = {case: right.mean().item() for case, right in way.right.items()}
        chosen = [
            way.right[case][rewards.topk(max(1, len(rewards) // 4)).indices].mean()
            for case, rewards in way.rewards.items()
        ]
        low, high = interval(list(share.values()), [str(case.prompt) for case in share])
        families = [
            100 * torch.tensor([right for case, right in share.items() if case.prompt.family == family]).mean()
            for family in FAMILIES
        ]
        taus = [kendall(way.rewards[case], full.rewards[case]) for case in share]
        everything = f"{100 * sum(share.values()) / len(share):.0f} % ({100 * low:.0f} to {100 * high:.0f})"
        variety = sum(way.variety.values()) / len(way.variety)
        agreement = "" if way is full else f"{sum(taus) / len(taus):.2f}"
        lines.append(
            f"| {way.name} | {way.steps * (1 if way.runner.cfg == 1 else 2)} "
            f"| {' | '.join(f'{value:.0f} %' for value in families)} | {everything} "
            f"| {100 * torch.stack(chosen).mean():.0f} % | {variety:.0f} | {agreement} |"
        )
    return "\n".join(lines)


def power_table(found: list[Way]) -> str:
    truth, lines = octaves(torch.cat(list(found[0].latents.values()))), []
    for way in found:
        shares = octaves(torch.cat(list(way.latents.values()))) / truth
        lines.append(f"| {way.name} | {' | '.join(f'{share:.2f}' for share in shares)} |")
    header = "| lookahead samples | 1 cycle per side | 2 to 3 | 4 to 7 | 8 and more |"
    return "\n".join([header, "|---|---|---|---|---|", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.student", description=__doc__)
    parser.add_argument("--prompts", type=int, default=12, help="prompts of each family (default: 12)")
    parser.add_argument("--images", type=int, default=8, help="pictures of each prompt (default: 8)")
    options = parser.parse_args()

    found = ways(World())
    for case in tqdm(cases("reported", options.prompts), desc="prompts"):
        for way in found:
            way.draw(case, options.images)
    print(f"{options.prompts} prompts per family, {options.images} pictures per prompt; ", end="")
    print(f"cfg {DEFAULT_CFG:g}, without cfg for the student.\n")
    print(quality_table(found), power_table(found), sep="\n\n")


if __name__ == "__main__":
    main()
