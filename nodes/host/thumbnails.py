"""Small pictures in the host's temporary folder, where the page can fetch them."""

import os
import uuid

import folder_paths
import torch
from PIL import Image

LARGEST_SIDE = 256


def save_thumbnails(images: torch.Tensor) -> list[dict[str, str]]:
    """Two files for each of images (B, H, W, C), as the host names files to its page; `full` has its own size."""
    # A name of its own each time, or a browser would show another run's cached picture.
    folder, name, _, subfolder, _ = folder_paths.get_save_image_path(
        f"lidar_{uuid.uuid4().hex[:12]}", folder_paths.get_temp_directory()
    )
    entries = []
    for index, image in enumerate(images):
        pixels = (image[..., :3] * 255).round().clamp(0, 255).byte().cpu().numpy()
        picture = Image.fromarray(pixels)
        filename, full = f"{name}_{index:05}_.jpg", f"{name}_{index:05}_full.jpg"
        picture.save(os.path.join(folder, full), quality=95)
        picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        picture.save(os.path.join(folder, filename), quality=90)
        entries.append({"filename": filename, "full": full, "subfolder": subfolder, "type": "temp"})
    return entries
