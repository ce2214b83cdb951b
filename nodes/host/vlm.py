"""A reward that asks one of the host's vision-language text encoders about each picture."""

from typing import Any

import comfy.model_management
import torch

from ...lidar_core.errors import LidarError
from ...lidar_core.rewards.question import NO, PLACE, YES, asked, fitted, log_odds
from ...lidar_core.rewards.reward import SingleReward
from . import memory

# Qwen3-VL's own chat, without the empty thoughts that the host adds for models that think.
_CHAT = "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>{}<|im_end|>\n<|im_start|>assistant\n"
_WHAT_TO_WIRE = (
    "Wire a CLIP with a Qwen3-VL 4B or 8B text encoder (the Load CLIP node, any type but flux and flux2), in a ComfyUI "
    "that can generate text with it (0.33 can, 0.12 cannot)."
)


class YesNoModel:
    """A CLIP whose language model can see a picture and answer."""

    def __init__(self, clip: Any) -> None:
        stage = clip.cond_stage_model
        encoder: Any = getattr(stage, getattr(stage, "clip", ""), None)
        language: Any = getattr(encoder, "transformer", None)
        if not all(hasattr(language, part) for part in ("visual", "build_image_inputs", "logits")):
            raise LidarError(f"The CLIP wired to clip cannot see pictures and answer. {_WHAT_TO_WIRE}")
        if language.model.norm is None:
            raise LidarError(
                f"The CLIP wired to clip holds a language model without its last layers, which cannot answer. "
                f"{_WHAT_TO_WIRE}"
            )
        self.clip = clip
        self.encoder = encoder
        self.yes, self.no = self._ids(YES), self._ids(NO)

    def _ids(self, words: tuple[str, ...]) -> list[int]:
        return [rows[0][0][0] for word in words for rows in self.clip.tokenize(word, skip_template=True).values()]

    def load(self) -> None:
        self.clip.load_model()

    def log_odds(self, image: torch.Tensor, question: str) -> torch.Tensor:
        """(1,) float32 nats for an image (1, H, W, 3) in [0, 1]; run after load()."""
        device = self.clip.patcher.load_device
        ((row,),) = self.clip.tokenize(_CHAT.format(question), images=[image]).values()
        embeds, _, _, described = self.encoder.process_tokens([[entry[0] for entry in row]], device)
        # The dtype that the host itself generates text in.
        dtype = torch.bfloat16 if comfy.model_management.should_use_bf16(device) else torch.float32
        features = self.encoder.transformer(None, embeds=embeds.to(dtype), embeds_info=described)[0]
        logits = self.encoder.transformer.logits(features)[:, -1]
        if logits.amin() == logits.amax():
            raise LidarError(
                "The text encoder wired to clip gives every word the same odds: its file lacks the output layer "
                "(lm_head). Use a complete Qwen3-VL file."
            )
        return log_odds(logits[:, self.yes], logits[:, self.no])


class VlmReward(SingleReward):
    """The log odds of yes against no."""

    name = "VLM yes or no"
    # An estimate.
    spread = 2.0

    def __init__(self, model: YesNoModel, question: str) -> None:
        self.model = model
        self.question = question
        self.reads_prompt = PLACE in question

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        def scored(start: int, stop: int) -> torch.Tensor:
            return self.model.log_odds(pictures[start:stop], question).cpu()

        self.model.load()
        question = asked(self.question, prompt)
        pictures = fitted(images)
        return torch.cat(list(memory.in_chunks(len(pictures), 1, scored)))
