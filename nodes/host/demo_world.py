"""The embedded world on the host's own classes."""

from typing import Any, ClassVar

import comfy.clip_model
import comfy.model_management
import comfy.model_patcher
import comfy.sd
import comfy.sd1_clip
import comfy.supported_models
import comfy.supported_models_base
import comfy.utils
import torch

from ...lidar_core.world.architecture import (
    BLOCK_CHANNELS,
    HEAD_CHANNELS,
    LATENT_CHANNELS,
    LATENT_SCALE,
    LATENT_SIZE,
    TEXT_CONFIG,
    TEXT_WIDTH,
    TRANSFORMER_DEPTH,
)
from ...lidar_core.world.grammar import CONTEXT_LENGTH, END, START, TOKEN_IDS, words_of
from . import files


class _DemoConfig(comfy.supported_models.SDXL):
    unet_config: ClassVar[dict[str, Any]] = {}
    unet_extra_config: ClassVar[dict[str, int]] = {"num_heads": -1, "num_head_channels": HEAD_CHANNELS}
    supported_inference_dtypes: ClassVar[list[torch.dtype]] = [torch.float32]


def _unet_config() -> dict[str, Any]:
    width = BLOCK_CHANNELS[0]
    return {
        "image_size": LATENT_SIZE,
        "in_channels": LATENT_CHANNELS,
        "out_channels": LATENT_CHANNELS,
        "model_channels": width,
        "channel_mult": [channels // width for channels in BLOCK_CHANNELS],
        "num_res_blocks": [1] * len(BLOCK_CHANNELS),
        "transformer_depth": list(TRANSFORMER_DEPTH),
        "transformer_depth_middle": TRANSFORMER_DEPTH[-1],
        "transformer_depth_output": [depth for depth in TRANSFORMER_DEPTH for _ in range(2)],
        "context_dim": TEXT_WIDTH,
        "num_classes": "sequential",
        "adm_in_channels": TEXT_WIDTH + 6 * 256,
        "use_spatial_transformer": True,
        "use_linear_in_transformer": True,
        "use_temporal_attention": False,
        "legacy": False,
        "dtype": torch.float32,
    }


def demo_model(path: str, disable_dynamic: bool = False) -> Any:
    """The embedded denoiser, from the file of its diffusers weights, as a MODEL of the host's SDXL class."""
    unet = files.load_tensors(path)
    config = _DemoConfig(_unet_config())
    names = comfy.utils.unet_to_diffusers(config.unet_config)
    state = {host_name: unet[name].float() for name, host_name in names.items() if name in unet}
    offload_device = comfy.model_management.unet_offload_device()
    model = config.get_model(state, device=offload_device)
    model.load_model_weights(state)
    kind = comfy.model_patcher.ModelPatcher if disable_dynamic else comfy.model_patcher.CoreModelPatcher
    patcher = kind(model, load_device=comfy.model_management.get_torch_device(), offload_device=offload_device)
    # With this the host can load the weights again for another device.
    patcher.cached_patcher_init = (demo_model, (path,))
    return patcher


def distilled(model: Any, lora: dict[str, torch.Tensor]) -> Any:
    """`model` with the LoRA of the student, applied as the host's Load LoRA does."""
    return comfy.sd.load_lora_for_models(model, None, lora, 1.0, 0.0)[0]


def demo_vae(path: str) -> Any:
    """The embedded autoencoder, from the file of its diffusers weights, as a VAE of the host's TAESD class."""
    autoencoder = files.load_tensors(path)
    state = {"vae_scale": torch.tensor(LATENT_SCALE), "vae_shift": torch.tensor(0.0)}
    for name, tensor in autoencoder.items():
        half, _, index, rest = name.split(".", 3)
        # The host's decoder starts with the clamp that diffusers keeps outside the numbered layers.
        place = int(index) + (half == "decoder")
        state[f"taesd_{half}.{place}.{rest}"] = tensor.float()
    vae = comfy.sd.VAE(sd=state, dtype=torch.float32)
    vae.patcher.cached_patcher_init = (_demo_vae_patcher, (path,))
    return vae


def _demo_vae_patcher(path: str, disable_dynamic: bool = False) -> Any:
    return demo_vae(path).patcher


class _DemoWords:
    """The vocabulary of the embedded world in the shape of a transformers tokenizer."""

    @classmethod
    def from_pretrained(cls, path: str) -> "_DemoWords":
        return cls()

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [TOKEN_IDS[START], *(TOKEN_IDS[word] for word in words_of(text)), TOKEN_IDS[END]]}

    def get_vocab(self) -> dict[str, int]:
        return TOKEN_IDS


class _DemoTokenizer(comfy.sd1_clip.SD1Tokenizer):
    def __init__(self, embedding_directory: Any = None, tokenizer_data: dict[str, Any] | None = None) -> None:
        words = comfy.sd1_clip.SDTokenizer(
            tokenizer_path="", max_length=CONTEXT_LENGTH, embedding_size=TEXT_WIDTH, tokenizer_class=_DemoWords
        )
        super().__init__(clip_name="l", tokenizer=lambda **_: words)


class _DemoTextModel(comfy.clip_model.CLIPTextModel):
    """The host's CLIP text tower with a vocabulary of the embedded world's size."""

    def __init__(self, config: dict[str, Any], dtype: Any, device: Any, operations: Any) -> None:
        super().__init__(config, dtype, device, operations)
        words = operations.Embedding(config["vocab_size"], config["hidden_size"], dtype=dtype, device=device)
        self.set_input_embeddings(words)


class _DemoClipModel(comfy.sd1_clip.SDClipModel):
    def __init__(self, device: Any = "cpu", dtype: Any = None, model_options: dict[str, Any] | None = None) -> None:
        super().__init__(
            device=device,
            dtype=dtype,
            max_length=CONTEXT_LENGTH,
            textmodel_json_config=dict(TEXT_CONFIG),
            model_class=_DemoTextModel,
            special_tokens={"start": TOKEN_IDS[START], "end": TOKEN_IDS[END], "pad": TOKEN_IDS[END]},
            model_options=model_options or {},
        )


class _DemoTextEncoder(comfy.sd1_clip.SD1ClipModel):
    def __init__(self, device: Any = "cpu", dtype: Any = None, model_options: dict[str, Any] | None = None) -> None:
        super().__init__(device=device, dtype=dtype, model_options=model_options or {}, clip_model=_DemoClipModel)


def demo_clip(path: str, **options: Any) -> Any:
    """The embedded text encoder, from its file, as a CLIP; options: of the host's class."""
    text_encoder = files.load_tensors(path)
    target = comfy.supported_models_base.ClipTarget(_DemoTokenizer, _DemoTextEncoder)
    state = {name: tensor.float() for name, tensor in text_encoder.items()}
    clip = comfy.sd.CLIP(
        target,
        parameters=comfy.utils.calculate_parameters(state),
        model_options={"dtype": torch.float32},
        **options,
    )
    clip.cond_stage_model.load_sd(state)
    clip.patcher.cached_patcher_init = (_demo_clip_patcher, (path,))
    return clip


def _demo_clip_patcher(path: str, **options: Any) -> Any:
    return demo_clip(path, **options).patcher
