"""How many samples the published rule needs, by the number of dimensions: python -m benchmarks.paper_rule

Tests the rule where its term is known: x0 is standard normal in d dimensions and the reward is tau <u, x0> for a unit
vector u. Rewards then have a standard deviation of tau nats, and the tilted distribution is normal about tau u. At the
noise-to-signal ratio r the term is

    E_tilted[x0 | x] - E[x0 | x] = tau r^2 / (1 + r^2) u,

and the rule estimates it as sum_i (wr_i - w_i) x0_i. Prints the root mean square error of the estimate as a multiple of
the term, with a row for each d and a column for each n; --plot FILE draws it as an SVG.
"""

import argparse
from pathlib import Path

import torch

from lidar_core.guidance.closed_form import PreparedPool

RATIOS = (1.0, 4.0, 16.0)
DIMENSIONS = (1, 2, 4, 8, 16, 64, 256, 1024, 4096)
SAMPLES = (16, 64, 256, 1024, 4096, 16384)
TAU = 1.0
_LATENTS = 16
"""Noisy latents that one pool is asked about."""


def term(dimensions: int, ratio: float) -> torch.Tensor:
    """(d,) the exact term; u is the first axis."""
    exact = torch.zeros(dimensions)
    exact[0] = TAU * ratio**2 / (1 + ratio**2)
    return exact


def relative_error(dimensions: int, ratio: float, samples: int, pools: int, seed: int = 0) -> float:
    """Over `pools` fresh pools, at noisy latents of the model's own distribution."""
    generator = torch.Generator().manual_seed(seed)
    exact, squares = term(dimensions, ratio), 0.0
    level = torch.full((_LATENTS,), ratio)
    for _ in range(pools):
        drawn = torch.randn(samples, dimensions, generator=generator)
        pool = PreparedPool(drawn, TAU * drawn[:, 0])
        # Of standard normal pictures with noise of the standard deviation `ratio`.
        x = (1 + ratio**2) ** 0.5 * torch.randn(_LATENTS, dimensions, generator=generator)
        found = pool.shift(pool.weights(x, torch.ones(_LATENTS), level))
        squares += float((found - exact).square().sum(1).mean())
    return float((squares / pools) ** 0.5 / exact.norm())


def errors(ratio: float, pools: int) -> dict[int, list[float]]:
    """The relative errors by number of dimensions, one for each of SAMPLES."""
    return {
        dimensions: [relative_error(dimensions, ratio, samples, pools) for samples in SAMPLES]
        for dimensions in DIMENSIONS
    }


def table(ratio: float, found: dict[int, list[float]]) -> str:
    lines = [
        f"| r = {ratio:g}; dimensions | " + " | ".join(f"n = {samples}" for samples in SAMPLES) + " |",
        "|---" * (len(SAMPLES) + 1) + "|",
        *(
            f"| {dimensions} | " + " | ".join(f"{error:.2g}" for error in row) + " |"
            for dimensions, row in found.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def draw(found: dict[float, dict[int, list[float]]], file: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "benchmarks"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(found), figsize=(4.5 * len(found), 4.5), sharey=True)
    for axis, (ratio, rows) in zip(axes, found.items(), strict=True):
        for dimensions, row in rows.items():
            axis.loglog(SAMPLES, row, marker="o", markersize=3, label=f"{dimensions}")
        axis.axhline(1, color="black", linestyle="--", linewidth=1)
        axis.set_title(f"noise-to-signal ratio {ratio:g}")
        axis.set_xlabel("lookahead samples n")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("error of the published term, as a multiple of it")
    axes[-1].legend(title="dimensions", fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1))
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None}, bbox_inches="tight")
    file.write_text(" ".join(file.read_text().split()) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.paper_rule",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pools", type=int, default=8, help="pools of each size (default: 8)")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    options = parser.parse_args()
    found = {ratio: errors(ratio, options.pools) for ratio in RATIOS}
    for ratio, rows in found.items():
        print(table(ratio, rows), flush=True)
    if options.plot:
        draw(found, options.plot)


if __name__ == "__main__":
    main()
