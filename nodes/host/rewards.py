"""Rewards as the host holds them: a scorer whose weights the host's memory management owns."""

from typing import Any

import torch
from torch.nn import functional

from ...lidar_core.rewards.clip_tokens import ClipTokenizer
from ...lidar_core.rewards.pixels import CROP_ROUNDED, NONE, ONES, Geometry
from ...lidar_core.rewards.scorers.detection import AUTO
from ...lidar_core.rewards.scorers.kinds import scorer_of
from ...lidar_core.rewards.scorers.scorer import Ingredients
from ...lidar_core.world.reward import KEY_PREFIX, DemoReward
from ...lidar_core.world.scorer import Scorer
from . import clip_pair, files, memory

_BATCH = 16
# On its way to a tower a picture is moved, scaled, rounded and resized.
_PICTURE_COPIES = 4
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
        each = self.picture_bytes + _PICTURE_COPIES * images[0].nbytes
        memory.load(self.patcher, each)
        size = memory.fitting_pictures(device, each, _BATCH)
        return torch.cat(list(memory.in_chunks(len(images), size, scored)))


class PairReward:
    """The cosine of a CLIP whose towers are in the graph already, as a CLIP_VISION and a CLIP; the host owns both."""

    unit = "cosine"
    spread = 0.02
    reads_prompt = True

    def __init__(self, clip_vision: Any, clip: Any) -> None:
        self.name = f"{clip_pair.check(clip_vision, clip)} score"
        self.cost = "No file of its own; one pass of the CLIP_VISION's tower per picture."
        self.clip_vision = clip_vision
        self.clip = clip
        self.tokenizer = ClipTokenizer(files.clip_vocabulary(), cleans=False)
        self.square = Geometry(clip_pair.picture_size(clip_vision), CROP_ROUNDED, NONE, ONES)
        self._read: tuple[str, torch.Tensor] | None = None

    def score(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        def scored(start: int, stop: int) -> torch.Tensor:
            squares = self.square(images[start:stop].to(device)).movedim(1, -1)
            features = clip_pair.picture_features(self.clip_vision, squares).cpu()
            return functional.normalize(features, dim=-1) @ text

        text = self._text_features(prompt)
        device = self.clip_vision.load_device
        each = clip_pair.picture_bytes(self.clip_vision) + _PICTURE_COPIES * images[0].nbytes
        size = memory.fitting_pictures(device, each, _BATCH)
        return torch.cat(list(memory.in_chunks(len(images), size, scored)))

    def _text_features(self, prompt: str) -> torch.Tensor:
        """(D,) of unit length; kept until another prompt comes."""
        if self._read is None or self._read[0] != prompt:
            reading = self.tokenizer.read(prompt, 77)
            reading.warn_if_cut(self.name)
            seen = " ".join(prompt.split()[: reading.words_seen])
            features = clip_pair.text_features(self.clip, seen)
            self._read = prompt, functional.normalize(features.cpu(), dim=-1)
        return self._read[1]


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
