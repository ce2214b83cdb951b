"""Scorers that compare a picture with the prompt through CLIP's two towers."""

import re
from dataclasses import dataclass, field
from functools import partial

import torch
from torch.nn import functional

from ...errors import LidarError
from ...networks import clip_keys
from ...networks.checkpoint import filled
from ...networks.clip import Clip, TextShape, VisionShape
from ...quoting import quoted
from ..clip_tokens import ClipTokenizer
from ..pixels import CROP, CROP_ROUNDED, PAD, SQUASH, Geometry
from .scorer import Ingredients, Scorer

# open_clip's name for it, and Hugging Face's.
CLIP_TENSORS = re.compile(r"visual\.proj|visual_projection\.weight")


@dataclass(eq=False)
class ClipScorer(Scorer):
    """scale times the cosine between a picture's features and the prompt's."""

    name: str
    spread: float
    module: Clip
    tokenizer: ClipTokenizer
    geometry: Geometry
    scale: float
    text_length: int
    picture_bytes: int
    dtype: torch.dtype
    _read: tuple[str, torch.Tensor] | None = field(default=None, init=False)
    reads_prompt = True

    @torch.inference_mode()
    def values(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(n,) float32 for images (n, H, W, 3) in [0, 1].

        The towers run in their own dtype. Features are compared in float32: half a step of float16 at a typical
        score is a tenth of the spread between the pictures of one prompt.
        """
        text = self.text_features(prompt, device)
        pixels = self.geometry(images.to(device))
        pictures = functional.normalize(self.module.picture_features(pixels.to(self.dtype)).float(), dim=-1)
        return self.scale * (pictures @ text)

    def text_features(self, prompt: str, device: torch.device | str) -> torch.Tensor:
        """(D,) float32 of unit length; kept until the prompt changes."""
        if self._read is None or self._read[0] != prompt:
            reading = self.tokenizer.read(prompt, self.text_length)
            reading.warn_if_cut(self.name)
            features = self.module.text_features(torch.tensor([reading.ids], device=device))
            self._read = prompt, functional.normalize(features[0].float(), dim=-1)
        return self._read[1].to(device)


@dataclass(frozen=True)
class Comparison:
    """The differences between such scorers, whose files can have the same names and shapes.

    scaled: whether the cosine is multiplied by the file's logit_scale. pads: whether the towers see the whole picture,
    between black bars. cleans: whether text is cleaned as in open_clip; None: if the file has open_clip's layout.
    """

    name: str
    spread: float
    activation: str = "gelu"
    scaled: bool = False
    pads: bool = False
    cleans: bool | None = None

    def scorer(self, ingredients: Ingredients) -> ClipScorer:
        """From a file that holds both towers, in open_clip's or Hugging Face's layout."""
        cleans = clip_keys.is_open_clip(ingredients.file) if self.cleans is None else self.cleans
        file = clip_keys.hugging_face_names(ingredients.file)
        vision, text = VisionShape.of(file), TextShape.of(file)
        if vision.projection != text.projection:
            raise LidarError(
                f"The file {quoted(file.name)} projects pictures to {vision.projection} numbers but text to "
                f"{text.projection}: its two towers do not belong together. Download it again."
            )
        tokenizer = ClipTokenizer(ingredients.clip_vocabulary, cleans)
        tokenizer.check(text.vocabulary, text.positions, file.name)
        scale = 1.0
        if self.scaled:
            file.shape("logit_scale", 0)
            scale = file.tensors["logit_scale"].float().exp().item()
        build, ignored = partial(Clip, vision, text, self.activation), (*clip_keys.IGNORED, "logit_scale")
        module = filled(build, ingredients.operations, file, ingredients.dtype, ignored)
        return ClipScorer(
            name=self.name,
            spread=self.spread,
            module=module,
            tokenizer=tokenizer,
            geometry=Geometry(vision.size, self._fit(vision, cleans)),
            scale=scale,
            text_length=text.positions,
            picture_bytes=vision.picture_bytes,
            dtype=ingredients.dtype,
        )

    def _fit(self, vision: VisionShape, cleans: bool) -> str:
        if self.pads:
            return PAD
        # The one published CLIP of this size, Apple's DFN5B, was made for squashed pictures.
        if vision.size == 378:
            return SQUASH
        return CROP_ROUNDED if cleans else CROP
