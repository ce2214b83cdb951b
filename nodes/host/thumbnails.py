"""Writes small pictures, films and sounds to the host's temporary folder, from which the page can fetch them."""

import os
import uuid
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import folder_paths
import torch
from PIL import Image

from ...lidar_core.rewards.media import Media, Sounds, Videos, stills

LARGEST_SIDE = 256
# Of a JPEG file.
_LARGEST_POSSIBLE = 65_500
_WAVE_SIZE = 256, 128
_WAVE_COLOUR, _WAVE_GROUND = (110, 190, 255), (24, 28, 34)


def rgb_picture(image: torch.Tensor) -> Image.Image:
    """(H, W, C) in [0, 1] for a file format without transparency: one or two channels are grey (and alpha); of more
    channels the first three are shown."""
    if image.shape[-1] < 3:
        image = image[..., :1].expand(*image.shape[:-1], 3)
    pixels = torch.nan_to_num(image[..., :3]).mul(255).round().clamp(0, 255).byte().cpu().numpy()
    return Image.fromarray(pixels)


def save_small(picture: Image.Image) -> dict[str, str]:
    """The file of a small copy of `picture`."""
    files = _Files.new()
    filename = files.name(0, ".jpg")
    at_most(picture, LARGEST_SIDE).save(files.path(filename), quality=80)
    return {"filename": filename, "subfolder": files.subfolder, "type": "temp"}


def save_pictures(pictures: Sequence[Image.Image]) -> list[dict[str, str]]:
    """The files of `pictures`, small and in their own size."""
    files = _Files.new()
    return [_picture_entry(files, index, picture) for index, picture in enumerate(pictures)]


def save_thumbnails(media: Media) -> list[dict[str, str]]:
    """The files of each sample, in the form that the host uses for its page.

    `filename` is small, `full` has the picture's own size where a JPEG can. A video also has `film`, an animated
    picture. A sound has `sound`, a WAV file, and its waveform as the picture.
    """
    files = _Files.new()
    if isinstance(media, Sounds):
        return [_sound_entry(files, index, sound, media.rate) for index, sound in enumerate(media.waves)]
    pictures = stills(media)
    assert pictures is not None
    entries = [_picture_entry(files, index, rgb_picture(picture)) for index, picture in enumerate(pictures)]
    if isinstance(media, Videos):
        for index, (entry, frames) in enumerate(zip(entries, media.frames, strict=True)):
            entry["film"] = files.name(index, "film.webp")
            _save_film(files.path(entry["film"]), frames, media.viewing.rate)
    return entries


@dataclass(frozen=True)
class _Files:
    folder: str
    subfolder: str
    prefix: str

    @classmethod
    def new(cls) -> "_Files":
        # A new name each time; otherwise a browser would show another run's cached picture.
        folder, name, _, subfolder, _ = folder_paths.get_save_image_path(
            f"lidar_{uuid.uuid4().hex[:12]}", folder_paths.get_temp_directory()
        )
        return cls(folder, subfolder, name)

    def name(self, index: int, ending: str) -> str:
        return f"{self.prefix}_{index:05}_{ending}"

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)


def _picture_entry(files: _Files, index: int, picture: Image.Image) -> dict[str, str]:
    filename, full = files.name(index, ".jpg"), files.name(index, "full.jpg")
    at_most(picture, _LARGEST_POSSIBLE).save(files.path(full), quality=95)
    at_most(picture, LARGEST_SIDE).save(files.path(filename), quality=90)
    return {"filename": filename, "full": full, "subfolder": files.subfolder, "type": "temp"}


def at_most(picture: Image.Image, side: int) -> Image.Image:
    """`picture`, or a smaller copy of it, whose sides are 1 to `side` pixels long."""
    if max(picture.size) <= side:
        return picture
    copy = picture.copy()
    copy.thumbnail((side, side))
    return copy


def _save_film(path: str, frames: torch.Tensor, rate: float) -> None:
    """frames: (T, h, w, 3) uint8."""
    first, *others = (Image.fromarray(frame.cpu().numpy()) for frame in frames)
    duration = round(1000 / rate)
    first.save(path, save_all=True, append_images=others, duration=duration, loop=0, quality=70, method=0)


def _sound_entry(files: _Files, index: int, waves: torch.Tensor, rate: int) -> dict[str, str]:
    """waves: (C, L)."""
    entry = _picture_entry(files, index, waveform(waves))
    entry["sound"] = files.name(index, "sound.wav")
    samples = torch.nan_to_num(waves).clamp(-1, 1).mul(32767).round().short().T.contiguous().cpu().numpy()
    with wave.open(files.path(entry["sound"]), "wb") as file:
        file.setnchannels(len(waves))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return entry


def waveform(waves: torch.Tensor) -> Image.Image:
    """A plot of the waves (C, L) over time: each column spans its lowest to its highest sample."""
    width, height = _WAVE_SIZE
    picture = Image.new("RGB", _WAVE_SIZE, _WAVE_GROUND)
    for column, (low, high) in enumerate(_extremes(torch.nan_to_num(waves).clamp(-1, 1), width)):
        top, bottom = ((1 - end) / 2 * (height - 1) for end in (high, low))
        picture.paste(_WAVE_COLOUR, (column, round(top), column + 1, round(bottom) + 1))
    return picture


def _extremes(waves: torch.Tensor, columns: int) -> Iterator[tuple[float, float]]:
    length = waves.shape[1]
    for column in range(columns):
        start = column * length // columns
        part = waves[:, start : max(start + 1, (column + 1) * length // columns)]
        yield part.amin().item(), part.amax().item()
