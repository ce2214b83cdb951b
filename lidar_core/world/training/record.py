"""Training records: what made a weight file, kept in its safetensors metadata."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._start


def save_weights(path: Path, state: dict[str, torch.Tensor], record: Mapping[str, object]) -> None:
    """Write half-precision weights to `path`, with `record` as JSON in the metadata key "training"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: tensor.detach().half().contiguous() for name, tensor in state.items()}
    record = {**record, "torch": torch.__version__, "threads": torch.get_num_threads()}
    save_file(halves, path, metadata={"format": "pt", "training": json.dumps(record, sort_keys=True)})
