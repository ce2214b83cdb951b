from typing import Any

from comfy_api.v0_0_2 import io

from .sockets import CATEGORY


class LiDARListEntry(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LiDARListEntry",
            display_name="LiDAR List Entry",
            category=CATEGORY,
            description="One entry of a list. LiDAR KSampler uses it to give each of its runs the right inputs.",
            is_input_list=True,
            is_dev_only=True,
            inputs=[
                io.AnyType.Input("entries", tooltip="A list, or a single thing."),
                io.Int.Input(
                    "index", default=0, min=0, tooltip="Which entry, from 0. Beyond the end it is the last one."
                ),
            ],
            outputs=[io.AnyType.Output(display_name="entry")],
        )

    @classmethod
    def execute(cls, entries: list[Any], index: list[int]) -> io.NodeOutput:
        # As in the host, a shorter list repeats its last entry.
        return io.NodeOutput(entries[min(index[0], len(entries) - 1)])
