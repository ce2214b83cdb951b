"""Small random vision-language models of the host's own classes, and transformers' models with the same weights."""

from dataclasses import dataclass

import pytest
import torch

from .conftest import COMFYUI

HAS_QWEN3_VL = (COMFYUI / "comfy" / "text_encoders" / "qwen3vl.py").exists()
needs_qwen3_vl = pytest.mark.skipif(not HAS_QWEN3_VL, reason="this ComfyUI has no Qwen3-VL")
# Float32 sums in another order: 5e-6 was found, on log odds of up to 9.
TOLERANCE = 1e-4

TEXT = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
VISION = {"hidden_size": 64, "intermediate_size": 80, "depth": 4, "deepstack_visual_indexes": [0, 1, 2]}
VISION_HEADS = 16


def qwen3_vl_clip(monkeypatch, separate_head, seed=0):
    """A CLIP around a small random Qwen3-VL; the 8B has a head of its own, the 4B shares it with the words."""
    import comfy.sd
    import comfy.supported_models_base
    from comfy import sd1_clip
    from comfy.text_encoders import qwen3vl
    from comfy.text_encoders.llama import Qwen3VL_8BConfig

    monkeypatch.setitem(qwen3vl.QWEN3VL_CONFIGS, "tiny", Qwen3VL_8BConfig)
    monkeypatch.setitem(qwen3vl.QWEN3VL_VISION, "tiny", VISION)

    class TinyEncoder(sd1_clip.SDClipModel):
        def __init__(self, device="cpu", dtype=None, model_options=None):
            super().__init__(
                device=device,
                layer="hidden",
                layer_idx=-1,
                textmodel_json_config={**TEXT, "lm_head": separate_head},
                dtype=dtype,
                special_tokens={"pad": 151643},
                layer_norm_hidden_state=False,
                model_class=qwen3vl._make_qwen3vl_model("tiny"),
                enable_attention_masks=True,
                return_attention_masks=True,
                model_options=model_options or {},
            )

    class Tiny(sd1_clip.SD1ClipModel):
        def __init__(self, device="cpu", dtype=None, model_options=None):
            super().__init__(
                device=device, dtype=dtype, name="qwen3vl_8b", clip_model=TinyEncoder, model_options=model_options or {}
            )

    target = comfy.supported_models_base.ClipTarget(qwen3vl.tokenizer("qwen3vl_8b"), Tiny)
    clip = comfy.sd.CLIP(target, parameters=10_000_000, model_options={"dtype": torch.float32})
    generator = torch.Generator().manual_seed(seed)
    fill(clip.cond_stage_model.qwen3vl_8b.transformer, generator)
    return clip


def fill(language, generator):
    """Random weights of the size that keeps activations in bounds."""
    state = {}
    for name, tensor in language.state_dict().items():
        values = 2 * torch.rand(tensor.shape, generator=generator) - 1
        if "norm" in name or "ln_q" in name:
            values = (1 if name.endswith("weight") else 0) + 0.2 * values
        elif name.endswith("weight") and "embed" not in name:
            values = 2 * values / tensor[0].numel() ** 0.5
        state[name] = values
    language.load_state_dict(state)


def official_model(state, separate_head):
    """transformers' Qwen3-VL with the same weights."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    config = Qwen3VLConfig(
        text_config={
            **TEXT,
            "vocab_size": 151936,
            "head_dim": 128,
            "max_position_embeddings": 262144,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5e6,
                "mrope_section": [24, 20, 20],
                "mrope_interleaved": True,
            },
            "tie_word_embeddings": not separate_head,
        },
        vision_config={
            **VISION,
            "num_heads": VISION_HEADS,
            "patch_size": 16,
            "temporal_patch_size": 2,
            "in_channels": 3,
            "spatial_merge_size": 2,
            "num_position_embeddings": 2304,
            "out_hidden_size": TEXT["hidden_size"],
        },
        tie_word_embeddings=not separate_head,
    )
    config._attn_implementation = "eager"
    # The host runs the nodes in inference mode, whose tensors transformers cannot tie.
    with torch.inference_mode(False):
        model = Qwen3VLForConditionalGeneration(config).eval().requires_grad_(False)
    renamed = {}
    for name, tensor in state.items():
        if name.startswith("model.lm_head."):
            renamed[name.removeprefix("model.")] = tensor
        elif name.startswith("model."):
            renamed["model.language_model." + name.removeprefix("model.")] = tensor
        else:
            renamed["model." + name] = tensor
    missing, unexpected = model.load_state_dict(renamed, strict=False)
    assert not unexpected
    assert set(missing) <= (set() if separate_head else {"lm_head.weight"})
    return model


# Its heads are as wide as the 7B's, 128, so that its positions are divided among the axes alike.
TEXT_25 = {**TEXT, "hidden_size": 256}
VISION_25 = {"hidden_size": 64, "intermediate_size": 80, "num_heads": 4}
# The host gives all positions to the layers of these numbers, and windows to the others.
DEPTH_25 = 9


def qwen25_vl_clip(monkeypatch, file, seed=0):
    """A CLIP around a small random Qwen2.5-VL, loaded from `file` as far as the host remembers."""
    import comfy.sd
    import comfy.supported_models_base
    from comfy import sd1_clip
    from comfy.text_encoders import llama, qwen_image, qwen_vl
    from safetensors.torch import save_file

    class TinyLanguage(llama.Qwen25_7BVLI):
        def __init__(self, config_dict, dtype, device, operations):
            torch.nn.Module.__init__(self)
            config = llama.Qwen25_7BVLI_Config(**config_dict)
            self.num_layers = config.num_hidden_layers
            self.model = llama.Llama2_(config, device=device, dtype=dtype, ops=operations)
            self.visual = qwen_vl.Qwen2VLVisionTransformer(
                **VISION_25,
                num_layers=DEPTH_25,
                output_hidden_size=config.hidden_size,
                device=device,
                dtype=dtype,
                ops=operations,
            )
            self.dtype = dtype

    class TinyEncoder(sd1_clip.SDClipModel):
        def __init__(self, device="cpu", dtype=None, model_options=None):
            super().__init__(
                device=device,
                layer="last",
                textmodel_json_config=TEXT_25,
                dtype=dtype,
                special_tokens={"pad": 151643},
                layer_norm_hidden_state=False,
                model_class=TinyLanguage,
                enable_attention_masks=True,
                return_attention_masks=True,
                model_options=model_options or {},
            )

    class Tiny(sd1_clip.SD1ClipModel):
        def __init__(self, device="cpu", dtype=None, model_options=None):
            super().__init__(
                device=device, dtype=dtype, name="qwen25_7b", clip_model=TinyEncoder, model_options=model_options or {}
            )

    target = comfy.supported_models_base.ClipTarget(qwen_image.QwenImageTokenizer, Tiny)
    generator = torch.Generator().manual_seed(seed)
    head = 2 * torch.rand(152064, TEXT_25["hidden_size"], generator=generator) - 1
    save_file({"lm_head.weight": 2 * head / TEXT_25["hidden_size"] ** 0.5}, file)

    def tiny(*_, **__):
        return comfy.sd.CLIP(target, parameters=10_000_000, model_options={"dtype": torch.float32})

    # The host's own loader opens the file and notes its path; only what it builds is small.
    monkeypatch.setattr(comfy.sd, "load_text_encoder_state_dicts", tiny)
    clip = comfy.sd.load_clip([str(file)])
    fill(clip.cond_stage_model.qwen25_7b.transformer, generator)
    return clip


@dataclass(frozen=True)
class Official:
    """transformers' model, and how its own processor and chat template show it a picture."""

    model: object
    opening: str
    patch: int
    mean: tuple
    std: tuple

    def logits(self, image, question, answer=""):
        """(1 + answer's tokens, V) after the chat and after each token of the answer; and the answer's tokens."""
        from transformers import AutoTokenizer
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

        tokenizer = AutoTokenizer.from_pretrained(str(COMFYUI / "comfy" / "text_encoders" / "qwen25_tokenizer"))
        processor = Qwen2VLImageProcessorPil(
            patch_size=self.patch,
            merge_size=2,
            temporal_patch_size=2,
            do_resize=False,
            image_mean=self.mean,
            image_std=self.std,
        )
        pixels = processor(images=[(image * 255).round().byte().numpy()], return_tensors="pt")
        seen = int(pixels["image_grid_thw"].prod()) // 4
        chat = (
            f"{self.opening}<|im_start|>user\n<|vision_start|>{'<|image_pad|>' * seen}<|vision_end|>{question}"
            "<|im_end|>\n<|im_start|>assistant\n"
        )
        ids = torch.tensor([tokenizer(chat + answer).input_ids])
        before = len(tokenizer(chat).input_ids)
        logits = self.model(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=(ids == 151655).int(),
            pixel_values=pixels["pixel_values"].float(),
            image_grid_thw=pixels["image_grid_thw"],
        ).logits[0]
        return logits[before - 1 :].double(), ids[0, before:].tolist()

    def log_probability(self, image, question, answer):
        """That the answer begins with these words, by the probabilities of all words one after the other."""
        logits, ids = self.logits(image, question, answer)
        return torch.stack([row.log_softmax(-1)[word] for row, word in zip(logits, ids, strict=False)]).sum().float()


def official_qwen3(clip, separate_head):
    state = clip.cond_stage_model.qwen3vl_8b.transformer.state_dict()
    return Official(official_model(state, separate_head), "", 16, [0.5] * 3, [0.5] * 3)


def official_qwen25(clip, file):
    from safetensors.torch import load_file
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    config = Qwen2_5_VLConfig(
        text_config={
            **TEXT_25,
            "vocab_size": 152064,
            "max_position_embeddings": 128000,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
            "tie_word_embeddings": False,
        },
        vision_config={
            **VISION_25,
            "depth": DEPTH_25,
            "fullatt_block_indexes": [7, 15, 23, 31],
            "out_hidden_size": TEXT_25["hidden_size"],
        },
        tie_word_embeddings=False,
    )
    config._attn_implementation = "eager"
    with torch.inference_mode(False):
        model = Qwen2_5_VLForConditionalGeneration(config).eval().requires_grad_(False)
    state = load_file(file)
    for name, tensor in clip.cond_stage_model.qwen25_7b.transformer.state_dict().items():
        inner = name.removeprefix("model.")
        state["model.language_model." + inner if name.startswith("model.") else "model." + name] = tensor
    model.load_state_dict(state)
    clip_mean, clip_std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    opening = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    return Official(model, opening, 14, clip_mean, clip_std)


def pictures(height, width, count=3):
    return torch.randint(256, (count, height, width, 3), generator=torch.Generator().manual_seed(5)).float() / 255
