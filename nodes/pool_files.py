from comfy_api.v0_0_2 import io

from ..lidar_core.pools.files import load_pool, merge_pools, save_pool
from ..lidar_core.pools.pool import Pool
from .host import files
from .sockets import CATEGORY, PoolType


class LiDARSavePool(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARSavePool",
            display_name="LiDAR Save Pool",
            category=CATEGORY,
            description="Saves a pool to output/lidar_pools: draw once, use with many seeds and after restarts.",
            is_output_node=True,
            inputs=[
                PoolType.Input("pool", tooltip="The pool to save."),
                io.String.Input("filename", default="pool", tooltip="The file's name; a number is added to it."),
            ],
            outputs=[],
        )

    @classmethod
    def execute(cls, pool: Pool, filename: str) -> io.NodeOutput:
        path = files.next_pool_path(filename)
        save_pool(pool, path)
        return io.NodeOutput(ui={"text": [f"Saved {len(pool)} samples to {path.name}."]})


class LiDARLoadPool(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARLoadPool",
            display_name="LiDAR Load Pool",
            category=CATEGORY,
            description="Loads a lookahead pool that LiDAR Save Pool wrote.",
            inputs=[
                io.Combo.Input("pool_name", options=files.pool_files(), tooltip="A file in output/lidar_pools."),
            ],
            outputs=[PoolType.Output(display_name="pool")],
        )

    @classmethod
    def fingerprint_inputs(cls, pool_name: str) -> tuple[int, float]:
        status = files.pool_path(pool_name).stat()
        return status.st_size, status.st_mtime

    @classmethod
    def execute(cls, pool_name: str) -> io.NodeOutput:
        return io.NodeOutput(load_pool(files.pool_path(pool_name)))


class LiDARMergePools(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARMergePools",
            display_name="LiDAR Merge Pools",
            category=CATEGORY,
            description="Joins pools of one prompt, model, size and reward, such as parts drawn on several machines.",
            inputs=[
                PoolType.Input("pool_1", tooltip="A pool."),
                PoolType.Input("pool_2", tooltip="Another pool, drawn with another lookahead seed."),
                PoolType.Input("pool_3", optional=True, tooltip="A third pool."),
                PoolType.Input("pool_4", optional=True, tooltip="A fourth pool."),
            ],
            outputs=[PoolType.Output(display_name="pool")],
        )

    @classmethod
    def execute(
        cls, pool_1: Pool, pool_2: Pool, pool_3: Pool | None = None, pool_4: Pool | None = None
    ) -> io.NodeOutput:
        return io.NodeOutput(merge_pools([pool for pool in (pool_1, pool_2, pool_3, pool_4) if pool is not None]))
