import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.pools.pool import Pool
from .host import pool_files
from .sockets import POOLS, PoolType


class LiDARSavePool(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARSavePool",
            display_name="LiDAR Save Pool",
            category=POOLS,
            description="Saves a pool in the output folder: draw it once, use it with many seeds and after restarts.",
            is_output_node=True,
            inputs=[
                PoolType.Input("pool", tooltip="The pool to save."),
                io.String.Input(
                    "filename_prefix",
                    default=f"{pool_files.POOL_FOLDER}/pool",
                    tooltip=(
                        "Folder and name below the output folder, as in Save Image. A hash of the pool is added: "
                        "another pool is another file, the same pool the same file."
                    ),
                ),
                io.Image.Input(
                    "images", optional=True, tooltip="The pool's pictures, passed on to a node that collects them."
                ),
            ],
            outputs=[PoolType.Output(display_name="pool"), io.Image.Output(display_name="images")],
        )

    @classmethod
    def execute(cls, pool: Pool, filename_prefix: str, images: torch.Tensor | None = None) -> io.NodeOutput:
        entry = pool_files.saved_file(pool, filename_prefix)
        shown = {"pools": [entry], "text": [f"Saved {len(pool)} samples to {entry['filename']}."]}
        return io.NodeOutput(pool, images, ui=shown)
