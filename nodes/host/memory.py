"""The host's memory management: loading, casting, and batches that fit."""

import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import comfy.model_management
import comfy.model_patcher
import comfy.ops
import torch

logger = logging.getLogger(__name__)

T = TypeVar("T")


def managed(module: torch.nn.Module) -> Any:
    """A model patcher that lets the host load, offload and free `module`."""
    return comfy.model_patcher.CoreModelPatcher(
        module,
        load_device=comfy.model_management.get_torch_device(),
        offload_device=comfy.model_management.unet_offload_device(),
    )


def load(patcher: Any, working_bytes: int = 0) -> None:
    """Move the patcher's model to its device, and make room for `working_bytes` beside it."""
    comfy.model_management.load_models_gpu([patcher], memory_required=working_bytes)


def tower_dtype() -> torch.dtype:
    """The dtype in which the host would run CLIP's towers: half precision if the GPU has it, else float32."""
    device = comfy.model_management.get_torch_device()
    asked = comfy.model_management.text_encoder_dtype(device)
    if comfy.model_management.is_device_cpu(device) or asked == torch.float32:
        return torch.float32
    if asked == torch.bfloat16:
        return torch.bfloat16
    halves = comfy.model_management.should_use_fp16(device, prioritize_performance=False)
    return torch.float16 if halves else torch.float32


def wide_tower_dtype() -> torch.dtype:
    """The same for a tower whose activations may exceed float16's range."""
    if tower_dtype() == torch.float32:
        return torch.float32
    wide = comfy.model_management.should_use_bf16(comfy.model_management.get_torch_device())
    return torch.bfloat16 if wide else torch.float32


def manual_cast() -> Any:
    """The host's layer classes, which cast and move their weights as the host's memory management needs."""
    return comfy.ops.manual_cast


def is_out_of_memory(error: Exception) -> bool:
    known = getattr(comfy.model_management, "is_oom", None)
    return known(error) if known else isinstance(error, torch.cuda.OutOfMemoryError)


def in_chunks(count: int, size: int, work: Callable[[int, int], T]) -> Iterator[T]:
    """work(start, stop) over range(count) in chunks of `size`, which is halved whenever memory runs out."""
    start = 0
    while start < count:
        comfy.model_management.throw_exception_if_processing_interrupted()
        stop = min(start + size, count)
        try:
            result = work(start, stop)
        except Exception as error:
            if size == 1 or not is_out_of_memory(error):
                raise
            result = None
        if result is None:
            size = max(1, size // 2)
            comfy.model_management.soft_empty_cache()
            logger.warning("LiDAR ran out of memory and continues with %d samples at a time.", size)
            continue
        yield result
        start = stop


def gains_from_batches(model: Any) -> bool:
    """Whether sampling several latents at once is faster than one at a time.

    Batching gains nothing on a CPU, and one at a time keeps results bit-identical whatever the pool size: matrix
    products of other batch sizes round differently.
    """
    return model.load_device.type != "cpu"


def picture_copies(images: torch.Tensor) -> int:
    """The bytes that one of `images` takes while it is moved, scaled, rounded and resized for a tower."""
    return 4 * images[0].nbytes


def fitting_pictures(device: Any, picture_bytes: int, most: int = 16) -> int:
    """How many pictures of `picture_bytes` working memory each the device has room for, between 1 and `most`."""
    room = 0.8 * comfy.model_management.get_free_memory(device)
    return max(1, min(most, int(room // picture_bytes)))


def fitting_batch(model: Any, shape: torch.Size, most: int = 16) -> int:
    """How many latents of `shape` (one sample's) the device's free memory holds at once, between 1 and `most`."""
    free = comfy.model_management.get_free_memory(model.load_device)
    for size in range(most, 1, -1):
        if model.memory_required([2 * size, *shape]) < 0.8 * free:
            return size
    return 1
