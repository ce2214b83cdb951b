"""Trains the embedded world from a seed: python -m lidar_core.world.training

On two CPU cores it takes under two hours. The files replace the shipped ones unless --out says otherwise.
"""

import argparse
from pathlib import Path

from ..model import WEIGHTS
from .autoencoder import train_autoencoder
from .denoiser import PHASES, train_denoiser
from .scorer import train_scorer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lidar_core.world.training", description=__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder for the weights (default: the shipped ones)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything (default: 0)")
    parser.add_argument("--autoencoder-steps", type=int, default=2400)
    parser.add_argument("--scorer-steps", type=int, default=6000)
    options = parser.parse_args()
    train_autoencoder(options.out / "autoencoder.safetensors", options.seed, options.autoencoder_steps)
    for phase in PHASES:
        train_denoiser(options.out, options.seed, phase)
    train_scorer(options.out / "scorer.safetensors", options.seed, options.scorer_steps)


if __name__ == "__main__":
    main()
