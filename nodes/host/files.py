"""The host's folders and files."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import comfy.sd1_clip
import comfy.utils
import folder_paths
import torch

from ...lidar_core.errors import LidarError
from ...lidar_core.networks.checkpoint import Checkpoint
from ...lidar_core.networks.downloads import looks_like
from ...lidar_core.quoting import quoted
from .listing import files_below

logger = logging.getLogger(__name__)

REWARD_FOLDER = "reward_models"
NO_REWARD_FILE = "no reward model yet: see Node Info"
PICKSCORE = "https://huggingface.co/yuvalkirstain/PickScore_v1/resolve/main/model.safetensors"
# Folders in which users of the host already have picture towers.
_TOWER_FOLDER = "clip_vision"
_REWARD_EXTENSIONS = {".safetensors", ".sft", ".pt", ".pth", ".bin"}


def register_reward_folder() -> None:
    """Make models/reward_models known, with any folders that extra_model_paths.yaml gave it."""
    folder_paths.add_model_folder_path(REWARD_FOLDER, os.path.join(folder_paths.models_dir, REWARD_FOLDER))
    folders, extensions = folder_paths.folder_names_and_paths[REWARD_FOLDER]
    folder_paths.folder_names_and_paths[REWARD_FOLDER] = (folders, set(extensions) | _REWARD_EXTENSIONS)
    try:
        os.makedirs(folders[0], exist_ok=True)
    except OSError as error:
        logger.warning("LiDAR cannot make the folder models/%s: %s.", REWARD_FOLDER, quoted(str(error.strerror)))


def reward_files() -> list[str]:
    return _files_of(REWARD_FOLDER)


def reward_path(name: str) -> str:
    path: str | None = folder_paths.get_full_path(REWARD_FOLDER, name)
    if path is None:
        folder = folder_paths.get_folder_paths(REWARD_FOLDER)[0].replace(os.sep, "/")
        missing = "There is no reward model yet" if name == NO_REWARD_FILE else f"{quoted(name)} is not there"
        raise LidarError(
            f"{missing}: put a file such as PickScore ({PICKSCORE}) into the folder {quoted(folder, 300)}, press R, "
            "and choose it in reward_name. LiDAR Reward Metric needs no file."
        )
    return path


def stamps(find: Callable[[str], str], name: str | None) -> list[tuple[int, float]]:
    """Size and time of the file `name`, which change when it is replaced; none if `find` has no path for it.

    If `name` is None, of every file that it may be.
    """
    found = []
    for file in tower_files() if name is None else [name]:
        try:
            status = os.stat(find(file))
        except (LidarError, OSError):
            continue
        found.append((status.st_size, status.st_mtime))
    return found


def new_reward_path(name: str) -> Path:
    """The path of a new file of this name, without its ending, in the first reward folder."""
    if not name.strip(". ") or name != Path(name).name or Path(name).suffix or not name.isprintable():
        raise LidarError(f"A reward cannot be saved as {quoted(name)}: give a plain name without folders or ending.")
    return Path(folder_paths.get_folder_paths(REWARD_FOLDER)[0]) / f"{name}.safetensors"


def tower_files() -> list[str]:
    """Files that may hold a picture tower: those of the reward folder, then the host's own with their folder."""
    return [*reward_files(), *(f"{_TOWER_FOLDER}/{name}" for name in _files_of(_TOWER_FOLDER))]


def tower_path(name: str) -> str:
    if name in reward_files():
        return reward_path(name)
    path: str | None = folder_paths.get_full_path(_TOWER_FOLDER, name.removeprefix(f"{_TOWER_FOLDER}/"))
    if path is None:
        raise LidarError(f"The picture tower {quoted(name)} is not there: choose another file in picture_tower.")
    return path


def _files_of(kind: str) -> list[str]:
    """The files of this kind of model, as the host names them.

    The host's own list fails once a folder that it has seen is gone, and never ends where several links lead to their
    own folder.
    """
    folders, endings = folder_paths.folder_names_and_paths[kind]
    return sorted({os.path.relpath(path, folder) for folder in folders for path in files_below(folder, endings)})


def clip_vocabulary() -> Path:
    """The folder of the host's copy of CLIP's vocab.json and merges.txt."""
    return Path(comfy.sd1_clip.__file__).parent / "sd1_tokenizer"


def tokenizer_beside(path: str) -> Path:
    """Where the vocabulary of a text tower lies that the host has none for."""
    return Path(path).parent / "tokenizer.json"


def checkpoint(path: str, name: str) -> Checkpoint:
    """The tensors and metadata of a reward's file; a file that would run code is refused."""
    try:
        contents, metadata = comfy.utils.load_torch_file(path, safe_load=True, return_metadata=True)
    except Exception as error:
        # Not chained: the host's message holds the unquoted path, which the log may be unable to encode.
        raise LidarError(f"The file {quoted(name)} {_why_unreadable(Path(path), error)}") from None
    return Checkpoint.of(contents, name, metadata)


def _why_unreadable(path: Path, error: Exception) -> str:
    try:
        failed_download = looks_like(path)
    except OSError as failed:
        return f"cannot be read ({quoted(str(failed.strerror))}): check that it is there and that ComfyUI may read it."
    if failed_download:
        return failed_download
    if "TorchScript" in str(error):
        return (
            "is a TorchScript program, as OpenAI's own ViT-L-14.pt is, and is not opened: use model.safetensors of "
            "openai/clip-vit-large-patch14, which holds the same weights."
        )
    if "GLOBAL" in str(error):
        return (
            "holds Python objects as well as tensors. They could run any code, so it is not opened: use a .safetensors "
            "file of the same model, or one that holds nothing but a state dict."
        )
    return "is damaged, or holds no weights: download it again, or choose another file."


def load_tensors(path: str) -> dict[str, torch.Tensor]:
    return comfy.utils.load_torch_file(path, safe_load=True)
