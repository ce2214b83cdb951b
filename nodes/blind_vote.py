import torch
from comfy_api.v0_0_2 import io

from ..lidar_core.errors import LidarError
from .host import blind_pairs, panel
from .sockets import CATEGORY


class LiDARBlindVote(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARBlindVote",
            display_name="LiDAR Blind Vote",
            category=CATEGORY,
            description=(
                "Shows two pictures of a pair without saying which is which, counts the ones that you like better, and "
                "says how sure the result is."
            ),
            search_aliases=["a/b test", "blind test", "compare images", "preference", "which is better"],
            is_output_node=True,
            inputs=[
                io.Image.Input("first", tooltip="The pictures of one way, such as LiDAR's."),
                io.Image.Input(
                    "second", tooltip="The pictures of the other way, such as plain ones: same prompt, seeds and order."
                ),
                io.String.Input("first_name", default="LiDAR", tooltip="What the result calls the first pictures."),
                io.String.Input("second_name", default="plain", tooltip="What the result calls the second pictures."),
            ],
            outputs=[],
        )

    @classmethod
    def execute(cls, first: torch.Tensor, second: torch.Tensor, first_name: str, second_name: str) -> io.NodeOutput:
        if len(first) != len(second):
            raise LidarError(
                f"first holds {len(first)} pictures but second holds {len(second)}, so they make no pairs: wire two "
                "batches of one size, drawn from the same seeds."
            )
        return io.NodeOutput(ui=panel.to_vote(blind_pairs.saved(first, second), [first_name, second_name]))
