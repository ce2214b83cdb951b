from comfy_api.v0_0_2 import io

from ..lidar_core.pools.merge import merge_pools
from ..lidar_core.pools.pool import Pool
from .sockets import POOLS, PoolType

_MOST_POOLS = 64


class LiDARMergePools(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        names = [f"pool_{number}" for number in range(1, _MOST_POOLS + 1)]
        return io.Schema(
            node_id="LiDARMergePools",
            display_name="LiDAR Merge Pools",
            category=POOLS,
            description="Joins pools of one prompt, model, size and reward, such as parts drawn on several machines.",
            inputs=[
                io.Autogrow.Input(
                    "pools",
                    template=io.Autogrow.TemplateNames(
                        PoolType.Input("pool", tooltip="A pool. Draw each with another lookahead seed."), names, min=2
                    ),
                    tooltip="The pools to join, as many as you like.",
                )
            ],
            outputs=[PoolType.Output(display_name="pool")],
        )

    @classmethod
    def execute(cls, pools: dict[str, Pool]) -> io.NodeOutput:
        return io.NodeOutput(merge_pools([pools[name] for name in sorted(pools, key=_number)]))


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])
