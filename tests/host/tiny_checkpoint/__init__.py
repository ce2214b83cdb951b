"""A node for tests that replaces a checkpoint: a tiny model with stand-ins for its text encoder and VAE."""

import hashlib
import importlib.util
import sys
from pathlib import Path

import torch
from comfy_api.v0_0_2 import ComfyExtension, io

_FILE = Path(__file__).resolve().parents[1] / "tiny_models.py"
_SPEC = importlib.util.spec_from_file_location("lidar_tiny_models", _FILE)
tiny_models = sys.modules[_SPEC.name] = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tiny_models)


class HashedText:
    """Takes the place of a CLIP: each text has a conditioning of its own."""

    def tokenize(self, text: str, lyrics: str = "", **settings) -> str:
        return text + lyrics

    def encode_from_tokens_scheduled(self, tokens: str):
        seed = int.from_bytes(hashlib.sha256(tokens.encode()).digest()[:4], "big")
        ((features, options),) = tiny_models.conditioning(seed)
        options["conditioning_lyrics"] = features.flip(1)
        if tiny_models.host_version() < (0, 33):
            # Without a language model's codes older hosts cannot run ACE-Step.
            options["audio_codes"] = [list(range(8))]
        return [[features, options]]


class MeanAutoencoder(tiny_models.MeanDecoder):
    """Encodes to the averages of 8 x 8 pixels, in as many channels as the model's latents have."""

    def __init__(self, channels: int) -> None:
        self.channels = channels

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        small = torch.nn.functional.avg_pool2d(pixels.movedim(-1, 1), 8)
        return small.repeat(1, -(-self.channels // 3), 1, 1)[:, : self.channels]


class TinyCheckpoint(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="TinyCheckpoint",
            category="testing",
            inputs=[io.String.Input("family")],
            outputs=[io.Model.Output(), io.Clip.Output(), io.Vae.Output()],
        )

    @classmethod
    def execute(cls, family: str) -> io.NodeOutput:
        if family in tiny_models.MUSIC:
            return io.NodeOutput(tiny_models.tiny_model(family), HashedText(), tiny_models.ToneDecoder())
        channels = tiny_models.FAMILIES[family].latent_shape[0]
        return io.NodeOutput(tiny_models.tiny_model(family), HashedText(), MeanAutoencoder(channels))


class TinyExtension(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [TinyCheckpoint]


async def comfy_entrypoint() -> ComfyExtension:
    return TinyExtension()
