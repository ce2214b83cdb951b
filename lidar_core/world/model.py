"""The embedded world without the host: denoiser, autoencoder and scorer on diffusers, from the shipped weights."""

import copy
import json
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from safetensors import safe_open
from safetensors.torch import load_file

from .architecture import LATENT_CHANNELS, LATENT_SIZE, TIME_IDS, UNET_CONFIG
from .grammar import token_ids
from .lora import merge
from .reward import DemoReward
from .schedule import sigma_table
from .text_encoder import TextEncoder

_DECODED_AT_ONCE = 4
WEIGHTS = Path(__file__).parent / "weights"
STUDENT_LORA = "student_lora"
SMALL_DECODER, SMALL_CHANNELS = "small_decoder", 14
"""14 channels are what 13 MB of weights leave room for."""


def training_record(name: str, folder: Path = WEIGHTS) -> dict[str, object]:
    """How `name`.safetensors was made: seed, steps, seconds and final errors."""
    with safe_open(folder / f"{name}.safetensors", "pt") as file:
        return json.loads(file.metadata()["training"])


def _load(module: Any, file: Path) -> Any:
    weights = load_file(file)
    module.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return module.eval().requires_grad_(False)


class Text(NamedTuple):
    """Encoded prompts: features (B, CONTEXT_LENGTH, TEXT_WIDTH) of the words and pooled (B, TEXT_WIDTH)."""

    features: torch.Tensor
    pooled: torch.Tensor

    def expand(self, rows: int) -> "Text":
        """This many rows: a single row is repeated, and the right number of rows stays as it is."""
        return Text(self.features.expand(rows, -1, -1), self.pooled.expand(rows, -1))


class World:
    """Text to pictures in the variance-exploding form; latents are unit-variance, float32.

    device: of the networks, their inputs and outputs; noise levels stay on the CPU. predict_noise, denoised and
    pictures are differentiable; denoise and decode run without autograd.
    """

    def __init__(self, folder: Path = WEIGHTS, device: torch.device | str = "cpu") -> None:
        self.folder, self.device = folder, torch.device(device)
        self.unet = _load(UNet2DConditionModel(**UNET_CONFIG), folder / "unet.safetensors").to(device)
        self.text_encoder = _load(TextEncoder(), folder / "text_encoder.safetensors").to(device)
        # The decoder costs more than ten calls of the denoiser; this layout saves a fifth of it on a CPU.
        self.autoencoder = _load(AutoencoderTiny(), folder / "autoencoder.safetensors").to(
            device, memory_format=torch.channels_last
        )
        self.reward = DemoReward.load(folder / "scorer.safetensors")
        self.reward.scorer.to(device)
        self.sigmas = sigma_table()
        self.empty = self.encode("")

    def student(self, folder: Path = WEIGHTS) -> "World":
        """The same world with the distilled denoiser, which takes 1 to 4 steps of the sampler lcm with cfg 1."""
        student = copy.copy(self)
        student.unet = copy.deepcopy(self.unet)
        lora = load_file(folder / f"{STUDENT_LORA}.safetensors", str(self.device))
        student.unet.load_state_dict(merge(self.unet.state_dict(), lora))
        return student

    @cached_property
    def small_decoder(self) -> torch.nn.Module:
        """Several times as fast as the autoencoder's own, and good enough for the reward."""
        decoder = AutoencoderTiny(decoder_block_out_channels=(SMALL_CHANNELS,) * 4).decoder
        decoder = _load(decoder, self.folder / f"{SMALL_DECODER}.safetensors")
        return decoder.to(self.device, memory_format=torch.channels_last)

    def noise(self, generator: torch.Generator) -> torch.Tensor:
        """(1, 4, 16, 16) the next unit noise of a generator on the CPU."""
        return torch.randn(1, LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE, generator=generator).to(self.device)

    def encode(self, prompt: str) -> Text:
        """One prompt as one row; the empty prompt is the unconditional side of classifier-free guidance."""
        return Text(*self.text_encoder(torch.tensor([token_ids(prompt)], device=self.device)))

    def predict_noise(self, x: torch.Tensor, sigma: torch.Tensor, text: Text) -> torch.Tensor:
        """The denoiser's noise prediction, like x (B, 4, 16, 16), at one sigma and with a text of 1 or B rows."""
        text = text.expand(len(x))
        step = (sigma.log() - self.sigmas.log()).abs().argmin()
        time_ids = torch.tensor([TIME_IDS], device=x.device).expand(len(x), -1)
        conditions = {"text_embeds": text.pooled, "time_ids": time_ids}
        scaled = x / (sigma**2 + 1).sqrt()
        return self.unet(scaled, step, text.features, added_cond_kwargs=conditions).sample

    def denoised(self, x: torch.Tensor, sigma: torch.Tensor, text: Text, cfg: float) -> torch.Tensor:
        """The denoised prediction after classifier-free guidance (Ho and Salimans 2022) against the empty prompt.

        Both halves go through the denoiser as one batch, which saves small batches a quarter of their time.
        """
        if cfg == 1.0:
            return x - sigma * self.predict_noise(x, sigma, text)
        rows = zip(text.expand(len(x)), self.empty.expand(len(x)), strict=True)
        both = Text(*(torch.cat(halves) for halves in rows))
        prompted, empty = self.predict_noise(torch.cat([x, x]), sigma, both).chunk(2)
        return x - sigma * (empty + cfg * (prompted - empty))

    @torch.inference_mode()
    def denoise(self, x: torch.Tensor, sigma: torch.Tensor, text: Text, cfg: float) -> torch.Tensor:
        """denoised() without autograd."""
        return self.denoised(x, sigma, text, cfg)

    def pictures(self, latents: torch.Tensor, small: bool = False) -> torch.Tensor:
        """(B, 128, 128, 3) pictures for latents (B, 4, 16, 16), not yet clamped to [0, 1]; small: by small_decoder."""
        decoder = self.small_decoder if small else self.autoencoder.decoder
        return (decoder(latents) / 2 + 0.5).movedim(1, -1)

    @torch.inference_mode()
    def decode(self, latents: torch.Tensor, small: bool = False) -> torch.Tensor:
        """(B, 128, 128, 3) pictures in [0, 1] for latents (B, 4, 16, 16), a few at a time: a cache holds no more."""
        parts = latents.to(self.device).split(_DECODED_AT_ONCE)
        return torch.cat([self.pictures(part, small).clamp(0, 1) for part in parts])
