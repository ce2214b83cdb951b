"""Judges a run of lidar_bench on the embedded world exactly: python -m benchmarks.verified OUT

Writes results.jsonl into each arm's folder, as GenEval's evaluator does; python -m lidar_bench report reads it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lidar_bench.arms import ARMS
from lidar_bench.evaluators import GENEVAL
from lidar_bench.folders import records
from lidar_core.world.grammar import parse
from lidar_core.world.verifier import verify


def judge(out: Path, arm: str) -> None:
    """Judge every finished picture of one arm."""
    lines = []
    for index, record in records(out, arm).items():
        files = sorted((out / arm / f"{index:05d}" / "samples").glob("*.png"))
        pictures = torch.stack([_pixels(file) for file in files])
        for file, correct in zip(files, verify(parse(record["prompt"]), pictures).tolist(), strict=True):
            tag = parse(record["prompt"]).family
            lines.append({"filename": str(file), "tag": tag, "prompt": record["prompt"], "correct": correct})
    (out / arm / GENEVAL).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _pixels(file: Path) -> torch.Tensor:
    """(3, H, W) in [0, 1]."""
    return torch.from_numpy(np.array(Image.open(file).convert("RGB"))).movedim(-1, 0) / 255


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.verified", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    for arm in ARMS:
        if (out / arm).is_dir():
            judge(out, arm)


if __name__ == "__main__":
    main()
