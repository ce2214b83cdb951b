"""Methods by name and options, as text: lidar:samples=50,strength=12.5

The word "tuned" stands for the options that benchmarks.tune chose for the sampling: fk:tuned,particles=4
"""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lidar_core.guidance.guide import GuidanceSettings

from .feynman_kac import FeynmanKac
from .gradient_guidance import Date, UniversalGuidance
from .methods import BestNoise, BestOf, BestOfPool, Lidar, Plain, Renoise
from .workplace import Sampling, Workplace

Method = Callable[[Workplace], torch.Tensor]

TUNED = Path(__file__).parent / "tuned.json"
"""By sampling and method: the options that benchmarks.tune chose, what they reached, and all that it tried."""


def lidar(base: GuidanceSettings, options: dict[str, Any]) -> Lidar:
    """LiDAR with the settings `base`, changed by `options`."""
    own = _taken(options, dataclasses.fields(Lidar))
    rule = dataclasses.replace(base.rule, **_taken(options, dataclasses.fields(base.rule)))  # type: ignore[arg-type, type-var]
    return Lidar(settings=dataclasses.replace(base, rule=rule, **options), **own)


def _taken(options: dict[str, Any], fields: tuple[dataclasses.Field[Any], ...]) -> dict[str, Any]:
    """Removes from `options` those named like one of `fields`, and returns them."""
    return {field.name: options.pop(field.name) for field in fields if field.name in options}


METHODS: dict[str, Callable[..., Method]] = {
    "plain": Plain,
    "best-of": BestOf,
    "pool": BestOfPool,
    "best-noise": BestNoise,
    "renoise": Renoise,
    "universal": UniversalGuidance,
    "date": Date,
    "fk": FeynmanKac,
    "lidar": lambda **options: lidar(GuidanceSettings(), options),
    "lidar-paper": lambda strength=12.5, **options: lidar(GuidanceSettings.paper(strength), options),
}


@dataclass(frozen=True)
class Spec:
    """A method and the text that asked for it."""

    text: str
    name: str
    method: Method

    @classmethod
    def parse(cls, text: str, sampling: str = "") -> "Spec":
        """ValueError names what is wrong; float, int, true, false and words are values."""
        name, _, rest = text.partition(":")
        if name not in METHODS:
            raise ValueError(f'There is no method "{name}"; the methods are {", ".join(METHODS)}.')
        parts = [part for part in rest.split(",") if part]
        options: dict[str, Any] = {}
        if parts[:1] == ["tuned"]:
            options, parts = tuned_options(name, sampling), parts[1:]
        try:
            options |= {key: _value(value) for key, value in (part.split("=", 1) for part in parts)}
            method = METHODS[name](**options)
        except (TypeError, ValueError) as error:
            raise ValueError(f'The method "{text}" cannot be built: {error}. Write {name}:option=value,...') from error
        return cls(text, name, method)

    @property
    def options(self) -> dict[str, Any]:
        """Every option with its value, including defaults."""
        return dataclasses.asdict(self.method)  # type: ignore[call-overload]


def fits(text: str, sampling: Sampling) -> bool:
    """Whether the method works with the sampling: some take the DDIM steps themselves, some need fresh noise."""
    if text.partition(":")[0] == "fk" and not (sampling.walkable and sampling.eta > 0):
        return False
    method = Spec.parse(text, str(sampling)).method
    return not isinstance(method, UniversalGuidance) or method.repeats == 1 or sampling.walkable


def tuned_options(name: str, sampling: str) -> dict[str, Any]:
    tuned = json.loads(TUNED.read_text()) if TUNED.exists() else {}
    if name not in tuned.get(sampling, {}):
        raise ValueError(
            f"{name} is not tuned for {sampling}: run python -m benchmarks.tune --methods {name} --samplings {sampling}"
        )
    return dict(tuned[sampling][name]["options"])


def _value(text: str) -> float | int | bool | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
