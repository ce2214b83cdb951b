"""What a method spends: counts, processor seconds and peak memory."""

import ctypes
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    """Spent by one method on one prompt, all pictures together.

    nfe: network function evaluations, passes of one latent through the denoiser; each half of classifier-free guidance
    counts. backward: those that were also differentiated. decodes, scores: pictures decoded and scored on the way;
    decoding the delivered pictures, which every method needs, is left out. gradients: the decodes and scores that were
    also differentiated. seconds: processor time of all threads. memory: peak MiB above the loaded models, 0 if unknown.
    """

    nfe: int = 0
    backward: int = 0
    decodes: int = 0
    scores: int = 0
    gradients: int = 0
    seconds: float = 0.0
    memory: float = 0.0

    def add(self, other: "Cost") -> None:
        """Add everything up, except the memory, whose peak counts."""
        for name in ("nfe", "backward", "decodes", "scores", "gradients", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.memory = max(self.memory, other.memory)


class PeakMemory:
    """The process's peak resident memory above what it was at start(), on Linux; elsewhere always 0."""

    _STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")

    def __init__(self) -> None:
        self._known = sys.platform == "linux"
        self._base = 0.0

    def start(self) -> None:
        """Return freed memory to the system, so that using it again counts, and measure from here."""
        if self._known:
            ctypes.CDLL(None).malloc_trim(0)
            self._base = self._read("VmRSS:")
            self._RESET.write_text("5")

    def take(self) -> float:
        """MiB at the peak since the last take() or start()."""
        if not self._known:
            return 0.0
        peak = self._read("VmHWM:") - self._base
        self._RESET.write_text("5")
        return max(peak, 0.0)

    def _read(self, name: str) -> float:
        line = next(line for line in self._STATUS.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) / 1024
