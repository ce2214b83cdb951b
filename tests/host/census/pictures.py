"""Models of pictures."""

import torch

from .case import F32, VIDEOS, Case, seeded

SD, F16, Q16, V16 = (4, 8, 8), (16, 8, 8), (16, 1, 8, 8), (16, 3, 8, 8)
UNET = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 64,
    "channel_mult": [1, 2],
    "num_res_blocks": [1, 1],
    "transformer_depth": [0, 1],
    "transformer_depth_middle": 1,
    "transformer_depth_output": [0, 0, 1, 1],
    "context_dim": 32,
    "use_spatial_transformer": True,
    "use_linear_in_transformer": True,
    "use_temporal_attention": False,
    "legacy": False,
    "adm_in_channels": None,
    "num_heads": -1,
    "num_head_channels": 64,
    **F32,
}


def adm(width):
    return {"num_classes": "sequential", "adm_in_channels": width}


SDXL = {**UNET, **adm(64 + 6 * 256)}
SVD = {
    **UNET,
    **adm(768),
    "in_channels": 8,
    "use_temporal_attention": True,
    "use_temporal_resblock": True,
    "video_kernel_size": [3, 1, 1],
    "extra_ff_mix_layer": True,
    "use_spatial_context": True,
    "merge_strategy": "learned_with_images",
    "merge_factor": 0.0,
}
ONE_VIDEO = "makes one video of the whole batch"
NO_NOISING = "which LiDAR cannot guide"


def concat(channels, mask=True):
    """An encoded picture beside the latent, and where it counts."""

    def extra(shape):
        options = {"concat_latent_image": seeded(5, 1, channels, *shape[1:])}
        return {**options, "concat_mask": torch.ones(1, 1, *shape[1:])} if mask else options

    return extra


def references(channels, size=8, dims=2, count=1):
    def extra(shape):
        one = (1, channels, size, size) if dims == 2 else (1, channels, 1, size, size)
        return {"reference_latents": [seeded(5 + i, *one) for i in range(count)]}

    return extra


def attention_mask(shape):
    return {"attention_mask": torch.ones(1, 8, dtype=torch.long)}


UNETS = {
    "SD 1.5": Case("SD15", UNET, SD),
    "SD 1.5 inpainting": Case("SD15", {**UNET, "in_channels": 9}, SD, extra=concat(4)),
    "SD 1.5 InstructPix2Pix": Case("SD15_instructpix2pix", {**UNET, "in_channels": 8}, SD, extra=concat(4)),
    "SD 2": Case("SD20", UNET, SD),
    "SD 2 (v)": Case(
        "SD20",
        UNET,
        SD,
        state=lambda: {"output_blocks.11.1.transformer_blocks.0.norm1.bias": torch.tensor([-1.0, 1.0])},
    ),
    "SD 2.1 unCLIP L": Case("SD21UnclipL", {**UNET, **adm(1536)}, SD),
    "SD 2.1 unCLIP H": Case("SD21UnclipH", {**UNET, **adm(2048)}, SD),
    "SD x4 upscaler": Case(
        "SD_X4Upscaler",
        {
            **UNET,
            "in_channels": 7,
            "num_classes": 1000,
            "disable_self_attentions": [True, False],
            "num_heads": 8,
            "num_head_channels": -1,
        },
        SD,
        extra=lambda shape: {"concat_image": seeded(5, 1, 3, 8, 8), "noise_augmentation": 0.1},
    ),
    "SDXL": Case("SDXL", SDXL, SD, pooled=64),
    "SDXL (v)": Case("SDXL", SDXL, SD, pooled=64, state=lambda: {"v_pred": torch.ones(1)}),
    "SDXL (v, zero terminal SNR)": Case(
        "SDXL", SDXL, SD, pooled=64, state=lambda: {"v_pred": torch.ones(1), "ztsnr": torch.ones(1)}
    ),
    "SDXL (EDM, Playground)": Case(
        "SDXL",
        SDXL,
        SD,
        pooled=64,
        state=lambda: {"edm_mean": torch.zeros(1, 4, 1, 1), "edm_std": torch.ones(1, 4, 1, 1)},
    ),
    "SDXL (EDM v, CosXL)": Case(
        "SDXL",
        SDXL,
        SD,
        pooled=64,
        state=lambda: {"edm_vpred.sigma_max": torch.tensor(120.0), "edm_vpred.sigma_min": torch.tensor(0.002)},
    ),
    "SDXL refiner": Case("SDXLRefiner", {**UNET, **adm(1280 + 5 * 256)}, SD, pooled=1280),
    "SDXL InstructPix2Pix": Case("SDXL_instructpix2pix", {**SDXL, "in_channels": 8}, SD, pooled=64, extra=concat(4)),
    "SSD-1B": Case("SSD1B", SDXL, SD, pooled=64),
    "Segmind Vega": Case("Segmind_Vega", SDXL, SD, pooled=64),
    "KOALA 700M": Case("KOALA_700M", SDXL, SD, pooled=64),
    "KOALA 1B": Case("KOALA_1B", SDXL, SD, pooled=64),
    "Stable Zero123": Case(
        "Stable_Zero123",
        {**UNET, "in_channels": 8, "context_dim": 768},
        SD,
        text=772,
        tokens=1,
        state=lambda: {"cc_projection.weight": seeded(6, 768, 772) * 0.02, "cc_projection.bias": torch.zeros(768)},
        extra=concat(4),
    ),
    "Lotus": Case("LotusD", {**UNET, **adm(4)}, SD, refused=NO_NOISING),
    "Stable Video Diffusion": Case("SVD_img2vid", SVD, SD, tokens=1, refused=ONE_VIDEO),
    "SV3D u": Case("SV3D_u", {**SVD, **adm(256)}, SD, tokens=1, refused=ONE_VIDEO),
    "SV3D p": Case("SV3D_p", {**SVD, **adm(1280)}, SD, tokens=1, refused=ONE_VIDEO),
    "Stable Cascade C": Case(
        "Stable_Cascade_C",
        {
            "stable_cascade_stage": "c",
            "c_cond": 64,
            "c_hidden": [64, 64],
            "nhead": [2, 2],
            "blocks": [[1, 1], [1, 1]],
            "c_clip_text": 32,
            "c_clip_text_pooled": 32,
            "c_clip_img": 768,
            **F32,
        },
        (16, 8, 8),
        pooled=32,
    ),
    "Stable Cascade B": Case(
        "Stable_Cascade_B",
        {
            "stable_cascade_stage": "b",
            "c_cond": 64,
            "c_hidden": [32, 32, 32, 32],
            "nhead": [-1, -1, 2, 2],
            "blocks": [[1, 1, 1, 1], [1, 1, 1, 1]],
            "block_repeat": [[1, 1, 1, 1], [1, 1, 1, 1]],
            "c_clip": 32,
            **F32,
        },
        (4, 32, 32),
        pooled=32,
        extra=lambda shape: {"stable_cascade_prior": seeded(5, 1, 16, 3, 3)},
    ),
}

SD3 = {
    "in_channels": 16,
    "out_channels": 16,
    "input_size": None,
    "patch_size": 2,
    "depth": 2,
    "adm_in_channels": 64,
    "pos_embed_max_size": 32,
    "num_patches": 32 * 32,
    "pos_embed_scaling_factor": None,
    "context_embedder_config": {"target": "torch.nn.Linear", "params": {"in_features": 32, "out_features": 128}},
    **F32,
}
PIXART = {
    "image_model": "pixart_alpha",
    "num_heads": 2,
    "patch_size": 2,
    "hidden_size": 48,
    "in_channels": 4,
    "depth": 1,
    "caption_channels": 32,
    "model_max_length": 16,
    "input_size": 64,
    "pe_interpolation": 1,
    "micro_condition": True,
    **F32,
}
HUNYUAN_DIT = {
    "image_model": "hydit",
    "depth": 2,
    "hidden_size": 64,
    "num_heads": 2,
    "text_states_dim": 32,
    "text_states_dim_t5": 32,
    "text_len": 8,
    "text_len_t5": 8,
    **F32,
}
FLUX = {
    "image_model": "flux",
    "in_channels": 16,
    "out_channels": 16,
    "vec_in_dim": 64,
    "context_in_dim": 32,
    "hidden_size": 48,
    "mlp_ratio": 2.0,
    "num_heads": 2,
    "depth": 1,
    "depth_single_blocks": 1,
    "axes_dim": [8, 8, 8],
    "theta": 10000,
    "patch_size": 2,
    "qkv_bias": True,
    "guidance_embed": False,
    "txt_ids_dims": [],
    **F32,
}
FLUX2 = {
    **FLUX,
    "image_model": "flux2",
    "in_channels": 128,
    "out_channels": 128,
    "patch_size": 1,
    "vec_in_dim": None,
    "axes_dim": [6, 6, 6, 6],
    "global_modulation": True,
    "mlp_silu_act": True,
    "qkv_bias": False,
    "ops_bias": False,
    "default_ref_method": "index",
    "ref_index_scale": 10.0,
    "txt_ids_dims": [3],
    "guidance_embed": True,
    "theta": 2000,
}
CHROMA = {
    **{key: value for key, value in FLUX.items() if key != "guidance_embed"},
    "image_model": "chroma",
    "in_channels": 64,
    "out_channels": 64,
    "in_dim": 64,
    "out_dim": 48,
    "hidden_dim": 64,
    "n_layers": 1,
    "vec_in_dim": None,
}
RADIANCE = {
    **CHROMA,
    "image_model": "chroma_radiance",
    "in_channels": 3,
    "out_channels": 3,
    "patch_size": 16,
    "nerf_hidden_size": 16,
    "nerf_mlp_ratio": 2,
    "nerf_depth": 1,
    "nerf_max_freqs": 4,
    "nerf_tile_size": 0,
    "nerf_final_head_type": "conv",
    "nerf_embedder_dtype": torch.float32,
    "use_x0": False,
    "use_sequential_txt_ids": False,
}
LUMINA = {
    "image_model": "lumina2",
    "patch_size": 2,
    "in_channels": 16,
    "dim": 48,
    "cap_feat_dim": 32,
    "n_layers": 1,
    "qk_norm": True,
    "n_heads": 2,
    "n_kv_heads": 2,
    "axes_dims": [8, 8, 8],
    "axes_lens": [64, 64, 64],
    "rope_theta": 10000.0,
    "ffn_dim_multiplier": 1.0,
    "multiple_of": 16,
    "n_refiner_layers": 1,
    **F32,
}
ZIMAGE = {
    **LUMINA,
    "dim": 256,
    "n_heads": 8,
    "n_kv_heads": 8,
    "axes_dims": [8, 12, 12],
    "rope_theta": 256.0,
    "z_image_modulation": True,
    "time_scale": 1000.0,
    "pad_tokens_multiple": 8,
}
ZIMAGE_PIXELS = {
    **ZIMAGE,
    "image_model": "zimage_pixel",
    "patch_size": 16,
    "in_channels": 3,
    "decoder_in_channels": 768,
    "decoder_hidden_size": 32,
    "decoder_num_res_blocks": 1,
    "decoder_max_freqs": 4,
}
PIXELDIT = {
    "image_model": "pixeldit_t2i",
    "num_groups": 2,
    "hidden_size": 48,
    "pixel_hidden_size": 8,
    "pixel_attn_hidden_size": 48,
    "pixel_num_groups": 2,
    "patch_depth": 2,
    "pixel_depth": 1,
    "patch_size": 16,
    "txt_embed_dim": 32,
    "txt_max_length": 16,
    **F32,
}
QWEN = {
    "image_model": "qwen_image",
    "in_channels": 64,
    "num_layers": 1,
    "attention_head_dim": 24,
    "num_attention_heads": 2,
    "joint_attention_dim": 32,
    "axes_dims_rope": [8, 8, 8],
    **F32,
}
OMNIGEN = {
    "image_model": "omnigen2",
    "axes_dim_rope": [8, 8, 8],
    "axes_lens": [64, 64, 64],
    "hidden_size": 48,
    "in_channels": 16,
    "multiple_of": 16,
    "num_attention_heads": 2,
    "num_kv_heads": 2,
    "num_layers": 1,
    "num_refiner_layers": 1,
    "patch_size": 2,
    "text_feat_dim": 32,
    "timestep_scale": 1000.0,
    **F32,
}
KANDINSKY = {
    "image_model": "kandinsky5",
    "model_dim": 48,
    "ff_dim": 64,
    "visual_embed_dim": 132,
    "time_dim": 32,
    "num_text_blocks": 1,
    "num_visual_blocks": 1,
    "axes_dims": (8, 8, 8),
    "in_text_dim": 32,
    "in_text_dim2": 64,
    **F32,
}
COSMOS2 = {
    "image_model": "cosmos_predict2",
    "in_channels": 16,
    "out_channels": 16,
    "max_img_h": 32,
    "max_img_w": 32,
    "max_frames": 16,
    "patch_spatial": 2,
    "patch_temporal": 1,
    "model_channels": 48,
    "num_blocks": 1,
    "num_heads": 2,
    "crossattn_emb_channels": 32,
    "pos_emb_cls": "rope3d",
    "rope_enable_fps_modulation": False,
    **F32,
}
HUNYUAN = {
    "image_model": "hunyuan_video",
    "in_channels": 16,
    "patch_size": [1, 2, 2],
    "out_channels": 16,
    "vec_in_dim": 64,
    "axes_dim": [8, 8, 8],
    "meanflow": False,
    "context_in_dim": 32,
    "hidden_size": 48,
    "mlp_ratio": 2.0,
    "num_heads": 2,
    "depth": 1,
    "depth_single_blocks": 1,
    "theta": 256,
    "qkv_bias": True,
    "byt5": False,
    "guidance_embed": False,
    "use_cond_type_embedding": False,
    "vision_in_dim": None,
    "meanflow_sum": False,
    **F32,
}


def two_texts(shape):
    return {
        "conditioning_mt5xl": seeded(3, 1, 8, 32),
        "attention_mask": torch.ones(1, 8),
        "attention_mask_mt5xl": torch.ones(1, 8),
    }


TRANSFORMERS = {
    "SD 3": Case("SD3", SD3, F16, pooled=64),
    "SD 3 (noise scale 1.5)": Case("SD3", SD3, F16, pooled=64, settings={"noise_scale": 1.5}),
    "AuraFlow": Case(
        "AuraFlow",
        {
            "cond_seq_dim": 32,
            "max_seq": 256,
            "n_double_layers": 1,
            "n_layers": 2,
            "dim": 64,
            "n_heads": 2,
            "global_conddim": 64,
            **F32,
        },
        SD,
    ),
    "PixArt alpha": Case("PixArtAlpha", PIXART, (4, 64, 64), extra=lambda shape: {"width": 128, "height": 128}),
    "PixArt sigma": Case(
        "PixArtSigma", {**PIXART, "image_model": "pixart_sigma", "micro_condition": False}, (4, 64, 64)
    ),
    "Hunyuan DiT": Case("HunyuanDiT", HUNYUAN_DIT, SD, extra=two_texts),
    "Hunyuan DiT 1": Case(
        "HunyuanDiT1",
        {**HUNYUAN_DIT, "image_model": "hydit1", "size_cond": True, "use_style_cond": True},
        SD,
        extra=two_texts,
    ),
    "Flux": Case("Flux", {**FLUX, "guidance_embed": True}, F16, pooled=64),
    "Flux Kontext": Case("Flux", {**FLUX, "guidance_embed": True}, F16, pooled=64, extra=references(16)),
    "Flux schnell": Case("FluxSchnell", FLUX, F16, pooled=64),
    "Flux Fill": Case(
        "FluxInpaint",
        {**FLUX, "guidance_embed": True, "in_channels": 96},
        F16,
        pooled=64,
        extra=lambda shape: {
            "concat_latent_image": seeded(5, 1, 16, 8, 8),
            "concat_mask": torch.ones(1, 1, 64, 64),
        },
    ),
    "Flux 2": Case("Flux2", FLUX2, (128, 4, 4), pooled=64),
    "Flux 2 with references": Case("Flux2", FLUX2, (128, 4, 4), pooled=64, extra=references(128, 4)),
    "LongCat Image": Case("LongCatImage", {**FLUX, "vec_in_dim": None, "txt_ids_dims": [1, 2]}, F16),
    "Chroma": Case("Chroma", CHROMA, F16, pooled=64),
    "Chroma Radiance": Case("ChromaRadiance", RADIANCE, (3, 32, 32), pooled=64, newer=("use_sequential_txt_ids",)),
    "Chroma Radiance (x0)": Case(
        "ChromaRadiance", {**RADIANCE, "use_x0": True}, (3, 32, 32), pooled=64, newer=("use_sequential_txt_ids",)
    ),
    "Lumina 2": Case("Lumina2", LUMINA, F16),
    "Z-Image": Case("ZImage", ZIMAGE, F16),
    "Z-Image in pixels": Case("ZImagePixelSpace", ZIMAGE_PIXELS, (3, 32, 32)),
    "Z-Image in pixels (x0)": Case("ZImagePixelSpace", {**ZIMAGE_PIXELS, "use_x0": True}, (3, 32, 32)),
    "PixelDiT": Case("PixelDiTT2I", PIXELDIT, (3, 32, 32)),
    "PiD": Case(
        "PiD",
        {
            **PIXELDIT,
            "image_model": "pid",
            "lq_latent_channels": 16,
            "lq_hidden_dim": 32,
            "lq_num_res_blocks": 1,
            "lq_interval": 1,
            "sr_scale": 4,
        },
        (3, 64, 64),
        extra=lambda shape: {"lq_latent": seeded(5, 1, 16, 2, 2), "degrade_sigma": torch.zeros(1)},
    ),
    "HiDream": Case(
        "HiDream",
        {
            "image_model": "hidream",
            "attention_head_dim": 24,
            "axes_dims_rope": [8, 8, 8],
            "caption_channels": [32, 32],
            "max_resolution": [32, 32],
            "in_channels": 16,
            "llama_layers": [0, 1],
            "num_attention_heads": 2,
            "num_routed_experts": 2,
            "num_activated_experts": 1,
            "num_layers": 1,
            "num_single_layers": 1,
            "out_channels": 16,
            "patch_size": 2,
            "text_emb_dim": 64,
            **F32,
        },
        F16,
        pooled=64,
        extra=lambda shape: {"conditioning_llama3": seeded(5, 1, 2, 8, 32)},
    ),
    "HiDream O1": Case(
        "HiDreamO1",
        {
            "image_model": "hidream_o1",
            "text_config_overrides": {
                "hidden_size": 64,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "num_key_value_heads": 2,
                "head_dim": 32,
                "intermediate_size": 64,
            },
            "vision_config_overrides": {
                "hidden_size": 64,
                "num_heads": 2,
                "intermediate_size": 64,
                "depth": 1,
                "deepstack_visual_indexes": [],
            },
            **F32,
        },
        (3, 64, 64),
        extra=lambda shape: {"text_input_ids": torch.arange(1, 9)[None]},
    ),
    "Qwen-Image": Case("QwenImage", QWEN, Q16, makes=VIDEOS),
    "Qwen-Image (plain empty latent)": Case("QwenImage", QWEN, F16, makes=VIDEOS),
    "Qwen-Image Edit": Case("QwenImage", QWEN, Q16, makes=VIDEOS, extra=references(16, dims=3, count=2)),
    "Qwen-Image Layered": Case(
        "QwenImage",
        {**QWEN, "use_additional_t_cond": True, "default_ref_method": "negative_index"},
        (16, 4, 8, 8),
        makes=VIDEOS,
        channels=4,
        extra=references(16, dims=3),
        refused="layers of RGBA",
    ),
    "MageFlow": Case(
        "MageFlow",
        {**QWEN, "image_model": "mage_flow", "in_channels": 128, "out_channels": 128},
        (128, 4, 4),
    ),
    "JoyImage": Case(
        "JoyImage",
        {
            "image_model": "joyimage",
            "in_channels": 16,
            "out_channels": 16,
            "hidden_size": 48,
            "patch_size": [1, 2, 2],
            "num_layers": 1,
            "num_attention_heads": 2,
            "text_dim": 32,
            "rope_dim_list": [8, 8, 8],
            "theta": 10000,
            **F32,
        },
        Q16,
        makes=VIDEOS,
    ),
    "Krea 2": Case(
        "Krea2",
        {
            "image_model": "krea2",
            "features": 48,
            "channels": 16,
            "patch": 2,
            "layers": 1,
            "heads": 2,
            "kvheads": 2,
            "txtlayers": 2,
            "txtdim": 32,
            "txtheads": 2,
            "txtkvheads": 2,
            "tdim": 32,
            **F32,
        },
        Q16,
        text=64,
        makes=VIDEOS,
    ),
    "Ideogram 4": Case(
        "Ideogram4",
        {
            "image_model": "ideogram4",
            "in_channels": 128,
            "num_layers": 1,
            "num_attention_heads": 2,
            "attention_head_dim": 24,
            "intermediate_size": 64,
            "adaln_dim": 32,
            "llm_features_dim": 32,
            "mrope_section": (4, 4, 4),
            **F32,
        },
        (128, 4, 4),
    ),
    "Ernie Image": Case(
        "ErnieImage",
        {
            "image_model": "ernie",
            "hidden_size": 48,
            "num_attention_heads": 2,
            "num_layers": 1,
            "ffn_hidden_size": 64,
            "text_in_dim": 32,
            "rope_axes_dim": (8, 8, 8),
            **F32,
        },
        (128, 4, 4),
    ),
    "Lens": Case(
        "Lens",
        {
            "image_model": "lens",
            "in_channels": 128,
            "out_channels": 32,
            "num_layers": 1,
            "attention_head_dim": 24,
            "num_attention_heads": 2,
            "enc_hidden_dim": 32,
            "axes_dims_rope": (8, 8, 8),
            "multi_layer_encoder_feature": False,
            "selected_layer_index": (0,),
            **F32,
        },
        (128, 4, 4),
    ),
    "OmniGen 2": Case("Omnigen2", OMNIGEN, F16, extra=attention_mask),
    "OmniGen 2 with references": Case(
        "Omnigen2", OMNIGEN, F16, extra=lambda shape: {**attention_mask(shape), **references(16)(shape)}
    ),
    "Boogu": Case(
        "Boogu",
        {
            **{key: value for key, value in OMNIGEN.items() if key != "text_feat_dim"},
            "image_model": "boogu",
            "num_double_stream_layers": 1,
            "instruction_feat_dim": 32,
        },
        F16,
        extra=attention_mask,
    ),
    "Kandinsky 5 Image": Case("Kandinsky5Image", {**KANDINSKY, "visual_embed_dim": 64}, F16, pooled=64),
    "HunyuanImage 2.1": Case(
        "HunyuanImage21",
        {
            **HUNYUAN,
            "in_channels": 64,
            "out_channels": 64,
            "patch_size": [1, 1],
            "axes_dim": [12, 12],
            "vec_in_dim": None,
        },
        (64, 4, 4),
    ),
    "HunyuanImage 2.1 refiner": Case(
        "HunyuanImage21Refiner",
        {
            **HUNYUAN,
            "in_channels": 128,
            "out_channels": 64,
            "patch_size": [1, 1, 1],
            "vec_in_dim": None,
            "meanflow": True,
        },
        (32, 1, 4, 4),
        makes=VIDEOS,
        extra=lambda shape: {"concat_latent_image": seeded(5, 1, 32, 1, 4, 4), "noise_augmentation": 0.1},
        restarts=False,
    ),
    "Cosmos Predict2 image": Case("CosmosT2IPredict2", COSMOS2, Q16, makes=VIDEOS),
    "Anima": Case(
        "Anima",
        {**COSMOS2, "image_model": "anima", "crossattn_emb_channels": 1024},
        Q16,
        text=1024,
        makes=VIDEOS,
        extra=lambda shape: {"t5xxl_ids": torch.arange(8), "t5xxl_weights": torch.ones(8)},
    ),
}
