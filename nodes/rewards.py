"""Rewards as the host holds them: a scorer whose weights the host's memory management owns."""

from typing import Any

import torch

from ..lidar_core.pool import PoolError
from ..lidar_core.world.reward import KEY_PREFIX, DemoReward
from ..lidar_core.world.scorer import Scorer
from .host import files, memory

_BATCH = 16


class ManagedReward:
    """A reward with weights; the host loads them before scoring and may free them after."""

    def __init__(self, scorer: Any, module: torch.nn.Module) -> None:
        self.name = scorer.name
        self.reads_prompt = scorer.reads_prompt
        self.unit = scorer.unit
        self.spread = scorer.spread
        self.cost = scorer.cost
        self.scorer = scorer
        self.patcher = memory.managed(module)

    def score(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        def scored(start: int, stop: int) -> torch.Tensor:
            return self.scorer.score(images[start:stop], prompt, self.patcher.load_device).float().cpu()

        memory.load(self.patcher)
        return torch.cat(list(memory.in_chunks(len(images), _BATCH, scored)))


def demo_reward(tensors: dict[str, torch.Tensor]) -> ManagedReward:
    scorer = Scorer(operations=memory.manual_cast())
    scorer.load_state_dict({name.removeprefix(KEY_PREFIX): tensor.float() for name, tensor in tensors.items()})
    return ManagedReward(DemoReward(scorer), scorer)


def reward_from_file(name: str) -> Any:
    """The scorer in a file of the reward folder, recognised by its tensor names."""
    tensors = files.load_tensors(files.reward_path(name))
    if all(key.startswith(KEY_PREFIX) for key in tensors):
        return demo_reward(tensors)
    raise PoolError(
        f'The reward file "{name}" is not a scorer that LiDAR knows (its first tensor is "{next(iter(tensors), "")}"): '
        "choose another file in models/reward_models. Known: the embedded demo scorer."
    )
