"""Runs methods over prompts and samplings, and appends each result to a file as soon as it is ready."""

from pathlib import Path

import torch
from tqdm import tqdm

from lidar_core.world.grammar import FAMILIES
from lidar_core.world.model import World
from lidar_core.world.verifier import verify

from . import records
from .flaws import flaws
from .graphs import Graphed
from .prompts import Case, cases
from .specs import Spec, fits
from .workplace import Kept, Sampling, Workplace


def diversity(pictures: torch.Tensor) -> float:
    """Mean RMS difference between two of the pictures (B, H, W, 3) of one prompt, in 1/255; 0 for one picture."""
    if len(pictures) < 2:
        return 0.0
    flat = pictures.flatten(1) * 255
    pairs = torch.combinations(torch.arange(len(flat)))
    return (flat[pairs[:, 0]] - flat[pairs[:, 1]]).square().mean(1).sqrt().mean().item()


def cell_name(case: Case, sampling: Sampling, images: int, spec: Spec) -> records.Row:
    """What identifies one result."""
    return {
        "split": case.split,
        "case": case.index,
        "family": case.prompt.family,
        "prompt": str(case.prompt),
        "images": images,
        "sampling": str(sampling),
        "spec": spec.text,
        "name": spec.name,
        "options": spec.options,
    }


def measure(work: Workplace, spec: Spec, judged: dict[bytes, records.Row]) -> records.Row:
    """One method's result on one prompt; judged: what the case's earlier latents came to, by their bytes."""
    latents, cost = work.run(spec.method)
    same = latents.cpu().numpy().tobytes()
    if same not in judged:
        judged[same] = judge(work, latents)
    return judged[same] | {"cost": {name: round(value, 4) for name, value in vars(cost).items()}}


def judge(work: Workplace, latents: torch.Tensor) -> records.Row:
    """What the pictures of `latents` are worth."""
    pictures = work.world.decode(latents)
    return {
        "verified": verify(work.case.prompt, pictures.movedim(-1, 1)).tolist(),
        "rewards": [round(value, 4) for value in work.world.reward.score(pictures, work.prompt).values.tolist()],
        "diversity": round(diversity(pictures), 3),
        "flaws": [round(value, 3) for value in flaws(pictures).tolist()],
    }


def run(
    out: Path,
    split: str,
    per_family: int,
    images: int,
    samplings: list[Sampling],
    methods: list[str],
    part: tuple[int, int] = (1, 1),
    quiet: bool = False,
    device: str = "cpu",
) -> list[records.Row]:
    """Compute the cells that `out` lacks, and return all cells that were asked for.

    part: the k-th of n parts of the prompts, each with all families. A method that does not fit a sampling (Feynman-Kac
    steering without noise) is left out there.
    """
    # Full float32 precision on a GPU too.
    torch.backends.cudnn.allow_tf32 = False
    specs = {sampling: fitting(methods, sampling) for sampling in samplings}
    done = {records.key(cell): cell for cell in records.read(out)[1]}
    world, results = World(device=device), []
    student = world.student()
    if world.device.type == "cuda":
        world.unet, student.unet = Graphed(world.unet), Graphed(student.unet)
    asked = [case for case in cases(split, per_family) if in_part(case, *part)]
    for case in tqdm(asked, desc=f"{split} prompts", disable=quiet):
        shared: Kept = {}
        judged: dict[bytes, records.Row] = {}
        for sampling in samplings:
            work = Workplace(world, student, case, sampling, images, shared)
            for spec in specs[sampling]:
                name = cell_name(case, sampling, images, spec)
                key = records.key(name)
                if key not in done:
                    done[key] = name | measure(work, spec, judged)
                    records.append(out, done[key])
                results.append(done[key] | {"spec": spec.text})
    return results


def fitting(methods: list[str], sampling: Sampling) -> list[Spec]:
    return [Spec.parse(text, str(sampling)) for text in methods if fits(text, sampling)]


def share(text: str) -> tuple[int, int]:
    """K/N, from 1/N to N/N."""
    number, parts = map(int, text.split("/"))
    if not 1 <= number <= parts:
        raise ValueError
    return number, parts


def in_part(case: Case, number: int, parts: int) -> bool:
    return case.index // len(FAMILIES) % parts == number - 1


def refuse_other_code(out: Path) -> None:
    """Raise ValueError if `out` holds results of other code: a table must not mix them."""
    headers, _ = records.read(out)
    if any(header["code"] != records.code_hash() for header in headers):
        raise ValueError(
            f"{out} holds results of other code. Give a new --out, or --same-code if the change cannot alter a result."
        )
