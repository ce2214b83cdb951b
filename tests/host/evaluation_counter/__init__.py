"""A node for tests: a model that appends to a file at each evaluation, one byte for each latent."""

import comfy.patcher_extension
from comfy_api.v0_0_2 import ComfyExtension, io


class CountEvaluations(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="CountEvaluations",
            category="testing",
            inputs=[io.Model.Input("model"), io.String.Input("path")],
            outputs=[io.Model.Output()],
        )

    @classmethod
    def execute(cls, model, path: str) -> io.NodeOutput:
        def counted(executor, x, *args, **kwargs):
            with open(path, "ab") as file:
                file.write(b"." * len(x))
            return executor(x, *args, **kwargs)

        counting = model.clone()
        counting.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.APPLY_MODEL, "count", counted)
        return io.NodeOutput(counting)


class CountingExtension(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [CountEvaluations]


async def comfy_entrypoint() -> ComfyExtension:
    return CountingExtension()
