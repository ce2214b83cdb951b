"""Selects images of a batch, so that each lookahead sample sees the conditioning of its own image.

The host prepares the conditionings of a whole batch at once: texts, pictures to inpaint, references, masks of regions.
Only then is it known which of their tensors have a row for each image, so rows are selected after that.
"""

import copy
from collections.abc import Sequence
from typing import Any

import comfy.conds
import comfy.patcher_extension
import torch

_KEY = "lidar_images"


def of_images(model: Any, images: Sequence[int], noise: torch.Tensor) -> Any:
    """A clone of `model` that samples only these images of a batch, in this order and as often as they are named.

    noise: one for each of `images`, in place of the run's own.
    """

    def prepared(executor: Any, patcher: Any, shape: Any, *args: Any, **rest: Any) -> Any:
        return executor(patcher, torch.Size([len(images), *shape[1:]]), *args, **rest)

    def sampled(executor: Any, guider: Any, *run: Any) -> Any:
        sigmas, extra, callback, whole, latents, mask, *rest = run
        rows = list(images)
        of_batch, controls = guider.conds, _Controls(rows)
        guider.conds = {name: [_entry(entry, controls) for entry in entries] for name, entries in of_batch.items()}
        chosen = noise.to(whole), latents[rows], None if mask is None else mask[rows]
        try:
            return executor(guider, sigmas, extra, callback, *chosen, *rest)
        finally:
            guider.conds = of_batch

    clone = model.clone()
    kinds = comfy.patcher_extension.WrappersMP
    # Around all other wrappers, which must see the selected images: FreeNoise, for one, works on the noise.
    for kind, wrapper in ((kinds.PREPARE_SAMPLING, prepared), (kinds.SAMPLER_SAMPLE, sampled)):
        clone.wrappers[kind] = {_KEY: [wrapper], **clone.wrappers.get(kind, {})}
    return clone


def differ(images: torch.Tensor, mask: torch.Tensor | None, positive: Any) -> bool:
    """Whether the images of a batch start from different latents or have different prompts."""
    parts = [images, *(() if mask is None else (mask,)), *(tensor for tensor, _ in positive)]
    return any(not torch.equal(part, part[:1].expand_as(part)) for part in parts)


def entries_of(entries: Sequence[dict[str, Any]], images: Sequence[int]) -> list[dict[str, Any]]:
    """The entries of a conditioning that the host has prepared for a batch, reduced to these images."""
    controls = _Controls(images)
    return [_entry(entry, controls) for entry in entries]


def noises_from_seed(conditioning: Any) -> bool:
    """Whether the host noises a picture in `conditioning`, which it does with one seed for the whole batch."""
    return any(
        options.get("noise_augmentation") or any(part.get("noise_augmentation") for part in _seen_pictures(options))
        for _, options in conditioning
    )


def _seen_pictures(options: dict[str, Any]) -> list[dict[str, Any]]:
    return options.get("unclip_conditioning") or []


def _entry(entry: dict[str, Any], controls: "_Controls") -> dict[str, Any]:
    images = controls.images
    conditions = {name: _condition(condition, images) for name, condition in entry["model_conds"].items()}
    chosen = {**entry, "model_conds": conditions}
    if "mask" in entry:
        chosen["mask"] = _rows(entry["mask"], images)
    if entry.get("control") is not None:
        chosen["control"] = controls.of(entry["control"])
    return chosen


def _condition(condition: Any, images: Sequence[int]) -> Any:
    # The host gives image i row i and starts again after the last row. Only constants are not split into rows.
    if isinstance(condition, comfy.conds.CONDConstant):
        return condition
    held = condition.cond
    rows = [_rows(part, images) for part in held] if isinstance(held, list) else _rows(held, images)
    return type(condition)(rows)


class _Controls:
    """Copies of control networks with the selected rows of their hints; a shared network is copied once."""

    def __init__(self, images: Sequence[int]) -> None:
        self.images = images
        self.copies: dict[int, Any] = {}

    def of(self, control: Any) -> Any:
        if id(control) not in self.copies:
            chosen = copy.copy(control)
            if chosen.cond_hint_original is not None:
                chosen.cond_hint_original = _rows(chosen.cond_hint_original, self.images)
            chosen.extra_concat_orig = [_rows(part, self.images) for part in chosen.extra_concat_orig]
            if chosen.previous_controlnet is not None:
                chosen.previous_controlnet = self.of(chosen.previous_controlnet)
            self.copies[id(control)] = chosen
        return self.copies[id(control)]


def _rows(tensor: torch.Tensor, images: Sequence[int]) -> torch.Tensor:
    # A single row serves every image and stays single: the host repeats it on the device.
    return tensor if len(tensor) == 1 else tensor[[image % len(tensor) for image in images]]
