"""Rewards that compare a picture with the prompt through CLIP's two towers: PickScore, HPSv2, CLIPScore."""

from dataclasses import dataclass

import torch
from torch.nn import functional

from ...networks import clip_keys
from ...networks.checkpoint import ScorerFileError, fill
from ...networks.clip import Clip, TextShape, VisionShape
from ..clip_tokens import ClipTokenizer
from ..pixels import CROP, CROP_ROUNDED, PAD, SQUASH, Geometry
from .scorer import Ingredients, weights_cost

CLIP_SCORE_GELU = "CLIPScore (gelu)"
CLIP_SCORE_QUICK_GELU = "CLIPScore (quick_gelu)"


@dataclass(frozen=True)
class ClipKind:
    """What tells one CLIP reward from another; the files themselves can be alike to the last name and shape.

    scaled: the cosine times the file's own logit_scale. pads: see all of the picture, between black bars.
    cleans: read text as open_clip cleans it; None for whatever the file's layout, open_clip's or Hugging Face's, says.
    """

    name: str
    unit: str
    spread: float
    activation: str = "gelu"
    scaled: bool = False
    pads: bool = False
    cleans: bool | None = None


# The spreads are estimates from published scores; measured ones should replace them.
CLIP_KINDS = {
    kind.name: kind
    for kind in (
        ClipKind("PickScore", "log odds", 0.7, scaled=True, cleans=False),
        ClipKind("HPSv2.1", "cosine", 0.015, pads=True, cleans=True),
        ClipKind("HPSv2", "cosine", 0.004, pads=True, cleans=True),
        ClipKind(CLIP_SCORE_GELU, "cosine", 0.02),
        ClipKind(CLIP_SCORE_QUICK_GELU, "cosine", 0.02, activation="quick_gelu"),
    )
}


class ClipReward:
    """The cosine between a picture's features and the prompt's, or that times the file's logit_scale."""

    reads_prompt = True

    def __init__(
        self,
        kind: ClipKind,
        module: Clip,
        tokenizer: ClipTokenizer,
        geometry: Geometry,
        scale: float,
        text_length: int,
        picture_bytes: int,
        dtype: torch.dtype,
    ) -> None:
        self.name, self.unit, self.spread = kind.name, kind.unit, kind.spread
        self.module = module
        self.tokenizer = tokenizer
        self.geometry = geometry
        self.scale = scale
        self.text_length = text_length
        self.picture_bytes = picture_bytes
        self.dtype = dtype
        self.cost = weights_cost(module)
        self._read: tuple[str, torch.Tensor] | None = None

    @torch.inference_mode()
    def score(self, images: torch.Tensor, prompt: str, device: torch.device | str = "cpu") -> torch.Tensor:
        """(B,) float32 for images (B, H, W, 3) in [0, 1].

        The towers run in their own dtype. Features are compared in float32: half a step of float16 at a typical
        score is a tenth of the spread between the pictures of one prompt.
        """
        text = self.text_features(prompt, device)
        pixels = self.geometry(images.to(device))
        pictures = functional.normalize(self.module.picture_features(pixels.to(self.dtype)).float(), dim=-1)
        return self.scale * (pictures @ text)

    def text_features(self, prompt: str, device: torch.device | str) -> torch.Tensor:
        """(D,) float32 of unit length; kept until another prompt comes."""
        if self._read is None or self._read[0] != prompt:
            reading = self.tokenizer.read(prompt, self.text_length)
            reading.warn_if_cut(self.name)
            features = self.module.text_features(torch.tensor([reading.ids], device=device))
            self._read = prompt, functional.normalize(features[0].float(), dim=-1)
        return self._read[1].to(device)


def clip_reward(kind: ClipKind, ingredients: Ingredients) -> ClipReward:
    """The reward `kind` from a file that holds both towers, in open_clip's or Hugging Face's layout."""
    cleans = clip_keys.is_open_clip(ingredients.file) if kind.cleans is None else kind.cleans
    file = clip_keys.hugging_face_names(ingredients.file)
    vision, text = VisionShape.of(file), TextShape.of(file)
    if vision.projection != text.projection:
        raise ScorerFileError(
            f'The file "{file.name}" projects pictures to {vision.projection} numbers but text to {text.projection}: '
            "its two towers do not belong together. Download it again."
        )
    with torch.device("meta"):
        module = Clip(vision, text, kind.activation, ingredients.operations)
        twin = Clip(vision, text, kind.activation)
    scale = 1.0
    if kind.scaled:
        file.shape("logit_scale", 0)
        scale = file.tensors["logit_scale"].float().exp().item()
    fill(module, twin, file, ingredients.dtype, ignored=(*clip_keys.IGNORED, "logit_scale"))
    return ClipReward(
        kind,
        module,
        ClipTokenizer(ingredients.clip_vocabulary, cleans),
        Geometry(vision.size, _fit(kind, vision, cleans)),
        scale,
        text.positions,
        vision.picture_bytes,
        ingredients.dtype,
    )


def _fit(kind: ClipKind, vision: VisionShape, cleans: bool) -> str:
    if kind.pads:
        return PAD
    # The one published CLIP of this size, Apple's DFN5B, was made for squashed pictures.
    if vision.size == 378:
        return SQUASH
    return CROP_ROUNDED if cleans else CROP
