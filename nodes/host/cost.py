"""Counts the model calls of a run and times its phases."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Cost:
    """model_calls: denoised predictions, each image counted once whatever the cfg. seconds: by phase.

    announce: is called with the name of each phase.
    """

    announce: Callable[[str], None] = lambda phase: None
    model_calls: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.announce(name)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)

    def counted_prediction(self, executor: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """A wrapper of the host's model predictions that counts them."""
        self.model_calls += len(x)
        return executor(x, *args, **kwargs)
