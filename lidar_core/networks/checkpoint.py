"""A file of weights: its tensors under plain names, and the check that they are the ones a network needs."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from math import isqrt
from typing import Any, TypeVar

import torch
from torch import nn

from ..errors import LidarError
from ..quoting import quoted
from . import shapes

logger = logging.getLogger(__name__)

Network = TypeVar("Network", bound=nn.Module)
Tensors = dict[str, torch.Tensor]

_NUMBERS = {
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
    torch.complex64,
    torch.complex128,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
}
# Prefixes that trainers and wrappers put before the network's own names.
_WRAPPERS = ("module.", "model.", "clip.")


@dataclass(frozen=True)
class Checkpoint:
    """tensors: by plain name. name: the file's path below its folder, with / between. sources: each tensor's name in
    the file, where it differs."""

    tensors: Tensors
    name: str = "weights"
    metadata: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, contents: Mapping[str, Any], name: str, metadata: Mapping[str, str] | None = None) -> "Checkpoint":
        """From the contents of a file, without nested dictionaries and the prefixes of wrappers."""
        if not isinstance(contents, Mapping):
            contents = {}
        # A pickled dictionary may hold itself.
        passed: list[int] = []
        while id(contents) not in passed:
            inner = [value for value in contents.values() if isinstance(value, Mapping)]
            # Beside it may be the state of an optimizer, or a configuration.
            if isinstance(contents.get("state_dict"), Mapping):
                inner = [contents["state_dict"]]
            if any(isinstance(value, torch.Tensor) for value in contents.values()) or len(inner) != 1:
                break
            passed.append(id(contents))
            contents = inner[0]
        tensors = {key: value for key, value in contents.items() if isinstance(key, str) and _is_plain(value)}
        if not tensors:
            raise LidarError(
                f"The file {quoted(name)} holds no named tensors of plain numbers: choose the weights of a reward, as "
                "a state dict."
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
        """The shape of a tensor that must exist and have this number of dimensions."""
        if name not in self.tensors:
            raise LidarError(f'The file {quoted(self.name)} lacks the tensor "{name}": {CHOOSE_ANOTHER}')
        shape = self.tensors[name].shape
        if len(shape) != dimensions or 0 in shape:
            raise LidarError(
                f"In the file {quoted(self.name)} the tensor {quoted(self.source(name))} has the shape {tuple(shape)} "
                f"where {dimensions} dimensions were expected: {CHOOSE_ANOTHER}"
            )
        return shape


def _is_plain(value: object) -> bool:
    """Whether it is a tensor of numbers: not sparse, nested, quantised, or without its numbers."""
    return (
        isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and not (value.is_nested or value.is_quantized or value.is_meta)
        and value.dtype in _NUMBERS
    )


CHOOSE_ANOTHER = "it is incomplete or another kind of model. Download it again, or choose its kind in type."


def check_heads(file: Checkpoint, width: int, heads: int) -> None:
    if width % heads:
        raise LidarError(
            f"The file {quoted(file.name)} has layers of {width} channels, which {heads} attention heads cannot share "
            f"equally: {CHOOSE_ANOTHER}"
        )


def check_patches(file: Checkpoint, kernel: str, patches: int) -> None:
    """Refuse a picture tower whose patches do not form a square; kernel: the name of its patch embedding's weight."""
    _, channels, height, width = file.shape(kernel, 4)
    if (channels, height) != (3, width) or patches < 1 or isqrt(patches) ** 2 != patches:
        raise LidarError(
            f"The picture tower in the file {quoted(file.name)} has {patches} patches of {height} x {width} pixels in "
            f"{channels} channels, which make no square picture in colour: {CHOOSE_ANOTHER}"
        )


def layer_count(names: Collection[str], prefix: str) -> int:
    """How many layers are named `prefix`0., `prefix`1. and so on, up to the highest number."""
    numbers = {name[len(prefix) :].split(".", 1)[0] for name in names if name.startswith(prefix)}
    highest = max((int(number) for number in numbers if number.isdecimal() and len(number) < 4), default=-1)
    return 1 + highest


def filled(
    build: Callable[[Any], Network],
    operations: Any,
    file: Checkpoint,
    dtype: torch.dtype = torch.float32,
    ignored: Collection[str] = (),
) -> Network:
    """The network that `build` makes of the layers in `operations`, with the file's tensors in `dtype`.

    ignored: names, or beginnings of names, that the file may hold although the network does not use them.
    """
    # A host's layers may hold no weights yet, so torch's own layers tell which tensors are needed.
    with torch.device("meta"):
        needed = build(shapes).state_dict()
    missing = [name for name in needed if name not in file.tensors]
    if missing:
        raise LidarError(f"The file {quoted(file.name)} lacks {_listed(missing)}: {CHOOSE_ANOTHER}")
    for name, shaped in needed.items():
        found, shape = file.tensors[name].shape, shaped.shape
        if found != shape:
            raise LidarError(
                f"In the file {quoted(file.name)} the tensor {quoted(file.source(name))} has the shape {tuple(found)} "
                f"where {tuple(shape)} was expected: {CHOOSE_ANOTHER}"
            )
    unused = [file.source(name) for name in file.tensors if name not in needed and not name.startswith(tuple(ignored))]
    if unused:
        logger.warning("LiDAR does not use %s of the file %s.", _listed(unused), quoted(file.name))
    with torch.device("meta"):
        network = build(operations)
    # Counts, such as a normalisation's batches, stay what they are.
    types = {name: dtype if tensor.is_floating_point() else tensor.dtype for name, tensor in needed.items()}
    network.load_state_dict({name: file.tensors[name].to(kind) for name, kind in types.items()}, assign=True)
    return network.eval().requires_grad_(False)


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(quoted, names[:5]))
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{'the tensor' if len(names) == 1 else f'{len(names)} tensors:'} {shown}{more}"
