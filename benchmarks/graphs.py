"""A network on a GPU as CUDA graphs, one for each shape: a small network would otherwise wait for Python."""

from typing import Any

import torch

_CALLS_BEFORE_CAPTURE = 3
"""They choose the kernels and fill the caches."""


class Graphed:
    """Replays `network` as a CUDA graph for tensors on a GPU without autograd; other calls go to the network itself."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.network = network
        self._graphs: dict[tuple[Any, ...], tuple[torch.cuda.CUDAGraph, list[torch.Tensor], Any]] = {}

    def __call__(
        self, x: torch.Tensor, step: torch.Tensor, features: torch.Tensor, added_cond_kwargs: dict[str, torch.Tensor]
    ) -> Any:
        if not torch.is_inference_mode_enabled():
            return self.network(x, step, features, added_cond_kwargs=added_cond_kwargs)
        given = [x, step.to(x.device), features, *added_cond_kwargs.values()]
        shapes = tuple(tuple(part.shape) for part in given)
        if shapes not in self._graphs:
            self._graphs[shapes] = self._captured(given, list(added_cond_kwargs))
        graph, inputs, output = self._graphs[shapes]
        for place, part in zip(inputs, given, strict=True):
            place.copy_(part)
        graph.replay()
        return type(output)(output.sample.clone())

    def _captured(
        self, given: list[torch.Tensor], names: list[str]
    ) -> tuple[torch.cuda.CUDAGraph, list[torch.Tensor], Any]:
        inputs = [part.clone(memory_format=torch.contiguous_format) for part in given]
        x, step, features, *added = inputs

        def call() -> Any:
            return self.network(x, step, features, added_cond_kwargs=dict(zip(names, added, strict=True)))

        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_CALLS_BEFORE_CAPTURE):
                call()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            output = call()
        return graph, inputs, output
