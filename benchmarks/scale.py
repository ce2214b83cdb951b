"""What it takes to serve many prompts per hour: python -m benchmarks.scale

Pool files of SDXL's size are written, read and merged here. The seconds per prompt on a GPU are the LiDAR paper's, and
the reward's speed comes from docs/scorer-speed.md. The rest is arithmetic, for prompts that arrive evenly.
"""

import argparse
import tempfile
import time

import torch

from lidar_core.pools.files import load_pool, save_pool
from lidar_core.pools.merge import merge_pools
from lidar_core.pools.origin import Origin
from lidar_core.pools.pool import Pool
from lidar_core.pools.seeds import sample_seeds
from lidar_core.rewards.recipe import Single

SAMPLES, PICTURES, LATENT = 16, 4, (4, 128, 128)
# Kim et al. 2026, SDXL with DMD2 on an A100: one prompt, four pictures, 16 lookahead samples.
CARD_SECONDS = 27.3
# 1024 x 1024 in 8 bits, uncompressed; a PNG of a photograph has about half.
PICTURE_BYTES = 1024 * 1024 * 3
# ImageReward on one CPU core, from docs/scorer-speed.md.
SCORES_A_SECOND = 0.7


def part(seed: int, samples: int) -> Pool:
    rewards = torch.randn(samples, generator=torch.Generator().manual_seed(seed))
    return Pool(
        torch.randn(samples, *LATENT, generator=torch.Generator().manual_seed(seed)),
        rewards,
        sample_seeds(seed, samples),
        "a cat",
        {"ImageReward": rewards},
        Origin(4, 1.0, "lcm", "sgm_uniform", seed, 1.0, "SDXL", "SDXL", (0,) * samples, redraws_noise=True),
        Single("ImageReward", 0.7),
    )


def pool_figures() -> dict[str, float]:
    """The size of a pool's file in bytes, and the seconds to save it, to load it, and to load and merge four parts."""
    with tempfile.TemporaryDirectory() as folder:
        pool, parts = part(0, SAMPLES), [part(seed, SAMPLES // 4) for seed in range(4)]
        start = time.perf_counter()
        path = save_pool(pool, folder, "pool")
        saved = time.perf_counter()
        load_pool(path)
        loaded = time.perf_counter()
        paths = [save_pool(one, folder, "part") for one in parts]
        before = time.perf_counter()
        merge_pools([load_pool(path) for path in paths])
        merged = time.perf_counter()
        size = path.stat().st_size
    return {"bytes": size, "save": saved - start, "load": loaded - saved, "merge": merged - before}


def needs(prompts: int, servers: int, pool_bytes: float) -> list[tuple[str, str]]:
    """The needs of `prompts` per hour on `servers` servers, as rows of a table."""
    busy = prompts * CARD_SECONDS / 3600
    pictures = prompts * PICTURES
    samples = prompts * SAMPLES
    return [
        ("GPUs busy on average", f"{busy:.0f}, {100 * busy / servers:.0f} % of {servers}"),
        ("prompts to queue so that a server never waits", "1 beside the running one"),
        ("graphs queued per second, all servers", f"{prompts / 3600:.1f}"),
        ("pictures per hour", f"{pictures:,}, at most {pictures * PICTURE_BYTES / 1e9:.0f} GB"),
        ("pool files per hour, if they are kept", f"{prompts:,}, {prompts * pool_bytes / 1e9:.0f} GB"),
        ("disk writes for both, MB/s", f"{(pictures * PICTURE_BYTES + prompts * pool_bytes) / 3600 / 1e6:.0f}"),
        ("pictures scored per second", f"{samples / 3600:.0f}"),
        ("CPU cores that would score as fast (ImageReward)", f"{samples / 3600 / SCORES_A_SECOND:.0f}"),
        ("sent to a reward server, MB/s", f"{samples * PICTURE_BYTES / 3600 / 1e6:.0f}"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prompts", type=int, default=10_000, help="an hour (default: 10000)")
    parser.add_argument("--servers", type=int, default=100)
    options = parser.parse_args()
    figures = pool_figures()
    print(f"A pool of {SAMPLES} SDXL samples: {figures['bytes'] / 1e6:.1f} MB.")
    print(
        f"Seconds to save {figures['save']:.3f}, to load {figures['load']:.3f}, in four parts {figures['merge']:.3f}.\n"
    )
    print("| need | how much |\n|---|---|")
    for need, much in needs(options.prompts, options.servers, figures["bytes"]):
        print(f"| {need} | {much} |")


if __name__ == "__main__":
    main()
