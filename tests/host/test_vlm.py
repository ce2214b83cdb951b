"""The yes-or-no reward on a small random Qwen3-VL of the host's own classes, against transformers' Qwen3-VL."""

import importlib

import pytest
import torch

from .conftest import COMFYUI

HAS_QWEN3_VL = (COMFYUI / "comfy" / "text_encoders" / "qwen3vl.py").exists()
needs_qwen3_vl = pytest.mark.skipif(not HAS_QWEN3_VL, reason="this ComfyUI has no Qwen3-VL")

TEXT = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
VISION = {"hidden_size": 64, "intermediate_size": 80, "depth": 4, "deepstack_visual_indexes": [0, 1, 2]}
VISION_HEADS = 16
# Float32 sums in another order: 5e-6 was found, on log odds of up to 9.
TOLERANCE = 1e-4


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


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
    language = clip.cond_stage_model.qwen3vl_8b.transformer
    state = {}
    for name, tensor in language.state_dict().items():
        values = 2 * torch.rand(tensor.shape, generator=generator) - 1
        if "norm" in name:
            values = (1 if name.endswith("weight") else 0) + 0.2 * values
        elif name.endswith("weight") and "embed" not in name:
            values = 2 * values / tensor[0].numel() ** 0.5
        state[name] = values
    language.load_state_dict(state)
    return clip


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


def official_log_odds(model, image, question):
    """From the probabilities of all words after the chat, with transformers' own handling of the picture."""
    from transformers import AutoTokenizer
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    tokenizer = AutoTokenizer.from_pretrained(str(COMFYUI / "comfy" / "text_encoders" / "qwen25_tokenizer"))
    processor = Qwen2VLImageProcessorPil(
        patch_size=16,
        merge_size=2,
        temporal_patch_size=2,
        do_resize=False,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    pixels = processor(images=[(image * 255).round().byte().numpy()], return_tensors="pt")
    seen = int(pixels["image_grid_thw"].prod()) // 4
    text = (
        f"<|im_start|>user\n<|vision_start|>{'<|image_pad|>' * seen}<|vision_end|>{question}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    ids = torch.tensor([tokenizer(text).input_ids])
    logits = model(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        mm_token_type_ids=(ids == 151655).int(),
        pixel_values=pixels["pixel_values"].float(),
        image_grid_thw=pixels["image_grid_thw"],
    ).logits[0, -1]
    odds = logits.double().softmax(-1)
    yes, no = ([tokenizer(word).input_ids[0] for word in words] for words in (("Yes", "yes"), ("No", "no")))
    return (odds[yes].sum() / odds[no].sum()).log().float()


def pictures(height, width, count=3):
    return torch.randint(256, (count, height, width, 3), generator=torch.Generator().manual_seed(5)).float() / 255


@needs_qwen3_vl
@pytest.mark.parametrize("separate_head", [True, False], ids=["8B", "4B"])
@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 160), (256, 128)])
def test_log_odds_are_those_of_transformers(pack, monkeypatch, separate_head, height, width):
    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen3_vl_clip(monkeypatch, separate_head)
    reward = node.execute(clip, 'Is this "{prompt}"? {yes/no}')[0]
    assert reward.model.yes == [9454, 9693]
    assert reward.model.no == [2753, 2152]
    images = pictures(height, width)
    scores = {
        prompt: reward.values(images, prompt) for prompt in ("a red cat", "", 'a "\u201cquoted\u201d" &amp; sign')
    }
    official = official_model(clip.cond_stage_model.qwen3vl_8b.transformer.state_dict(), separate_head)
    for prompt, got in scores.items():
        asked = f'Is this "{prompt}"? {{yes/no}}'
        expected = torch.stack([official_log_odds(official, image, asked) for image in images])
        torch.testing.assert_close(got, expected, atol=TOLERANCE, rtol=0)
    together = torch.stack(list(scores.values()))
    assert (together.std(0) > 0.01).all(), "the prompt makes a difference"
    assert (together.std(1) > 0.01).all(), "the picture makes a difference"


@needs_qwen3_vl
def test_pictures_of_a_batch_do_not_see_each_other(pack, monkeypatch):
    reward = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(
        qwen3_vl_clip(monkeypatch, True), "{prompt}?"
    )[0]
    images = pictures(96, 64)
    apart = torch.cat([reward.values(image[None], "a cat") for image in images])
    torch.testing.assert_close(reward.values(images.flip(0), "a cat").flip(0), apart, atol=TOLERANCE, rtol=0)


@needs_qwen3_vl
def test_a_large_picture_is_shown_at_448_pixels_square(pack, monkeypatch):
    """And is scored as the smaller picture is that it becomes; transparency is left out."""
    yes_no = submodule(pack, "lidar_core.rewards.question")
    clip = qwen3_vl_clip(monkeypatch, False)
    reward = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(clip, "{prompt}?")[0]
    seen = []
    language = clip.cond_stage_model.qwen3vl_8b.transformer
    preprocess = language.preprocess_embed

    def spy(embed, device):
        seen.append(embed["data"].shape)
        return preprocess(embed, device)

    monkeypatch.setattr(language, "preprocess_embed", spy)
    large = pictures(640, 1152, 1)
    got = reward.score(torch.cat([large, torch.zeros_like(large[..., :1])], -1), "a cat").values
    assert seen == [(1, 320, 608, 3)]
    torch.testing.assert_close(reward.values(yes_no.fitted(large), "a cat"), got, atol=TOLERANCE, rtol=0)


@needs_qwen3_vl
def test_where_the_host_generates_in_bfloat16_so_is_scored(pack, monkeypatch):
    import comfy.model_management

    clip = qwen3_vl_clip(monkeypatch, True)
    reward = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(clip, "{prompt}?")[0]
    images = pictures(64, 64)
    exact = reward.values(images, "a cat")
    monkeypatch.setattr(comfy.model_management, "should_use_bf16", lambda *_: True)
    rough = reward.values(images, "a cat")
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, exact)
    # bfloat16 keeps 8 bits, through 4 layers; the logits are up to 10.
    torch.testing.assert_close(rough, exact, atol=0.5, rtol=0)


@needs_qwen3_vl
def test_a_question_without_the_prompt_does_not_read_it(pack, monkeypatch):
    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen3_vl_clip(monkeypatch, True)
    reward = node.execute(clip, "Is this a good photograph?")[0]
    assert not reward.reads_prompt
    assert torch.equal(reward.values(pictures(64, 64), "a cat"), reward.values(pictures(64, 64), "a dog"))
    assert node.execute(clip, "Is this {prompt}?")[0].reads_prompt


@needs_qwen3_vl
def test_models_that_cannot_answer_are_refused(pack, monkeypatch):
    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen3_vl_clip(monkeypatch, True)
    with pytest.raises(ValueError, match="question is empty"):
        node.execute(clip, " \n")
    language = clip.cond_stage_model.qwen3vl_8b.transformer
    language.model.lm_head.weight.zero_()
    with pytest.raises(ValueError, match=r"lacks the output layer.*complete Qwen3-VL file"):
        node.execute(clip, "Well?")[0].values(pictures(64, 64), "")
    language.model.norm = None
    with pytest.raises(ValueError, match=r"without its last layers.*Wire a CLIP with a Qwen3-VL"):
        node.execute(clip, "Well?")


def test_a_clip_that_cannot_see_is_refused(pack):
    """On every host; the old one has none that can."""
    clip = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args[1]
    with pytest.raises(ValueError, match=r"clip cannot see pictures and answer. Wire a CLIP with a Qwen3-VL"):
        submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(clip, "Is it {prompt}?")


@needs_qwen3_vl
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("boogu", "BooguTokenizer"),
        ("ideogram4", "Ideogram4Qwen3VLTokenizer"),
        ("joyimage", "JoyImageTokenizer"),
        ("krea2", "Krea2Tokenizer"),
        ("mage_flow", "MageFlowTokenizer"),
    ],
)
def test_whatever_type_the_clip_was_loaded_as_the_question_is_the_same(pack, monkeypatch, module, name):
    """Each image model wraps the text in a system prompt of its own, which the question must not meet."""
    module = pytest.importorskip(f"comfy.text_encoders.{module}")
    node = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM
    clip = qwen3_vl_clip(monkeypatch, True)
    image = pictures(64, 96, 1)
    expected = node.execute(clip, "{prompt}?")[0].values(image, "a cat")
    clip.tokenizer = getattr(module, name)()
    reward = node.execute(clip, "{prompt}?")[0]
    assert (reward.model.yes, reward.model.no) == ([9454, 9693], [2753, 2152])
    assert torch.equal(reward.values(image, "a cat"), expected)


@needs_qwen3_vl
def test_it_scores_a_lookahead_and_mixes(pack, monkeypatch):
    model, words, vae, *_ = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args
    vlm = submodule(pack, "nodes.reward_from_vlm").LiDARRewardFromVLM.execute(
        qwen3_vl_clip(monkeypatch, True), "{prompt}?"
    )[0]
    metric = submodule(pack, "nodes.reward_metric").LiDARRewardMetric.execute("sharpness", "more", 0.5)[0]
    mix = submodule(pack, "lidar_core.rewards.mix").RewardMix([vlm, metric], [1.0, 0.5], "weighted sum")
    drawing = submodule(pack, "nodes.host.drawing")
    conditions = [words.encode_from_tokens_scheduled(words.tokenize(text)) for text in ("a red star", "")]
    task = submodule(pack, "nodes.host.sampling").Task(model, *conditions, {"samples": torch.zeros(1, 4, 16, 16)})
    config = drawing.LookaheadConfig(samples=3, steps=2, cfg=3.0)
    pool, pictures_drawn = drawing.draw_pool(task, vae, mix, config, "a red star")
    assert len(pool.rewards) == len(pictures_drawn) == 3
    torch.testing.assert_close(pool.rewards, mix.score(pictures_drawn, "a red star").values, atol=1e-4, rtol=0)
    assert mix.reads_prompt
