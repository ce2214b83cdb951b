"""LAION-CLAP: how well a sound fits the prompt (Wu et al., 2023, arXiv 2211.06687)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch.nn import functional

from ...networks.clap import Clap, clap
from ...networks.hugging_face import transformers
from ..media import Sounds
from ..recipe import Single
from ..roberta_tokens import RobertaTokenizer
from ..waves import log_mel, mono, resampled, spread_windows
from .scorer import Ingredients, Kind
from .sound_scorer import SoundScorer

NAME = "CLAP"
RATE = 48000
WINDOW = 10 * RATE
_FFT, _HOP = 1024, 480
_LOWEST, _HIGHEST = 50.0, 14000.0
# Windows at once, and an upper bound on the working memory of one: 25 MB were measured with HTSAT-base.
_AT_ONCE, _WINDOW_BYTES = 4, 50_000_000


@dataclass(eq=False)
class ClapScorer(SoundScorer):
    """The cosine between a sound's features and the prompt's, between -1 and 1.

    A sound of more than 10 seconds scores as the mean over evenly spaced windows of 10 seconds, where the official code
    takes one at random. A shorter one is repeated as often as it fits whole, then silence follows, as in that code.
    """

    module: Clap
    tokenizer: RobertaTokenizer
    filters: torch.Tensor
    name: str = NAME
    reads_prompt: bool = True
    # Unknown: it was not measured how much the scores differ between one prompt's samples.
    recipe: Single = field(default_factory=lambda: Single(NAME))
    working_bytes: int = _AT_ONCE * _WINDOW_BYTES
    _read: tuple[str, torch.Tensor] | None = field(default=None, init=False)

    @torch.inference_mode()
    def parts(self, sounds: Sounds, prompt: str, device: torch.device | str = "cpu") -> Mapping[str, torch.Tensor]:
        text = self.text_features(prompt, device)
        values = [(self._heard(wave, sounds.rate, device) @ text).mean() for wave in sounds.waves]
        return {self.name: torch.stack(values).float().cpu()}

    def text_features(self, prompt: str, device: torch.device | str) -> torch.Tensor:
        """(D,) float32 of unit length; kept until the prompt changes."""
        if self._read is None or self._read[0] != prompt:
            reading = self.tokenizer.read(prompt)
            reading.warn_if_cut(self.name)
            features = self.module.text_features(torch.tensor([reading.ids], device=device))
            self._read = prompt, functional.normalize(features[0].float(), dim=-1)
        return self._read[1].to(device)

    def _heard(self, wave: torch.Tensor, rate: int, device: torch.device | str) -> torch.Tensor:
        """(windows, D) of unit length, of one sound (C, L)."""
        wave = _sixteen_bits(resampled(mono(wave.to(device)), rate, RATE))
        filters = self.filters.to(device)
        features = [
            self.module.sound_features(log_mel(windows, filters, _FFT, _HOP)[:, None]).float()
            for windows in _windows(wave).split(_AT_ONCE)
        ]
        return functional.normalize(torch.cat(features), dim=-1)


def _sixteen_bits(wave: torch.Tensor) -> torch.Tensor:
    """Rounded towards zero to the steps of a 16-bit file, which the network was trained on."""
    return (wave.clamp(-1, 1) * 32767).trunc() / 32767


def _windows(wave: torch.Tensor) -> torch.Tensor:
    """(n, 480000) of a wave (L,)."""
    if len(wave) < WINDOW:
        repeated = wave.repeat(WINDOW // len(wave))
        return functional.pad(repeated, (0, WINDOW - len(repeated)))[None]
    return spread_windows(wave, WINDOW)


def _filters(mels: int) -> torch.Tensor:
    """(frequencies, mels): the triangular bands of Slaney's Auditory Toolbox, each of area 1."""
    bands = transformers().audio_utils.mel_filter_bank(
        _FFT // 2 + 1, mels, _LOWEST, _HIGHEST, RATE, norm="slaney", mel_scale="slaney"
    )
    return torch.from_numpy(bands).float()


def _scorer(ingredients: Ingredients) -> ClapScorer:
    module = clap(ingredients.file)
    return ClapScorer(module, RobertaTokenizer(ingredients.tokenizer, module.words), _filters(module.bands))


CLAP = Kind(NAME, re.compile(r"audio_projection\.(linear1|0)\.weight"), _scorer)
