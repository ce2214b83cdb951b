"""The connected parts of masks."""

import torch

_STEPS_AT_ONCE = 8


def blobs(masks: torch.Tensor) -> torch.Tensor:
    """(N, H, W) float32 labels for bool `masks` (N, H, W): 0 outside, one positive number for each 8-connected part.

    Each pixel starts with a number of its own, counted over all masks, and takes the largest of its neighbours' numbers
    until none changes; kornia.contrib.connected_components does the same for a given number of steps. The largest of a
    window is taken by rows, then by columns.
    """
    numbers = torch.arange(1.0, masks.numel() + 1, device=masks.device).view(masks.shape)
    labels = numbers * masks
    while True:
        before = labels
        for _ in range(_STEPS_AT_ONCE):
            labels = _largest_of_three(_largest_of_three(labels, 1), 2) * masks
        if torch.equal(labels, before):
            return labels


def _largest_of_three(labels: torch.Tensor, axis: int) -> torch.Tensor:
    """The largest of each value and its two neighbours along `axis`."""
    size = labels.shape[axis]
    first, last = labels.narrow(axis, 0, size - 1), labels.narrow(axis, 1, size - 1)
    pairs = torch.maximum(first, last)
    inner = torch.maximum(pairs.narrow(axis, 0, size - 2), pairs.narrow(axis, 1, size - 2))
    return torch.cat([pairs.narrow(axis, 0, 1), inner, pairs.narrow(axis, size - 2, 1)], axis)
