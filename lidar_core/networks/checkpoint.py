"""A scorer's file: its tensors under plain names, and the check that they are the ones a network needs."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from ..errors import LidarError

logger = logging.getLogger(__name__)

Tensors = dict[str, torch.Tensor]

# What trainers and wrappers put around the network's own names.
_WRAPPERS = ("module.", "model.", "clip.")


@dataclass(frozen=True)
class Checkpoint:
    """tensors: by plain name. name: the file's path below its folder, with / between. sources: each tensor's name in
    the file, where it differs."""

    tensors: Tensors
    name: str = "scorer"
    metadata: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, contents: Mapping[str, Any], name: str, metadata: Mapping[str, str] | None = None) -> "Checkpoint":
        """From what was read of a file: nested dictionaries and the names of wrappers are taken off."""
        if not isinstance(contents, Mapping):
            contents = {}
        while True:
            inner = [value for value in contents.values() if isinstance(value, Mapping)]
            if any(isinstance(value, torch.Tensor) for value in contents.values()) or len(inner) != 1:
                break
            contents = inner[0]
        tensors = {key: value for key, value in contents.items() if isinstance(value, torch.Tensor)}
        if not tensors:
            raise LidarError(
                f'The file "{name}" holds no tensors by name: choose the weights of a scorer, as a state dict.'
            )
        sources = {key: key for key in tensors}
        while prefix := next((p for p in _WRAPPERS if all(key.startswith(p) for key in sources)), None):
            sources = {key.removeprefix(prefix): source for key, source in sources.items()}
        return cls(
            {key: tensors[source] for key, source in sources.items()},
            name.replace("\\", "/"),
            metadata or {},
            sources,
        )

    def source(self, name: str) -> str:
        return self.sources.get(name, name)

    def shape(self, name: str, dimensions: int) -> torch.Size:
        """The shape of a tensor that must be there and have so many dimensions."""
        if name not in self.tensors:
            raise LidarError(f'The file "{self.name}" lacks the tensor "{name}": {_CHOOSE_ANOTHER}')
        shape = self.tensors[name].shape
        if len(shape) != dimensions:
            raise LidarError(
                f'In the file "{self.name}" the tensor "{self.source(name)}" has the shape {tuple(shape)} '
                f"where {dimensions} dimensions were expected: {_CHOOSE_ANOTHER}"
            )
        return shape


_CHOOSE_ANOTHER = "it is incomplete or another kind of model. Download it again, or choose its kind in type."


def layer_count(names: Collection[str], prefix: str) -> int:
    """How many layers are named `prefix`0., `prefix`1. and so on, up to the highest number."""
    numbers = {name[len(prefix) :].split(".", 1)[0] for name in names if name.startswith(prefix)}
    return 1 + max((int(number) for number in numbers if number.isdigit()), default=-1)


def fill(
    module: nn.Module,
    twin: nn.Module,
    file: Checkpoint,
    dtype: torch.dtype = torch.float32,
    ignored: Collection[str] = (),
) -> None:
    """Give `module`, built on the meta device, the file's tensors in `dtype`.

    twin: the same network of plain torch layers, which say what is needed; a host's layers may hold no weights yet.
    ignored: names, or beginnings of names, that the file may hold without being asked about.
    """
    needed = {name: tensor.shape for name, tensor in twin.state_dict().items()}
    missing = [name for name in needed if name not in file.tensors]
    if missing:
        raise LidarError(f'The file "{file.name}" lacks {_listed(missing)}: {_CHOOSE_ANOTHER}')
    for name, shape in needed.items():
        found = file.tensors[name].shape
        if found != shape:
            raise LidarError(
                f'In the file "{file.name}" the tensor "{file.source(name)}" has the shape {tuple(found)} '
                f"where {tuple(shape)} was expected: {_CHOOSE_ANOTHER}"
            )
    unused = [file.source(name) for name in file.tensors if name not in needed and not name.startswith(tuple(ignored))]
    if unused:
        logger.warning('LiDAR does not use %s of the scorer file "%s".', _listed(unused), file.name)
    module.load_state_dict({name: file.tensors[name].to(dtype) for name in needed}, assign=True)
    module.eval().requires_grad_(False)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{'the tensor' if len(names) == 1 else f'{len(names)} tensors:'} {shown}{more}"
