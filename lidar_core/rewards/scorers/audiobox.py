"""Audiobox-Aesthetics: how good a sound is on four axes (Tjandra et al., 2025, arXiv 2502.05139)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ...errors import LidarError
from ...networks.checkpoint import CHOOSE_ANOTHER, Checkpoint, filled
from ...networks.wavlm import states, wavlm
from ...quoting import quoted
from ..media import Sounds
from ..recipe import Mixed, Single
from ..waves import mono, resampled
from .scorer import Ingredients, Kind
from .sound_scorer import SoundScorer

NAME = "Audiobox-Aesthetics"
# By the names in its files.
AXES = {"CE": "enjoyment", "CU": "usefulness", "PC": "complexity", "PQ": "quality"}
RATE = 16000
WINDOW = 10 * RATE
# Windows at once, and an upper bound on the working memory of one: 160 MB were measured.
_AT_ONCE, _WINDOW_BYTES = 4, 300_000_000
_TOWER, _HEAD, _LAYERS = "wavlm_model.", "proj_layer.", "layer_weights."


class Axis(nn.Module):
    """One axis: a weighted mean of the tower's layers and a small network on it."""

    def __init__(self, layers: int, shapes: list[tuple[int, ...]], operations: Any) -> None:
        super().__init__()
        self.layer_weights = nn.Parameter(torch.empty(layers))
        self.head = nn.ModuleList(
            operations.Linear(shape[1], shape[0]) if len(shape) == 2 else operations.LayerNorm(shape[0])
            for shape in shapes
        )

    def forward(self, states: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
        """(B,) from states (layers, B, frames, D) and which frames (B, frames) count."""
        x = torch.einsum("lbtd,l->btd", states, self.layer_weights.softmax(0)) * counted[..., None]
        x = functional.normalize(x.sum(1) / counted.sum(1, keepdim=True).clamp(min=1), dim=-1)
        for layer, following in pairwise(self.head):
            x = layer(x)
            # A norm comes between a layer and its activation.
            if isinstance(following, nn.Linear):
                x = functional.gelu(x)
        return self.head[-1](x)[:, 0]


class Aesthetics(nn.Module):
    def __init__(self, tower: nn.Module, axes: nn.ModuleDict) -> None:
        super().__init__()
        self.tower, self.axes = tower, axes


@dataclass(eq=False)
class AudioboxScorer(SoundScorer):
    """The four axes, in standard deviations of the ratings that the network was trained on, from their mean.

    The weighted sum of their z-scores is the reward. A sound scores as the mean over its windows of 10 seconds; the
    last may be shorter and counts by its length, as in the official code.
    """

    module: Any
    recipe: Mixed
    name: str = NAME
    reads_prompt: bool = False
    working_bytes: int = _AT_ONCE * _WINDOW_BYTES

    @torch.inference_mode()
    def parts(self, sounds: Sounds, prompt: str, device: torch.device | str = "cpu") -> Mapping[str, torch.Tensor]:
        scores = torch.stack([self._scored(wave, sounds.rate, device) for wave in sounds.waves], 1)
        return dict(zip(self.recipe.names, scores.cpu(), strict=True))

    def _scored(self, wave: torch.Tensor, rate: int, device: torch.device | str) -> torch.Tensor:
        """(4,) of one sound (C, L)."""
        wave = resampled(mono(wave.to(device)), rate, RATE)
        windows = functional.pad(wave, (0, -len(wave) % WINDOW)).view(-1, WINDOW)
        heard = (torch.arange(windows.numel(), device=device) < len(wave)).view_as(windows)
        scores = []
        for some, of_them in zip(windows.split(_AT_ONCE), heard.split(_AT_ONCE), strict=True):
            found, counted = states(self.module.tower, some, of_them)
            scores.append(torch.stack([axis(found, counted) for axis in self.module.axes.values()]))
        lengths = heard.sum(1) / WINDOW
        return (torch.cat(scores, 1) * lengths).sum(1) / lengths.sum()


def _scorer(ingredients: Ingredients) -> AudioboxScorer:
    file = ingredients.file
    axes = nn.ModuleDict({name: _axis(file, axis) for axis, name in AXES.items()})
    singles = tuple(Single(f"Audiobox {name}") for name in AXES.values())
    recipe = Mixed("weighted sum", singles, tuple(map(float, ingredients.axes)))
    return AudioboxScorer(Aesthetics(wavlm(_below(file, _TOWER)), axes), recipe)


def _axis(file: Checkpoint, axis: str) -> Axis:
    head = _below(file, f"{_HEAD}{axis}.")
    # Activations have numbers too, but no tensors.
    numbers = sorted({int(name.split(".")[0]) for name in head.tensors if name.split(".")[0].isdecimal()})
    if not numbers:
        raise LidarError(f"The file {quoted(file.name)} has no head for the axis {axis}: {CHOOSE_ANOTHER}")
    names = {
        f"head.{place}.{kind}": f"{_HEAD}{axis}.{number}.{kind}"
        for place, number in enumerate(numbers)
        for kind in ("weight", "bias")
    }
    names["layer_weights"] = f"{_LAYERS}{axis}"
    layers = file.shape(names["layer_weights"], 1)[0]
    shapes = [tuple(head.tensors[f"{number}.weight"].shape) for number in numbers if f"{number}.weight" in head.tensors]
    part = replace(
        file,
        tensors={new: file.tensors[old] for new, old in names.items() if old in file.tensors},
        sources={new: file.source(old) for new, old in names.items()},
    )
    return filled(lambda operations: Axis(layers, shapes, operations), nn, part)


def _below(file: Checkpoint, prefix: str) -> Checkpoint:
    """The tensors whose names begin with `prefix`, without it."""
    names = {name.removeprefix(prefix): name for name in file.tensors if name.startswith(prefix)}
    return replace(
        file,
        tensors={new: file.tensors[old] for new, old in names.items()},
        sources={new: file.source(old) for new, old in names.items()},
    )


AUDIOBOX = Kind(NAME, re.compile(r"proj_layer\.(CE|CU|PC|PQ)\..*"), _scorer)
