"""A reward learned from ratings of pictures, on the features of a CLIP_VISION in the graph."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ...lidar_core.errors import LidarError
from ...lidar_core.networks.clip import ACTIVATIONS
from ...lidar_core.quoting import quoted
from ...lidar_core.rewards.reward import SingleReward, rgb
from ...lidar_core.rewards.scorers.taste import NAME, SPREAD, metadata_of, tensors_of
from ...lidar_core.rewards.taste import Taste, comparisons, learned
from ...lidar_core.whole_file import write_whole
from . import files
from .picture_tower import PictureTower, is_trained


class TasteReward(SingleReward):
    """A head's scores of the features of the host's tower."""

    name = NAME
    spread = SPREAD
    reads_prompt = False

    def __init__(self, tower: PictureTower, taste: Taste) -> None:
        self.tower = tower
        self.taste = taste

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        return self.taste.scores(self.tower.features(images))

    def save(self, name: str) -> None:
        """Save the taste in the reward folder; a file of the same name is replaced only if it is a taste too."""
        path = files.new_reward_path(name)
        contents = save(tensors_of(self.taste), metadata_of(self.taste, self.tower.clip_vision.config["hidden_act"]))
        try:
            if path.exists() and not _is_taste(path):
                raise LidarError(
                    f"models/reward_models has another file {quoted(path.name)}, which is kept: give another name."
                )
            write_whole(path, contents)
        except OSError as error:
            raise LidarError(f"The reward cannot be saved as {quoted(name)}: {quoted(str(error))}.") from None


def _is_taste(path: Path) -> bool:
    try:
        with safe_open(path, "pt") as file:
            return all(key.startswith("taste.") for key in list(file.keys()))
    except (SafetensorError, OSError):
        return False


def taste_from_ratings(clip_vision: Any, images: torch.Tensor, ratings: str) -> TasteReward:
    projection = getattr(clip_vision.model, "visual_projection", None)
    if (
        projection is None
        or not is_trained(projection.weight)
        or clip_vision.config.get("hidden_act") not in ACTIVATIONS
    ):
        raise LidarError(
            "The clip_vision is no CLIP with its projection: load a picture tower from a file that has it, such as "
            "clip_vision_h.safetensors, clip_vision_g.safetensors or OpenAI's CLIP-L."
        )
    tower = PictureTower(clip_vision)
    pictures = rgb(images, NAME)
    pairs = comparisons(ratings, len(pictures))
    return TasteReward(tower, learned(tower.features(pictures), pairs))
