"""Rewards that ask a vision-language text encoder of the host about each picture."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import comfy.model_management
import torch

from ...lidar_core.errors import LidarError
from ...lidar_core.rewards import checklist, question, written_facts
from ...lidar_core.rewards.branches import Branches
from ...lidar_core.rewards.facts import facts
from ...lidar_core.rewards.listed import ListedReward
from ...lidar_core.rewards.reward import SingleReward
from . import memory, output_layer

logger = logging.getLogger(__name__)

_IMAGE_TOKEN = "<|image_pad|>"
_CHAT_OPENS = f"<|im_start|>user\n<|vision_start|>{_IMAGE_TOKEN}<|vision_end|>"
_CHAT_GOES_ON = "{}<|im_end|>\n<|im_start|>assistant\n"
# Qwen2.5-VL was trained with this text before every chat, Qwen3-VL with none.
_SYSTEM = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
_WHAT_TO_WIRE = (
    "Wire a CLIP with a Qwen3-VL 4B or 8B text encoder (the Load CLIP node, any type but flux and flux2) or with "
    "Qwen2.5-VL 7B (type qwen_image), in a ComfyUI that can generate text with it (0.33 can, 0.12 cannot)."
)


class SeeingModel:
    """A CLIP whose language model can see a picture and answer."""

    def __init__(self, clip: Any) -> None:
        stage = clip.cond_stage_model
        encoder: Any = getattr(stage, getattr(stage, "clip", ""), None)
        language: Any = getattr(encoder, "transformer", None)
        if not all(hasattr(language, part) for part in ("visual", "logits")) or not hasattr(
            language.visual, "spatial_merge_size"
        ):
            raise LidarError(f"The CLIP wired to clip cannot see pictures and answer. {_WHAT_TO_WIRE}")
        if language.model.norm is None:
            raise LidarError(
                f"The CLIP wired to clip holds a language model without its last layers, which cannot answer. "
                f"{_WHAT_TO_WIRE}"
            )
        self.clip = clip
        self.encoder = encoder
        self.language = language
        # Qwen3-VL's class adds features of the picture in its first layers; Qwen2.5-VL's has no output layer.
        self.is_qwen3 = hasattr(language, "build_image_inputs")
        self.output = None if self.is_qwen3 else output_layer.of_clip(clip)
        self.multiple = language.visual.patch_size * language.visual.spatial_merge_size
        self.words = getattr(clip.tokenizer, clip.tokenizer.clip).tokenizer

    def load(self) -> None:
        patchers = [self.clip.patcher] if self.output is None else [self.clip.patcher, self.output]
        comfy.model_management.load_models_gpu(patchers)

    def answers(
        self, image: torch.Tensor, questions: Sequence[str], spellings: Sequence[Sequence[str]]
    ) -> list[torch.Tensor]:
        """For each question (k,) float32 log probabilities in nats that the answer begins with each of its spellings.

        image: (1, H, W, 3) in [0, 1]. Run after load(). The picture is encoded once and read once for all questions.
        """
        # The picture replaces one token and takes many.
        opening = self._ids(("" if self.is_qwen3 else _SYSTEM) + _CHAT_OPENS)
        (place,) = [at for at, token in enumerate(opening) if token == self._ids(_IMAGE_TOKEN)[0]]
        texts, answers = [opening], []
        parents: list[int | None] = [None]
        for asked, spelled in zip(questions, spellings, strict=True):
            parent = len(texts)
            texts.append(self._ids(_CHAT_GOES_ON.format(asked)))
            parents.append(0)
            answers.append(range(len(texts), len(texts) + len(spelled)))
            # Nothing is predicted after an answer's last token.
            texts += [self._ids(word)[:-1] for word in spelled]
            parents += [parent] * len(spelled)
        row: list[Any] = [token for text in texts for token in text]
        row[place] = {"type": "image", "data": image, "original_type": "image"}
        device = self.clip.patcher.load_device
        embeds, _, _, described = self.encoder.process_tokens([row], device)
        picture = embeds.shape[1] - len(row)
        branches = Branches([len(opening) + picture, *map(len, texts[1:])], parents)
        reads = [branches.reads(at) for at in (at for places in answers for at in places)]
        features = self._features(embeds, described, branches)[0, [at for places in reads for at in places]]
        foretold = self._logits(features).float().log_softmax(-1).split([len(places) for places in reads])
        ids = [self._ids(word) for spelled in spellings for word in spelled]
        sums = [rows[range(len(word)), word].sum() for rows, word in zip(foretold, ids, strict=True)]
        return list(torch.stack(sums).cpu().split([len(spelled) for spelled in spellings]))

    def written(self, request: str, longest: int) -> str:
        """The likeliest answer to `request`, without a picture, of at most `longest` tokens. Qwen3-VL only."""
        tokens = self.clip.tokenize(f"<|im_start|>user\n{_CHAT_GOES_ON.format(request)}")
        answer: str = self.clip.decode(self.clip.generate(tokens, do_sample=False, max_length=longest))
        return answer

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.words(text)["input_ids"]
        return ids

    def _features(self, embeds: torch.Tensor, described: Any, branches: Branches) -> torch.Tensor:
        """(1, S, D) after the last layer and its norm."""
        from comfy.text_encoders.qwen_vl import qwen2vl_mrope_position_ids

        device = embeds.device
        beginning = branches.lengths[0]
        positions = qwen2vl_mrope_position_ids(described, embeds.shape[1], device)
        after = branches.depths()[beginning:].to(device) - (beginning - 1)
        positions[:, beginning:] = positions[:, beginning - 1 : beginning] + after
        layers = {}
        if self.is_qwen3:
            _, layers["visual_pos_masks"], layers["deepstack_embeds"] = self.language.build_image_inputs(
                embeds, described
            )
        # The dtype that the host itself generates text in.
        dtype = torch.bfloat16 if comfy.model_management.should_use_bf16(device) else torch.float32
        features: torch.Tensor = self.language.model(
            None,
            attention_mask=branches.sees()[None].to(device),
            embeds=embeds.to(dtype),
            position_ids=positions,
            **layers,
        )[0]
        return features

    def _logits(self, features: torch.Tensor) -> torch.Tensor:
        """(n, V) of features (n, D)."""
        if self.output is not None:
            logits: torch.Tensor = self.output.model(features)
        else:
            logits = self.language.logits(features[:, None])[:, 0]
        if logits.amin() == logits.amax():
            raise LidarError(
                "The text encoder wired to clip gives every word the same odds: its file lacks the output layer "
                "(lm_head). Use a complete Qwen3-VL file."
            )
        return logits


class VlmReward(SingleReward):
    """The log odds of yes against no."""

    name = "VLM yes or no"
    # An estimate, not measured.
    spread = 2.0

    def __init__(self, model: SeeingModel, template: str) -> None:
        self.model = model
        self.template = template
        self.reads_prompt = question.PLACE in template

    def values(self, images: torch.Tensor, prompt: str) -> torch.Tensor:
        def scored(start: int, stop: int) -> torch.Tensor:
            (answers,) = self.model.answers(pictures[start:stop], [asked], [(*question.YES, *question.NO)])
            yes, no = answers.split([len(question.YES), len(question.NO)])
            return question.log_odds(yes, no)[None]

        self.model.load()
        asked = question.asked(self.template, prompt)
        pictures = question.fitted(images, multiple=self.model.multiple)
        return torch.cat(list(memory.in_chunks(len(pictures), 1, scored)))


class ChecklistReward(ListedReward):
    """The weighted mean log probability of the right answers.

    lines: the questions; none: those of the prompt, by fixed rules or, if `writes`, as the model writes them. show: is
    told the lines that were made from a prompt.
    """

    name = "checklist"
    # An estimate, not measured.
    spread = 0.7

    def __init__(
        self,
        model: SeeingModel,
        lines: Sequence[checklist.Line],
        writes: bool = False,
        show: Callable[[str], None] = lambda text: None,
    ) -> None:
        if writes and not model.is_qwen3:
            raise LidarError(
                "Qwen2.5-VL cannot write the lines: ComfyUI generates text without its output layer. Set from_prompt "
                "to rules, or use Qwen3-VL."
            )
        self.model = model
        self.lines = lines
        self.writes = writes
        self.show = show
        self.made: dict[str, list[checklist.Line]] = {}
        self.reads_prompt = checklist.reads_prompt(lines)

    def lines_for(self, prompt: str) -> Sequence[checklist.Line]:
        """The lines of the prompt, made once and shown."""
        if self.lines:
            return self.lines
        if prompt not in self.made:
            self.made[prompt] = self._lines_from(prompt)
            self.show("\n".join(f"{line.question} {line.answer}" for line in self.made[prompt]))
        return self.made[prompt]

    def _lines_from(self, prompt: str) -> list[checklist.Line]:
        if not prompt.strip() or not self.writes:
            return facts(prompt)
        answer = self.model.written(written_facts.request(prompt), written_facts.LONGEST_ANSWER)
        found = written_facts.written_lines(answer)
        if not found:
            logger.warning("LiDAR: the model wrote no question for the prompt, so the lines are made by rules.")
        return found or facts(prompt)

    def judged(self, images: torch.Tensor, prompt: str) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        """The probability of each line's right answer, by question and answer."""

        def scored(start: int, stop: int) -> torch.Tensor:
            answers = self.model.answers(pictures[start:stop], questions, spellings)
            return torch.stack([line.log_probability(each) for line, each in zip(lines, answers, strict=True)])[None]

        lines = self.lines_for(prompt)
        if not lines:
            raise LidarError(
                "The checklist is empty and so is the prompt: write lines into it, or wire the prompt to the prompt "
                "input of the node that scores."
            )
        self.model.load()
        questions = [line.asked(prompt) for line in lines]
        spellings = [(*line.spellings, *line.rivals) for line in lines]
        pictures = question.fitted(images, multiple=self.model.multiple)
        found = torch.cat(list(memory.in_chunks(len(pictures), 1, scored))).T
        values = checklist.weighted_mean(found, [line.weight for line in lines])
        return values, dict(zip(checklist.names(lines, prompt), found.exp(), strict=True))
