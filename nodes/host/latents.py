"""The host's LATENT: the tensor of samples, and the masks and indices that go with them."""

from typing import Any

import comfy.utils
import torch

from ...lidar_core.errors import LidarError


def samples_of(latent: dict[str, Any], socket: str) -> torch.Tensor:
    """The tensor of a latent; refuses nested latents. socket: the input that received the latent."""
    samples: torch.Tensor = latent["samples"]
    if samples.is_nested:
        raise LidarError(
            f"{socket} holds nested latents, several tensors of different shapes (such as sound beside video), which "
            "LiDAR cannot score or guide: separate them first, or sample this model without LiDAR."
        )
    return samples


def check_count(latent: dict[str, Any], count: int, what: str) -> None:
    """Refuse latents whose number differs from `count`, that of the decoded media; what: their name, as "images"."""
    if len(samples_of(latent, "latents")) != count:
        raise LidarError(
            f"latents holds {len(latent['samples'])} latents but there are {count} {what}: wire the latents that these "
            f"{what} were decoded from, or none."
        )


def joined(latents: list[dict[str, Any]]) -> dict[str, Any]:
    """Joins a list of latents to one batch. Of entries that only some of them have, masks alone are kept."""
    all_samples = [samples_of(latent, "latents") for latent in latents]
    shapes = sorted({tuple(samples.shape[1:]) for samples in all_samples})
    if len(shapes) > 1:
        raise LidarError(
            f"The list of latents holds different shapes, {' and '.join(map(str, shapes))}. The best are handed on as "
            "one batch, so bring them to one shape first."
        )
    if len(latents) == 1:
        return latents[0]
    shared = {name for name in latents[0] if all(name in other for other in latents)}
    joined: dict[str, Any] = {name: latents[0][name] for name in shared}
    joined["samples"] = torch.cat(all_samples)
    if "batch_index" in shared:
        joined["batch_index"] = [index for latent in latents for index in latent["batch_index"]]
    if any(latent.get("noise_mask") is not None for latent in latents):
        joined["noise_mask"] = torch.cat(_masks_of_one_size(latents))
    return joined


def _masks_of_one_size(latents: list[dict[str, Any]]) -> list[torch.Tensor]:
    """The masks of latents of one shape. Masks of several sizes are scaled to the latents, as the host does it when it
    samples."""
    masks = [_masks(latent) for latent in latents]
    if len({mask.shape[1:] for mask in masks}) == 1:
        return masks
    pairs = zip(masks, latents, strict=True)
    return [comfy.utils.reshape_mask(mask, latent["samples"].shape)[:, :1] for mask, latent in pairs]


def _masks(latent: dict[str, Any]) -> torch.Tensor:
    """The mask of each sample, as the host gives them out: row i to sample i, and after the last the first again.

    Without a mask the whole latent is sampled, so it is all ones.
    """
    samples, mask = latent["samples"], latent.get("noise_mask")
    if mask is None:
        return torch.ones(len(samples), 1, *samples.shape[2:])
    if samples.ndim == 4:
        mask = mask.reshape(-1, 1, *mask.shape[-2:])
    elif samples.ndim == 5 and mask.ndim < 5:
        # The frames of one mask, which is every video's.
        mask = mask.reshape(1, 1, -1, *mask.shape[-2:])
    if len(mask) == 1:
        return mask.expand(len(samples), *mask.shape[1:])
    return mask[[sample % len(mask) for sample in range(len(samples))]]


def rows(latents: dict[str, Any], indices: torch.Tensor) -> dict[str, Any]:
    """The latents at `indices`, each with its mask and its index in the batch's noise."""
    count = len(latents["samples"])
    batch_index = latents.get("batch_index", list(range(count)))
    chosen = {
        **latents,
        "samples": latents["samples"][indices],
        "batch_index": [batch_index[index] for index in indices.tolist()],
    }
    if latents.get("noise_mask") is not None:
        chosen["noise_mask"] = _masks(latents)[indices]
    return chosen
