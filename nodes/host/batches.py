"""Conditionings of several images: each lookahead sample sees the row of the image that it stands for."""

from collections.abc import Sequence
from typing import Any

import torch


def rows_of(conditioning: Any, images: Sequence[int]) -> Any:
    """`conditioning` for these images of a batch, in this order.

    The host gives image i of a batch the row i of a conditioning, of the tensors that came with it and of its control
    images, and begins again after the last row.
    """
    return [_entry_rows(tensor, options, images) for tensor, options in conditioning]


def _entry_rows(tensor: torch.Tensor, options: dict[str, Any], images: Sequence[int]) -> list[Any]:
    count = len(tensor)
    chosen = dict(options)
    if count > 1:
        for name, value in options.items():
            if isinstance(value, torch.Tensor) and value.ndim and len(value) == count:
                chosen[name] = _rows(value, images)
    if "control" in options:
        chosen["control"] = _control_rows(options["control"], images)
    return [_rows(tensor, images), chosen]


def _control_rows(control: Any, images: Sequence[int]) -> Any:
    hint, before = control.cond_hint_original, control.previous_controlnet
    chosen_before = None if before is None else _control_rows(before, images)
    if (hint is None or len(hint) == 1) and chosen_before is before:
        return control
    chosen = control.copy()
    if hint is not None:
        chosen.cond_hint_original = _rows(hint, images)
    if chosen_before is not None:
        chosen.set_previous_controlnet(chosen_before)
    return chosen


def _rows(tensor: torch.Tensor, images: Sequence[int]) -> torch.Tensor:
    # One row stands for every image, and stays one: the host repeats it on the device.
    return tensor if len(tensor) == 1 else tensor[[image % len(tensor) for image in images]]
