"""Decodes latents with the host's VAEs to pictures, videos or sounds."""

from collections.abc import Callable
from typing import Any

import torch

from ...lidar_core.errors import LidarError
from ...lidar_core.rewards.media import (
    PICTURES,
    SOUNDS,
    VIDEOS,
    Media,
    Sounds,
    Videos,
    Viewing,
    check_taken,
    joined,
)
from . import memory

# The output of these models' VAEs, by the host's name of the model. No reward can score any of it.
_SHAPES = {
    "Hunyuan3Dv2": "3-D shapes",
    "Hunyuan3Dv2_1": "3-D shapes",
    "Trellis2": "3-D shapes",
    "TripoSplat": "3-D splats",
}


def check_scorable(model: Any, vae: Any, latents: torch.Tensor, reward: Any) -> None:
    """Refuse a model, before anything is sampled, if `reward` cannot score its output."""
    name = type(model.model).__name__
    if name in _SHAPES:
        raise LidarError(
            f"The model {name} makes {_SHAPES[name]}, which no reward here can score. Score them yourself and wire "
            "LiDAR Pool from Scores into LiDAR Guidance, or sample this model without LiDAR."
        )
    kind = expected_kind(vae, latents)
    if kind == VIDEOS and getattr(vae, "output_channels", 3) == 4:
        raise _unscorable("layers of RGBA")
    check_taken(reward.takes, kind, reward.name)


def expected_kind(vae: Any, latents: torch.Tensor) -> str:
    """The kind of media that `vae` will decode `latents` to."""
    if getattr(vae, "output_channels", 3) == 2:
        return SOUNDS
    many = latents.ndim == 5 and latents.shape[2] > 1 and getattr(vae, "latent_dim", 3) == 3
    return VIDEOS if many else PICTURES


def decode(vae: Any, latents: torch.Tensor, viewing: Viewing, sample_rate: int | None = None) -> Media:
    """The decoded `latents` (B, ...); sample_rate: that of their sound, if the latents name one."""
    decoded = vae.decode(latents)
    channels = decoded.shape[-1]
    if decoded.ndim == 3 and channels <= 2:
        return Sounds(_as_loud_as_the_host(decoded.movedim(-1, 1)), sample_rate or _sample_rate(vae))
    if decoded.ndim == 4 and channels <= 4:
        return decoded
    if decoded.ndim == 5 and decoded.shape[1] == 1 and channels <= 4:
        return decoded[:, 0]
    if decoded.ndim == 5 and channels in (1, 3):
        return Videos.of(decoded, viewing)
    raise _unscorable(f"something of the shape {tuple(decoded.shape[1:])}")


def decode_all(
    vae: Any,
    latent: dict[str, Any],
    viewing: Viewing,
    size: int = 16,
    done: Callable[[int, Media], None] = lambda count, media: None,
) -> Media:
    """The decoded samples of a LATENT: pictures `size` at a time; videos and sounds, which are large, one at a time.

    done: is called with the number of samples decoded so far and the latest of them.
    """
    samples = latent["samples"]

    def part(start: int, stop: int) -> Media:
        media = decode(vae, samples[start:stop], viewing, latent.get("sample_rate"))
        done(stop, media)
        return media

    size = size if expected_kind(vae, samples) == PICTURES else 1
    return joined(list(memory.in_chunks(len(samples), size, part)))


def _unscorable(what: str) -> LidarError:
    return LidarError(
        f"The VAE decodes these latents to {what}, which no reward can score: rewards score pictures, videos of RGB "
        "frames, and sounds. Check that the VAE belongs to the model, or sample this model without LiDAR."
    )


def _sample_rate(vae: Any) -> int:
    return int(getattr(vae, "audio_sample_rate_output", getattr(vae, "audio_sample_rate", 44100)))


def _as_loud_as_the_host(waves: torch.Tensor) -> torch.Tensor:
    """Waves (B, C, L) divided by five standard deviations if those are more than 1, as VAE Decode Audio does."""
    return waves / waves.std((1, 2), keepdim=True).mul(5).clamp(min=1.0)


def sounds_of(audio: dict[str, Any]) -> Sounds:
    """The sounds in an AUDIO."""
    return Sounds(audio["waveform"].float(), int(audio["sample_rate"]))
