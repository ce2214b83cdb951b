"""The package transformers, whose networks the rewards for sound use. ComfyUI installs it."""

from typing import Any

from ..errors import LidarError


def transformers() -> Any:
    """The package. It is imported only when a reward needs it, because that takes seconds."""
    try:
        import transformers
    except ImportError:
        raise LidarError(
            "This reward for sound needs the Python package transformers, which is part of ComfyUI's requirements: run "
            "python -m pip install transformers with the Python that runs ComfyUI, then start it again."
        ) from None
    return transformers
