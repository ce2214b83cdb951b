"""Rewards from files. The host's memory management owns their weights."""

from collections.abc import Mapping, Sequence

import torch

from ...lidar_core.rewards.media import SOUNDS, Media, Sounds, check_taken, kind
from ...lidar_core.rewards.recipe import total
from ...lidar_core.rewards.reward import Reward, Scores, SingleReward
from ...lidar_core.rewards.scorers.kinds import AUTO, scorer_of
from ...lidar_core.rewards.scorers.scorer import AXIS_WEIGHTS, Ingredients, Scorer
from ...lidar_core.rewards.scorers.sound_scorer import SoundScorer
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


class ManagedSoundReward:
    """A reward for sounds whose weights the host loads before scoring and may free afterwards."""

    takes = frozenset({SOUNDS})

    def __init__(self, scorer: SoundScorer) -> None:
        self.name = scorer.name
        self.recipe = scorer.recipe
        self.spread = scorer.recipe.spread
        self.reads_prompt = scorer.reads_prompt
        self.scorer = scorer
        self.patcher = memory.managed(scorer.module)

    def score(self, media: Media, prompt: str) -> Scores:
        """One sound at a time, because a song is long."""
        check_taken(self.takes, kind(media), self.name)
        assert isinstance(media, Sounds)

        def scored(start: int, stop: int) -> Mapping[str, torch.Tensor]:
            return self.scorer.parts(media[list(range(start, stop))], prompt, self.patcher.load_device)

        memory.load(self.patcher, self.scorer.working_bytes)
        found = list(memory.in_chunks(len(media), 1, scored))
        parts = {name: torch.cat([of_one[name] for of_one in found]) for name in self.recipe.names}
        return Scores(total(self.recipe, parts), parts)


def demo_reward(tensors: dict[str, torch.Tensor]) -> ManagedReward:
    scorer = DemoScorer(operations=memory.manual_cast())
    scorer.load_state_dict({name.removeprefix(KEY_PREFIX): tensor.float() for name, tensor in tensors.items()})
    return ManagedReward(DemoReward(scorer), scorer)


def reward_from_file(
    name: str, kind: str = AUTO, tower_name: str = NO_TOWER, axes: Sequence[float] = AXIS_WEIGHTS
) -> Reward:
    """The reward in a file of the reward folder; a file with only a head also needs the file of its tower.

    axes: the weights of Audiobox-Aesthetics' axes.
    """
    path = files.reward_path(name)
    file = files.checkpoint(path, name)
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
            files.tokenizer_beside(path),
            axes,
        ),
        kind,
    )
    if isinstance(scorer, SoundScorer):
        return ManagedSoundReward(scorer)
    return ManagedReward(scorer, scorer.module, scorer.picture_bytes)
