"""Rewards as the host holds them: a scorer whose weights the host's memory management owns."""

from typing import Any

import torch

from ..lidar_core.scorers.detection import AUTO
from ..lidar_core.scorers.kinds import scorer_of
from ..lidar_core.scorers.scorer import Ingredients
from ..lidar_core.world.reward import KEY_PREFIX, DemoReward
from ..lidar_core.world.scorer import Scorer
from .host import files, memory

_BATCH = 16
NO_TOWER = "none"


class ManagedReward:
    """A reward with weights; the host loads them before scoring and may free them after.

    picture_bytes: a bound on the working memory of one picture, beside the picture itself.
    """

    def __init__(self, scorer: Any, module: torch.nn.Module, picture_bytes: int = 0) -> None:
        self.name = scorer.name
        self.reads_prompt = scorer.reads_prompt
        self.unit = scorer.unit
        self.spread = scorer.spread
        self.cost = scorer.cost
        self.scorer = scorer
        self.picture_bytes = picture_bytes
        self.patcher = memory.managed(module)

    def score(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        def scored(start: int, stop: int) -> torch.Tensor:
            return self.scorer.score(images[start:stop], prompt, device).float().cpu()

        device = self.patcher.load_device
        # A picture is copied about four times in float32 on its way to a tower: moved, rounded, resized twice.
        each = self.picture_bytes + 4 * 4 * images[0].numel()
        memory.load(self.patcher, each)
        size = memory.fitting_pictures(device, each, _BATCH)
        return torch.cat(list(memory.in_chunks(len(images), size, scored)))


def demo_reward(tensors: dict[str, torch.Tensor]) -> ManagedReward:
    scorer = Scorer(operations=memory.manual_cast())
    scorer.load_state_dict({name.removeprefix(KEY_PREFIX): tensor.float() for name, tensor in tensors.items()})
    return ManagedReward(DemoReward(scorer), scorer)


def reward_from_file(name: str, kind: str = AUTO, tower_name: str = NO_TOWER) -> ManagedReward:
    """The scorer in a file of the reward folder; a head alone also needs the file of its tower."""
    file = files.checkpoint(files.reward_path(name), name)
    if all(key.startswith(KEY_PREFIX) for key in file.tensors):
        return demo_reward(file.tensors)
    tower = None if tower_name == NO_TOWER else files.checkpoint(files.tower_path(tower_name), tower_name)
    scorer = scorer_of(
        Ingredients(
            file,
            files.clip_vocabulary(),
            tower,
            memory.manual_cast(),
            memory.tower_dtype(),
            memory.wide_tower_dtype(),
        ),
        kind,
    )
    return ManagedReward(scorer, scorer.module, scorer.picture_bytes)
