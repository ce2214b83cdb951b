"""Rewards from files. The host's memory management owns their weights."""

import torch

from ...lidar_core.rewards.reward import SingleReward
from ...lidar_core.rewards.scorers.kinds import AUTO, scorer_of
from ...lidar_core.rewards.scorers.scorer import Ingredients, Scorer
from ...lidar_core.world.reward import KEY_PREFIX, DemoReward
from ...lidar_core.world.scorer import Scorer as DemoScorer
from . import files, memory

NO_TOWER = "none"


class ManagedReward(SingleReward):
    """A reward whose weights the host loads before scoring and may free afterwards.

    picture_bytes: an upper bound on the working memory of one picture, without the picture itself.
    """

    def __init__(self, scorer: Scorer | DemoReward, module: torch.nn.Module, picture_bytes: int = 0) -> None:
        self.name = scorer.name
        self.spread = scorer.spread
        self.reads_prompt = scorer.reads_prompt
        self.scorer = scorer
        self.picture_bytes = picture_bytes
        self.patcher = memory.managed(module)

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        def scored(start: int, stop: int) -> torch.Tensor:
            return self.scorer.values(images[start:stop], prompt, device).float().cpu()

        device = self.patcher.load_device
        each = self.picture_bytes + memory.picture_copies(images)
        memory.load(self.patcher, each)
        return torch.cat(list(memory.in_chunks(len(images), memory.fitting_pictures(device, each), scored)))


def demo_reward(tensors: dict[str, torch.Tensor]) -> ManagedReward:
    scorer = DemoScorer(operations=memory.manual_cast())
    scorer.load_state_dict({name.removeprefix(KEY_PREFIX): tensor.float() for name, tensor in tensors.items()})
    return ManagedReward(DemoReward(scorer), scorer)


def reward_from_file(name: str, kind: str = AUTO, tower_name: str = NO_TOWER) -> ManagedReward:
    """The reward in a file of the reward folder; a file with only a head also needs the file of its tower."""
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
