"""Where the samples of a pool come from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch


@dataclass(frozen=True)
class Origin:
    """How the samples of a pool were drawn; None means unknown, as for pools made from scores.

    rows: for each sample the row of the latent batch that it grew from; empty if unknown. rows_differ: whether those
    rows are different pictures to start from, or have different prompts.
    redraws_noise: whether `sample_noise` of a sample's seed is the noise that the sample grew from.
    handover: the noise-to-signal ratio down to which the samples lead at strength 1, see guidance/handover.py; infinity
    if they do not lead. measured_with: the host's ids of the models that it was measured with,
    separated by spaces.
    """

    steps: int | None = None
    cfg: float | None = None
    sampler_name: str | None = None
    scheduler: str | None = None
    lookahead_seed: int | None = None
    denoise: float | None = None
    model: str | None = None
    latent_format: str | None = None
    rows: tuple[int, ...] = ()
    rows_differ: bool = False
    redraws_noise: bool = False
    handover: float | None = None
    measured_with: str | None = None

    def of_samples(self, samples: Sequence[int]) -> "Origin":
        """The origin of a pool of only these samples, in this order."""
        return replace(self, rows=tuple(self.rows[sample] for sample in samples)) if self.rows else self

    def own_samples(self, images: int) -> torch.Tensor | None:
        """(images, n) bool, the samples that each image of a batch may follow: those of its own row; None: all."""
        if images == 1 or not (self.rows and self.rows_differ):
            return None
        return torch.tensor(self.rows)[None] == torch.arange(images)[:, None]
