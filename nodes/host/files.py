"""The host's folders and files."""

import os
from pathlib import Path

import comfy.utils
import folder_paths
import torch

from ...lidar_core.pool import PoolError

REWARD_FOLDER = "reward_models"


def register_reward_folder() -> None:
    """Make models/reward_models known, with any folders that extra_model_paths.yaml gave it."""
    folder_paths.add_model_folder_path(REWARD_FOLDER, os.path.join(folder_paths.models_dir, REWARD_FOLDER))
    folders, extensions = folder_paths.folder_names_and_paths[REWARD_FOLDER]
    folder_paths.folder_names_and_paths[REWARD_FOLDER] = (folders, set(extensions) | {".safetensors", ".sft"})


def reward_files() -> list[str]:
    return folder_paths.get_filename_list(REWARD_FOLDER)


def reward_path(name: str) -> str:
    return folder_paths.get_full_path_or_raise(REWARD_FOLDER, name)


def pool_folder() -> Path:
    return Path(folder_paths.get_output_directory()) / "lidar_pools"


def pool_files() -> list[str]:
    """Pool files by their path below the pool folder, newest first."""
    files = sorted(pool_folder().rglob("*.safetensors"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [file.relative_to(pool_folder()).as_posix() for file in files]


def pool_path(name: str) -> Path:
    if name not in pool_files():
        raise PoolError(f'There is no pool "{name}" in {pool_folder()}: choose one of those that are there.')
    return pool_folder() / name


def next_pool_path(filename: str) -> Path:
    """The first free numbered name; the host refuses names that lead out of its output folder."""
    folder, name, counter, _, _ = folder_paths.get_save_image_path(
        f"lidar_pools/{filename}", folder_paths.get_output_directory()
    )
    return Path(folder) / f"{name}_{counter:05}_.safetensors"


def load_tensors(path: str) -> dict[str, torch.Tensor]:
    return comfy.utils.load_torch_file(path, safe_load=True)
