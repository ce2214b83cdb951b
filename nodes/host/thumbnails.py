"""Small pictures in the host's temporary folder, where the page can fetch them."""

import os
import uuid

import folder_paths
import torch
from PIL import Image

LARGEST_SIDE = 256


def rgb_picture(image: torch.Tensor) -> Image.Image:
    """(H, W, C) in [0, 1] as a file format without transparency takes it: one or two channels are grey (and alpha), of
    more the first three are shown."""
    if image.shape[-1] < 3:
        image = image[..., :1].expand(*image.shape[:-1], 3)
    pixels = torch.nan_to_num(image[..., :3]).mul(255).round().clamp(0, 255).byte().cpu().numpy()
    return Image.fromarray(pixels)


def save_thumbnails(images: torch.Tensor) -> list[dict[str, str]]:
    """Two files for each of images (B, H, W, C), as the host names files to its page; `full` has its own size."""
    # A name of its own each time, or a browser would show another run's cached picture.
    folder, name, _, subfolder, _ = folder_paths.get_save_image_path(
        f"lidar_{uuid.uuid4().hex[:12]}", folder_paths.get_temp_directory()
    )
    entries = []
    for index, image in enumerate(images):
        picture = rgb_picture(image)
        filename, full = f"{name}_{index:05}_.jpg", f"{name}_{index:05}_full.jpg"
        picture.save(os.path.join(folder, full), quality=95)
        picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        picture.save(os.path.join(folder, filename), quality=90)
        entries.append({"filename": filename, "full": full, "subfolder": subfolder, "type": "temp"})
    return entries
