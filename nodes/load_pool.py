from pathlib import Path
from typing import Any

from comfy_api.v0_0_2 import io

from ..lidar_core.pools.files import load_pool
from ..lidar_core.pools.merge import merge_pools
from ..lidar_core.pools.pool import PoolError
from ..lidar_core.quoting import quoted
from .host import pool_files
from .sockets import POOLS, PoolType


class LiDARLoadPool(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARLoadPool",
            display_name="LiDAR Load Pool",
            category=POOLS,
            description="Loads a pool that LiDAR Save Pool wrote, or merges several that belong together.",
            inputs=[
                io.Combo.Input(
                    "pool_name",
                    options=pool_files.pool_files(),
                    tooltip="A pool file of the output or input folder. Press R to refresh the list.",
                ),
                io.String.Input(
                    "pattern",
                    default="",
                    optional=True,
                    tooltip=(
                        "Instead of pool_name: a name, a folder, or a name with * and ?, such as lidar_pools/cat_*. "
                        "All matching pools are merged. Empty: pool_name."
                    ),
                ),
                io.Int.Input(
                    "samples",
                    default=0,
                    min=0,
                    max=1_000_000,
                    optional=True,
                    tooltip="How many samples there must be: if some are missing, the run stops. 0: any number.",
                ),
                io.AnyType.Input(
                    "after", optional=True, tooltip="Anything that must happen first, such as a collector's images."
                ),
            ],
            outputs=[PoolType.Output(display_name="pool")],
        )

    @classmethod
    def validate_inputs(cls, pool_name: str) -> bool:
        # A file that the same run saves is not in the list yet.
        return True

    @classmethod
    def fingerprint_inputs(
        cls, pool_name: str | None, pattern: str | None = "", **others: Any
    ) -> list[tuple[str, int, int]]:
        """Of a linked input the host does not know the text yet: None."""
        return pool_files.fingerprint(pool_name if pattern == "" else pattern)

    @classmethod
    def execute(cls, pool_name: str, pattern: str = "", samples: int = 0, after: Any = None) -> io.NodeOutput:
        wanted = pattern or pool_name
        paths = pool_files.matching_files(wanted)
        if not paths:
            raise PoolError(f"No pool file in the output or input folder matches {quoted(wanted)}: save one first.")
        parts = [load_pool(Path(path)) for path in paths]
        # Sorted by seed, so that the order in which machines finished does not matter.
        parts.sort(key=lambda pool: (pool.origin.lookahead_seed or 0, pool.seeds))
        pool = merge_pools(parts)
        if len(pool) < samples:
            found = ", ".join(f"{len(part)} of lookahead seed {part.origin.lookahead_seed}" for part in parts)
            raise PoolError(
                f"{quoted(wanted)} holds {len(pool)} samples, not {samples} ({found}): draw and save the parts "
                "that are missing, or lower samples."
            )
        return io.NodeOutput(pool)
