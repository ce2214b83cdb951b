"""Every contact with ComfyUI's internals: sampling, patching, model management, model classes, files and graphs."""

import inspect
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import comfy.clip_model
import comfy.model_management
import comfy.model_patcher
import comfy.model_sampling
import comfy.ops
import comfy.patcher_extension
import comfy.sample
import comfy.samplers
import comfy.sd
import comfy.sd1_clip
import comfy.supported_models
import comfy.supported_models_base
import comfy.utils
import folder_paths
import latent_preview
import torch
from comfy_execution.graph_utils import ExecutionBlocker, GraphBuilder
from PIL import Image
from server import PromptServer

from ..lidar_core.guidance import PreparedPool
from ..lidar_core.guide import GuidanceSettings, Guide
from ..lidar_core.pool import Pool, PoolError
from ..lidar_core.rewards import log_tilts
from ..lidar_core.world.architecture import (
    BLOCK_CHANNELS,
    HEAD_CHANNELS,
    LATENT_CHANNELS,
    LATENT_SCALE,
    LATENT_SIZE,
    TEXT_CONFIG,
    TEXT_WIDTH,
    TRANSFORMER_DEPTH,
)
from ..lidar_core.world.grammar import CONTEXT_LENGTH, END, START, TOKEN_IDS, words_of

logger = logging.getLogger(__name__)

PATCH_KEY = "lidar"
REWARD_FOLDER = "reward_models"
_NOT_A_NOISING_PROCESS = ("IMG_TO_IMG", "IMG_TO_IMG_FLOW", "V_PREDICTION_DDPM")


# Files


def register_reward_folder() -> None:
    """Make models/reward_models known, with any folders that extra_model_paths.yaml gave it."""
    folder_paths.add_model_folder_path(REWARD_FOLDER, os.path.join(folder_paths.models_dir, REWARD_FOLDER))
    folders, extensions = folder_paths.folder_names_and_paths[REWARD_FOLDER]
    folder_paths.folder_names_and_paths[REWARD_FOLDER] = (folders, set(extensions) | {".safetensors", ".sft"})


def reward_files() -> list[str]:
    return folder_paths.get_filename_list(REWARD_FOLDER)


def reward_path(name: str) -> str:
    return folder_paths.get_full_path_or_raise(REWARD_FOLDER, name)


def pool_folder() -> Path:
    return Path(folder_paths.get_output_directory()) / "lidar_pools"


def pool_files() -> list[str]:
    """Pool files by their path below the pool folder, newest first."""
    files = sorted(pool_folder().rglob("*.safetensors"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [file.relative_to(pool_folder()).as_posix() for file in files]


def pool_path(name: str) -> Path:
    if name not in pool_files():
        raise PoolError(f'There is no pool "{name}" in {pool_folder()}: choose one of those that are there.')
    return pool_folder() / name


def next_pool_path(filename: str) -> Path:
    """The first free numbered name; the host refuses names that lead out of its output folder."""
    folder, name, counter, _, _ = folder_paths.get_save_image_path(
        f"lidar_pools/{filename}", folder_paths.get_output_directory()
    )
    return Path(folder) / f"{name}_{counter:05}_.safetensors"


def load_tensors(path: str) -> dict[str, torch.Tensor]:
    return comfy.utils.load_torch_file(path, safe_load=True)


# Memory


def managed(module: torch.nn.Module) -> Any:
    """A model patcher that lets the host load, offload and free `module`."""
    return comfy.model_patcher.CoreModelPatcher(
        module,
        load_device=comfy.model_management.get_torch_device(),
        offload_device=comfy.model_management.unet_offload_device(),
    )


def load(patcher: Any) -> None:
    comfy.model_management.load_models_gpu([patcher])


def manual_cast() -> Any:
    """The host's layer classes, which cast and move their weights as the host's memory management needs."""
    return comfy.ops.manual_cast


def is_out_of_memory(error: Exception) -> bool:
    known = getattr(comfy.model_management, "is_oom", None)
    return known(error) if known else isinstance(error, torch.cuda.OutOfMemoryError)


def in_chunks(count: int, size: int, work: Callable[[int, int], torch.Tensor]) -> Iterator[torch.Tensor]:
    """work(start, stop) over range(count) in pieces of `size`, halved whenever the device runs out of memory."""
    start = 0
    while start < count:
        comfy.model_management.throw_exception_if_processing_interrupted()
        stop = min(start + size, count)
        try:
            result = work(start, stop)
        except Exception as error:
            if size == 1 or not is_out_of_memory(error):
                raise
            result = None
        if result is None:
            size = max(1, size // 2)
            comfy.model_management.soft_empty_cache()
            logger.warning("LiDAR ran out of memory and goes on with %d samples at a time.", size)
            continue
        yield result
        start = stop


def fitting_batch(model: Any, shape: torch.Size, most: int = 16) -> int:
    """How many latents of `shape` (one sample's) the device's free memory holds at once, between 1 and `most`."""
    free = comfy.model_management.get_free_memory(model.load_device)
    for size in range(most, 1, -1):
        if model.memory_required([2 * size, *shape]) < 0.8 * free:
            return size
    return 1


# Sampling


def sampler_names() -> list[str]:
    return comfy.samplers.KSampler.SAMPLERS


def scheduler_names() -> list[str]:
    return comfy.samplers.KSampler.SCHEDULERS


def is_stochastic(sampler_name: str) -> bool:
    """Whether a sampler adds noise of its own as it goes."""
    function = getattr(comfy.samplers.sampler_object(sampler_name), "sampler_function", None)
    return function is not None and "noise_sampler" in inspect.signature(function).parameters


def fresh_noise(latent: dict[str, Any], seed: int) -> torch.Tensor:
    """The noise that the host's own samplers start from."""
    return comfy.sample.prepare_noise(latent["samples"], seed, latent.get("batch_index"))


def fix_empty_latent(model: Any, latent: dict[str, Any]) -> torch.Tensor:
    """latent["samples"] with the channels and the size that `model` samples."""
    samples = latent["samples"]
    if getattr(samples, "is_nested", False):
        raise PoolError(
            "latent_image holds nested audio-video latents, which LiDAR cannot guide yet: sample this model without it."
        )
    tags = ("downscale_ratio_spacial", "downscale_ratio_temporal")
    known = inspect.signature(comfy.sample.fix_empty_latent_channels).parameters
    ratios = {tag: latent[tag] for tag in tags if tag in latent and tag in known}
    return comfy.sample.fix_empty_latent_channels(model, samples, **ratios)


def forward_kernel(model_sampling: Any, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """a and b, each (B,), of x = a * x0 + b * noise at sigma (B,), probed from the model's own noising."""
    zeros, ones = torch.zeros(len(sigma), 1, device=sigma.device), torch.ones(len(sigma), 1, device=sigma.device)
    a = model_sampling.noise_scaling(sigma, zeros.clone(), ones.clone())
    b = model_sampling.noise_scaling(sigma, ones.clone(), zeros.clone())
    return a[:, 0], b[:, 0]


def check_noising(model: Any) -> None:
    """Refuse models whose sampling is not a known noising process."""
    model_sampling = model.get_model_object("model_sampling")
    for name in _NOT_A_NOISING_PROCESS:
        kind = getattr(comfy.model_sampling, name, None)
        if kind is not None and isinstance(model_sampling, kind):
            raise PoolError(
                f"The model {type(model.model).__name__} samples by {name}, which LiDAR cannot guide: it does not "
                "noise latents in a known way. Use it without LiDAR."
            )


def without_guidance(model: Any) -> Any:
    """A clone of `model` that LiDAR does not guide."""
    plain = model.clone()
    plain.remove_wrappers_with_key(comfy.patcher_extension.WrappersMP.OUTER_SAMPLE, PATCH_KEY)
    return plain


def sample(
    model: Any,
    noise: torch.Tensor,
    latent_image: torch.Tensor,
    positive: Any,
    negative: Any,
    cfg: float,
    steps: int,
    sampler_name: str,
    scheduler: str,
    denoise: float,
    sigmas: torch.Tensor | None,
    seed: int,
    noise_mask: torch.Tensor | None,
    callback: Callable[..., None] | None,
) -> torch.Tensor:
    """One run of the host's KSampler on `model`, over `sigmas` if given; the result is in the VAE's latent space."""
    return comfy.sample.sample(
        model,
        noise,
        steps,
        cfg,
        sampler_name,
        scheduler,
        positive,
        negative,
        latent_image,
        denoise=denoise,
        sigmas=sigmas,
        noise_mask=noise_mask,
        callback=callback,
        disable_pbar=True,
        seed=seed,
    )


def progress(total: int, model: Any) -> Callable[..., None]:
    """A progress bar on the running node: call it with the units done, and what to preview if anything.

    Previews are shown as the user set them: of a denoised latent (B, ...) in the model's space, or of a picture.
    """
    bar = comfy.utils.ProgressBar(total)
    previewer = latent_preview.get_previewer(model.load_device, model.model.latent_format)

    def report(done: int, denoised: torch.Tensor | None = None, picture: torch.Tensor | None = None) -> None:
        preview = None
        if previewer and denoised is not None:
            preview = previewer.decode_latent_to_preview_image("JPEG", denoised)
        elif previewer and picture is not None:
            pixels = (picture * 255).clamp(0, 255).byte().cpu().numpy()
            preview = ("JPEG", Image.fromarray(pixels), latent_preview.MAX_PREVIEW_RESOLUTION)
        bar.update_absolute(done, total, preview)

    return report


def decode(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """(B, H, W, 3) pictures; of a video latent, the middle frame of each sample."""
    images = vae.decode(latents)
    return images if images.ndim == 4 else images[:, images.shape[1] // 2]


def say(node: Any, text: str) -> None:
    """Show `text` on the node that the user sees, which for a part of LiDAR KSampler is that one."""
    server = getattr(PromptServer, "instance", None)
    if server is not None:
        server.send_progress_text(text, node.hidden.dynprompt.get_display_node_id(node.hidden.unique_id))


def warn(node: Any, text: str) -> None:
    """Say `text` in the log as well."""
    logger.warning(text)
    say(node, text)


# Guidance


def with_guidance(model: Any, pool: Pool, settings: GuidanceSettings) -> Any:
    """A clone of `model` that is guided by `pool` in every run; state lives in the run and nowhere else."""
    check_noising(model)
    drawn_in, sampled_in = pool.settings.get("latent_format"), type(model.model.latent_format).__name__
    if drawn_in is not None and drawn_in != sampled_in:
        raise PoolError(
            f"The pool's latents are of the format {drawn_in} but the model samples {sampled_in} latents: "
            "draw the pool with a model of the same family."
        )

    def guided_run(executor: Any, *args: Any, **kwargs: Any) -> Any:
        guider, sigmas = executor.class_obj, args[3]
        original = guider.model_options
        guider.model_options = comfy.model_patcher.create_model_options_clone(original)
        comfy.patcher_extension.add_wrapper_with_key(
            comfy.patcher_extension.WrappersMP.PREDICT_NOISE,
            PATCH_KEY,
            _guided_prediction(guider.model_patcher, pool, settings, sigmas),
            guider.model_options,
            is_model_options=True,
        )
        try:
            return executor(*args, **kwargs)
        finally:
            guider.model_options = original

    guided = model.clone()
    guided.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.OUTER_SAMPLE, PATCH_KEY, guided_run)
    return guided


def _guided_prediction(
    model: Any, pool: Pool, settings: GuidanceSettings, sigmas: torch.Tensor
) -> Callable[..., torch.Tensor]:
    model_sampling = model.get_model_object("model_sampling")
    latents = model.model.process_latent_in(pool.latents.float())
    tilts = log_tilts(pool.rewards, settings.lam, latents[0].numel(), settings.raw_rewards)
    guide = Guide(
        PreparedPool(latents, tilts, model.load_device),
        settings,
        sigmas,
        model_sampling.percent_to_sigma(settings.start),
        model_sampling.percent_to_sigma(settings.end),
    )

    def guided_prediction(executor: Any, x: torch.Tensor, sigma: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        denoised = executor(x, sigma, *args, **kwargs)
        sigma = sigma.reshape(-1).expand(len(x))
        a, b = forward_kernel(model_sampling, sigma)
        return guide(x, sigma, a, b, denoised)

    return guided_prediction


# Graphs


def new_graph() -> GraphBuilder:
    """A graph of nodes that the running node is replaced by."""
    return GraphBuilder()


def blocked(why: str) -> ExecutionBlocker:
    """An output that stops whatever is wired to it and says `why`."""
    return ExecutionBlocker(why)


# The embedded world on the host's own classes


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


def demo_model(unet: dict[str, torch.Tensor]) -> Any:
    """The embedded denoiser, from its diffusers weights, as a MODEL of the host's SDXL class."""
    config = _DemoConfig(_unet_config())
    names = comfy.utils.unet_to_diffusers(config.unet_config)
    state = {host_name: unet[name].float() for name, host_name in names.items() if name in unet}
    offload_device = comfy.model_management.unet_offload_device()
    model = config.get_model(state, device=offload_device)
    model.load_model_weights(state)
    return comfy.model_patcher.CoreModelPatcher(
        model, load_device=comfy.model_management.get_torch_device(), offload_device=offload_device
    )


def demo_vae(autoencoder: dict[str, torch.Tensor]) -> Any:
    """The embedded autoencoder, from its diffusers weights, as a VAE of the host's TAESD class."""
    state = {"vae_scale": torch.tensor(LATENT_SCALE), "vae_shift": torch.tensor(0.0)}
    for name, tensor in autoencoder.items():
        half, _, index, rest = name.split(".", 3)
        # The host's decoder starts with the clamp that diffusers keeps outside the numbered layers.
        place = int(index) + (half == "decoder")
        state[f"taesd_{half}.{place}.{rest}"] = tensor.float()
    return comfy.sd.VAE(sd=state, dtype=torch.float32)


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


def demo_clip(text_encoder: dict[str, torch.Tensor]) -> Any:
    """The embedded text encoder as a CLIP."""
    target = comfy.supported_models_base.ClipTarget(_DemoTokenizer, _DemoTextEncoder)
    state = {name: tensor.float() for name, tensor in text_encoder.items()}
    clip = comfy.sd.CLIP(
        target,
        parameters=comfy.utils.calculate_parameters(state),
        model_options={"dtype": torch.float32},
    )
    clip.cond_stage_model.load_sd(state)
    return clip
