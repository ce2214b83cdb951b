"""What the running host's node definitions can say."""

from dataclasses import fields

from comfy_api.v0_0_2 import io

# From ComfyUI 0.19 on, a node that is no output node can have its cached result sent to the page again.
RESULT_ON_NODE: dict[str, bool] = (
    {"has_intermediate_output": True}
    if any(field.name == "has_intermediate_output" for field in fields(io.Schema))
    else {}
)
