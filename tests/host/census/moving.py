"""Models of videos, sounds and 3-D shapes."""

import torch

from ..tiny_models import ACE_STEP
from ..tiny_models import WAN as PLAIN_WAN
from .case import F32, NO_NOISING, SHAPES, SOUNDS, VIDEOS, Case, attention_mask, concat, seeded
from .pictures import COSMOS2, HUNYUAN, KANDINSKY, V16

NESTED = "holds nested latents"
NO_REWARD = "which no reward here can score"


class ClipVision:
    """The attributes of a CLIP_VISION_OUTPUT."""

    def __init__(self, width=1280, tokens=257):
        self.penultimate_hidden_states = self.last_hidden_state = seeded(4, 1, tokens, width)
        self.image_embeds = seeded(4, 1, width)


WAN = {**PLAIN_WAN, "freq_dim": 32}


def wan(model_type, in_dim=None, **more):
    return {**WAN, "model_type": model_type, **({} if in_dim is None else {"in_dim": in_dim}), **more}


def start_frame(shape, channels=16):
    return {
        "concat_latent_image": seeded(5, 1, channels, *shape[1:]),
        "concat_mask": torch.zeros(1, 1, *shape[1:]),
    }


def seen_start_frame(shape):
    return {**start_frame(shape), "clip_vision_output": ClipVision()}


def camera(shape):
    return {**start_frame(shape), "camera_conditions": seeded(6, 1, 24, 3, 64, 64)}


def pose(shape):
    return {
        "clip_vision_output": ClipVision(),
        "reference_latents": [seeded(5, 1, 16, 1, 8, 8)],
        "pose_video_latent": seeded(6, 1, 16, 3, 4, 4),
    }


LTXV = {
    "image_model": "ltxv",
    "num_layers": 1,
    "attention_head_dim": 24,
    "num_attention_heads": 2,
    "cross_attention_dim": 48,
    "caption_channels": 32,
    **F32,
}
LTXAV = {
    **LTXV,
    "image_model": "ltxav",
    "audio_in_channels": 128,
    "audio_cross_attention_dim": 48,
    "audio_attention_head_dim": 24,
    "audio_num_attention_heads": 2,
    "connector_attention_head_dim": 16,
    "connector_num_attention_heads": 2,
    "connector_num_layers": 1,
}


def ltx_text(tokens):
    return lambda shape: {"frame_rate": 25.0, "attention_mask": torch.ones(1, tokens, dtype=torch.long)}


H3 = {
    "image_model": "minimax_h3",
    "hidden_size": 64,
    "num_layers": 1,
    "token_refiner_num_layers": 1,
    "num_attention_heads": 2,
    "attention_head_dim": 32,
    "ffn_hidden_size": 64,
    "text_dim": 32,
    "timestep_input_dim": 32,
    "time_embed_hidden_size": 64,
    "time_embed_dim": 32,
    "rope_inv_freq_len": 4,
    **F32,
}
COSMOS1 = {
    "image_model": "cosmos",
    "max_img_h": 32,
    "max_img_w": 32,
    "max_frames": 16,
    "in_channels": 16,
    "out_channels": 16,
    "patch_spatial": 2,
    "patch_temporal": 1,
    "model_channels": 64,
    "num_blocks": 1,
    "num_heads": 2,
    "crossattn_emb_channels": 32,
    "pos_emb_cls": "rope3d",
    "block_config": "FA-CA-MLP",
    "block_x_format": "THWBD",
    "affline_emb_norm": True,
    "use_adaln_lora": True,
    "adaln_lora_dim": 16,
    "extra_per_block_abs_pos_emb": True,
    "extra_per_block_abs_pos_emb_type": "learnable",
    **F32,
}
COGVIDEO = {
    "image_model": "cogvideox",
    "num_attention_heads": 2,
    "attention_head_dim": 32,
    "time_embed_dim": 32,
    "num_layers": 1,
    "in_channels": 16,
    "patch_size": 2,
    "text_embed_dim": 32,
    "max_text_seq_length": 8,
    "use_learned_positional_embeddings": False,
    "use_rotary_positional_embeddings": True,
    "sample_width": 8,
    "sample_height": 8,
    "sample_frames": 9,
    **F32,
}
HUNYUAN15 = {
    **HUNYUAN,
    "in_channels": 65,
    "out_channels": 32,
    "patch_size": [1, 1, 1],
    "vec_in_dim": None,
    "use_cond_type_embedding": True,
    "vision_in_dim": 64,
    "meanflow_sum": True,
}


def video(host_class, config, latent=V16, **more):
    return Case(host_class, config, latent, makes=VIDEOS, **more)


VIDEO_MODELS = {
    "Kandinsky 5": video("Kandinsky5", KANDINSKY, pooled=64),
    "HunyuanVideo": video("HunyuanVideo", {**HUNYUAN, "guidance_embed": True}, pooled=64),
    "HunyuanVideo from a picture": video(
        "HunyuanVideoI2V", {**HUNYUAN, "in_channels": 33}, pooled=64, extra=concat(16)
    ),
    "HunyuanVideo SkyReels": video(
        "HunyuanVideoSkyreelsI2V", {**HUNYUAN, "in_channels": 32}, pooled=64, extra=concat(16)
    ),
    "HunyuanVideo 1.5": video("HunyuanVideo15", HUNYUAN15, (32, 3, 4, 4), pooled=64),
    "HunyuanVideo 1.5 upscaler": video(
        "HunyuanVideo15_SR_Distilled",
        {**HUNYUAN15, "in_channels": 98, "meanflow": True},
        (32, 3, 4, 4),
        pooled=64,
        extra=concat(66, mask=False),
    ),
    "Mochi": video(
        "GenmoMochi",
        {
            "image_model": "mochi_preview",
            "depth": 2,
            "patch_size": 2,
            "num_heads": 2,
            "hidden_size_x": 48,
            "hidden_size_y": 48,
            "mlp_ratio_x": 256.0,
            "mlp_ratio_y": 2.0,
            "learn_sigma": False,
            "in_channels": 12,
            "qk_norm": True,
            "qkv_bias": False,
            "out_bias": True,
            "attn_drop": 0.0,
            "patch_embed_bias": True,
            "posenc_preserve_area": True,
            "timestep_mlp_bias": True,
            "attend_to_padding": False,
            "timestep_scale": 1000.0,
            "use_t5": True,
            "t5_feat_dim": 32,
            "t5_token_length": 8,
            "rope_theta": 10000.0,
            **F32,
        },
        (12, 3, 8, 8),
        extra=attention_mask,
    ),
    "LTXV": video("LTXV", LTXV, (128, 3, 4, 4), extra=ltx_text(8)),
    "LTXAV (video alone)": video("LTXAV", LTXAV, (128, 3, 4, 4), extra=ltx_text(1024), since=(0, 33)),
    "LTXAV (video and sound)": video(
        "LTXAV", LTXAV, (128, 3, 4, 4), extra=ltx_text(1024), nested=((8, 12, 16),), refused=NESTED
    ),
    "MiniMax H3 (video and sound)": video("MiniMaxH3", H3, (24, 2, 4, 4), nested=((32, 2, 8),), refused=NESTED),
    "MiniMax H3 (plain empty latent)": video("MiniMaxH3", H3, (24, 2, 4, 4), refused=NESTED),
    "Cosmos": video("CosmosT2V", COSMOS1),
    "Cosmos from a picture": video("CosmosI2V", {**COSMOS1, "in_channels": 17}),
    "Cosmos Predict2 from a picture": video("CosmosI2VPredict2", {**COSMOS2, "in_channels": 17}),
    "Wan 2.1": video("WAN21_T2V", WAN),
    "Wan 2.1 from a picture": video("WAN21_I2V", wan("i2v", 36), extra=seen_start_frame),
    "Wan 2.2 14B from a picture": video("WAN21_I2V", wan("t2v", 36), extra=start_frame),
    "Wan Fun Control": video(
        "WAN21_FunControl2V",
        wan("i2v", 48),
        extra=lambda shape: {**start_frame(shape, 32), "clip_vision_output": ClipVision()},
    ),
    "Wan Vace": video(
        "WAN21_Vace",
        wan("vace", vace_layers=1, vace_in_dim=96),
        extra=lambda shape: {
            "vace_frames": [seeded(5, 1, 32, *shape[1:])],
            "vace_mask": [torch.ones(1, 64, *shape[1:])],
            "vace_strength": [1.0],
        },
    ),
    "Wan 2.1 Camera": video(
        "WAN21_Camera", wan("camera", 32), extra=lambda shape: {**camera(shape), "clip_vision_output": ClipVision()}
    ),
    "Wan 2.2 Camera": video("WAN22_Camera", wan("camera_2.2", 36), extra=camera),
    "Wan HuMo": video(
        "WAN21_HuMo",
        wan("humo"),
        extra=lambda shape: {
            "audio_embed": seeded(5, 1, 3, 8, 5, 1280),
            "reference_latents": [seeded(6, 1, 16, 1, 8, 8)],
        },
    ),
    "Wan 2.2 S2V": video(
        "WAN22_S2V",
        wan("s2v", audio_dim=32, audio_inject_layers=[0]),
        extra=lambda shape: {
            "audio_embed": seeded(5, 1, 25, 32, 9),
            "reference_latents": [seeded(6, 1, 16, 1, 8, 8)],
            "control_video": torch.zeros(1, 16, 3, 8, 8),
        },
    ),
    "Wan 2.2 Animate": video("WAN22_Animate", wan("animate", 36, motion_encoder_dim=512), extra=seen_start_frame),
    "Wan Animate 2": video("WAN_Animate2", wan("animate2", 36), extra=seen_start_frame),
    "Wan 2.2 5B": video("WAN22_T2V", {**WAN, "in_dim": 48, "out_dim": 48}, (48, 3, 4, 4)),
    "Wan causal": video("WAN21_CausalAR_T2V", WAN),
    "Wan FlowRVS": video("WAN21_FlowRVS", wan("flow_rvs"), refused=NO_NOISING),
    "Wan SCAIL": video("WAN21_SCAIL", wan("scail", 20), extra=pose),
    "Wan SCAIL 2": video("WAN21_SCAIL2", wan("scail2", 20), extra=pose),
    "Wan 2.2 Dancer": video(
        "WAN22_WanDancer",
        wan("wandancer", 36, audio_inject_layers=[0], music_dim=32, music_heads=2, music_latent_dim=32),
        extra=seen_start_frame,
    ),
    "CogVideoX": video("CogVideoX_T2V", COGVIDEO, refused=NO_NOISING),
    "CogVideoX from a picture": video(
        "CogVideoX_I2V", {**COGVIDEO, "in_channels": 32}, extra=start_frame, refused=NO_NOISING
    ),
    "CogVideoX inpainting": video(
        "CogVideoX_Inpaint", {**COGVIDEO, "in_channels": 48}, extra=start_frame, refused=NO_NOISING
    ),
    "SeedVR2": video(
        "SeedVR2",
        {
            "image_model": "seedvr2",
            "vid_dim": 64,
            "heads": 2,
            "head_dim": 32,
            "num_layers": 2,
            "mm_layers": 1,
            "norm_eps": 1e-5,
            "mlp_type": "swiglu",
            "vid_out_norm": True,
            "rope_dim": 32,
            "expand_ratio": 1,
            **F32,
        },
        (16, 3, 8, 8),
        text=5120,
        tokens=58,
        cfg=1.0,
        extra=lambda shape: {"condition": seeded(5, 1, 17, *shape[1:])},
    ),
}

STABLE_AUDIO = {
    "audio_model": "dit1.0",
    "global_cond_dim": 1536,
    "project_cond_tokens": True,
    "embed_dim": 64,
    "depth": 1,
    "num_heads": 2,
    "cond_token_dim": 768,
    "io_channels": 64,
    **F32,
}


def number_embedders(names, **settings):
    """What a Stable Audio file brings to read its seconds by."""

    def state():
        import comfy.ldm.audio.embedders as embedders

        embedder = embedders.NumberConditioner(768, min_val=0, **settings)
        return {
            f"conditioner.conditioners.{name}.{key}": torch.randn_like(value) * 0.05
            for name in names
            for key, value in embedder.state_dict().items()
        }

    return state


SOUND_MODELS = {
    "Stable Audio": Case(
        "StableAudio",
        STABLE_AUDIO,
        (64, 32),
        text=768,
        makes=SOUNDS,
        state=number_embedders(["seconds_start", "seconds_total"], max_val=512),
        extra=lambda shape: {"seconds_start": 0.0, "seconds_total": 2.0},
    ),
    "Stable Audio 3": Case(
        "StableAudio3",
        {
            **STABLE_AUDIO,
            "io_channels": 256,
            "global_cond_dim": 768,
            "timestep_features_type": "expo",
            "global_cond_shared_embed": True,
            "global_cond_type": "adaLN",
            "local_add_cond_dim": 257,
        },
        (256, 16),
        text=768,
        makes=SOUNDS,
        state=number_embedders(["seconds_total"], max_val=384, fourier_features_type="expo"),
        extra=lambda shape: {"seconds_total": 2.0},
    ),
    "ACE-Step 1": Case(
        "ACEStep",
        {
            "audio_model": "ace",
            "attention_head_dim": 16,
            "in_channels": 8,
            "inner_dim": 32,
            "max_height": 16,
            "max_position": 256,
            "max_width": 256,
            "mlp_ratio": 2.0,
            "num_attention_heads": 2,
            "num_layers": 1,
            "out_channels": 8,
            "patch_size": [16, 1],
            "rope_theta": 1000000.0,
            "speaker_embedding_dim": 512,
            "text_embedding_dim": 32,
            "ssl_encoder_depths": [1, 1],
            "ssl_latent_dims": [32, 32],
            "ssl_names": ["mert", "m-hubert"],
            "lyric_encoder_vocab_size": 64,
            "lyric_hidden_size": 1024,
            **F32,
        },
        (8, 16, 32),
        makes=SOUNDS,
        extra=lambda shape: {"conditioning_lyrics": torch.zeros(1, 8, dtype=torch.long), "lyrics_strength": 1.0},
    ),
    "ACE-Step 1.5": Case(
        "ACEStep15",
        ACE_STEP,
        (64, 40),
        makes=SOUNDS,
        since=(0, 33),
        extra=lambda shape: {"conditioning_lyrics": seeded(5, 1, 8, 32)},
    ),
    "MiniMax Music 3": Case(
        "MiniMaxMusic3",
        {"audio_model": "minimax_music3", **F32},
        (128, 24),
        text=8 * 4096,
        makes=SOUNDS,
        std=0.02,
        extra=lambda shape: {"conditioning_scale": torch.ones(1, 1, 1)},
    ),
}

HUNYUAN_3D = {
    "image_model": "hunyuan3d2",
    "in_channels": 64,
    "context_in_dim": 32,
    "hidden_size": 64,
    "mlp_ratio": 2.0,
    "num_heads": 2,
    "depth": 1,
    "depth_single_blocks": 1,
    "qkv_bias": True,
    "guidance_embed": False,
    **F32,
}
SHAPE_MODELS = {
    "Hunyuan3D 2": Case("Hunyuan3Dv2", HUNYUAN_3D, (64, 32), makes=SHAPES, refused=NO_REWARD),
    "Hunyuan3D 2 mini": Case("Hunyuan3Dv2mini", HUNYUAN_3D, (64, 32), makes=SHAPES, refused=NO_REWARD),
    "Hunyuan3D 2.1": Case(
        "Hunyuan3Dv2_1",
        {
            "image_model": "hunyuan3d2_1",
            "in_channels": 64,
            "context_dim": 32,
            "hidden_size": 64,
            "mlp_ratio": 4.0,
            "num_heads": 2,
            "depth": 2,
            "qkv_bias": False,
            "guidance_cond_proj_dim": None,
            "num_moe_layers": 1,
            "num_experts": 2,
            "moe_top_k": 1,
            **F32,
        },
        (64, 32),
        makes=SHAPES,
        refused=NO_REWARD,
    ),
    "Trellis 2": Case(
        "Trellis2",
        {
            "image_model": "trellis2",
            "resolution": 32,
            "model_channels": 64,
            "cond_channels": 32,
            "num_blocks": 1,
            "num_heads": 2,
            **F32,
        },
        (32, 8, 8, 8),
        makes=SHAPES,
        extra=lambda shape: {"embeds": seeded(5, 1, 8, 32)},
        refused=NO_REWARD,
    ),
    "TripoSplat": Case(
        "TripoSplat",
        {
            "image_model": "triposplat",
            "q_token_length": 32,
            "model_channels": 64,
            "cond_channels": 32,
            "num_blocks": 1,
            "num_refiner_blocks": 1,
            "num_head_channels": 32,
            "cond2_channels": 128,
            **F32,
        },
        (32, 16),
        makes=SHAPES,
        nested=((1, 5),),
        extra=lambda shape: {"reference_latents": [seeded(5, 1, 128, 4, 4)]},
        refused=NESTED,
    ),
}
