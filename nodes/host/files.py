"""The host's folders and files."""

import os
from pathlib import Path

import comfy.sd1_clip
import comfy.utils
import folder_paths
import torch

from ...lidar_core.errors import LidarError
from ...lidar_core.networks.checkpoint import Checkpoint
from ...lidar_core.pools.pool import PoolError

REWARD_FOLDER = "reward_models"
# Where the host's users already have picture towers.
_TOWER_FOLDER = "clip_vision"
_REWARD_EXTENSIONS = {".safetensors", ".sft", ".pt", ".pth", ".bin"}


def register_reward_folder() -> None:
    """Make models/reward_models known, with any folders that extra_model_paths.yaml gave it."""
    folder_paths.add_model_folder_path(REWARD_FOLDER, os.path.join(folder_paths.models_dir, REWARD_FOLDER))
    folders, extensions = folder_paths.folder_names_and_paths[REWARD_FOLDER]
    folder_paths.folder_names_and_paths[REWARD_FOLDER] = (folders, set(extensions) | _REWARD_EXTENSIONS)


def reward_files() -> list[str]:
    return folder_paths.get_filename_list(REWARD_FOLDER)


def reward_path(name: str) -> str:
    return folder_paths.get_full_path_or_raise(REWARD_FOLDER, name)


def tower_files() -> list[str]:
    """Files that can hold a picture tower: those of the reward folder, then the host's own, under their folder."""
    return [*reward_files(), *(f"{_TOWER_FOLDER}/{name}" for name in folder_paths.get_filename_list(_TOWER_FOLDER))]


def tower_path(name: str) -> str:
    if name in reward_files():
        return reward_path(name)
    return folder_paths.get_full_path_or_raise(_TOWER_FOLDER, name.removeprefix(f"{_TOWER_FOLDER}/"))


def clip_vocabulary() -> Path:
    """The folder of the host's copy of CLIP's vocab.json and merges.txt."""
    return Path(comfy.sd1_clip.__file__).parent / "sd1_tokenizer"


def checkpoint(path: str, name: str) -> Checkpoint:
    """The tensors and metadata of a scorer's file; a file that would run code of its own is refused."""
    try:
        contents, metadata = comfy.utils.load_torch_file(path, safe_load=True, return_metadata=True)
    except Exception as error:
        # By name, since the registry flags packs that import the module which defines it.
        if type(error).__name__ == "UnpicklingError":
            raise LidarError(
                f'The file "{name}" holds Python objects beside tensors, which could run any code, and is not opened: '
                "use a .safetensors file of the same model, or one that holds a state dict alone."
            ) from error
        if "TorchScript" in str(error):
            raise LidarError(
                f'The file "{name}" is a TorchScript program, as OpenAI\'s own ViT-L-14.pt is, and is not opened: use '
                "model.safetensors of openai/clip-vit-large-patch14, which holds the same weights."
            ) from error
        raise
    return Checkpoint.of(contents, name, metadata)


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
