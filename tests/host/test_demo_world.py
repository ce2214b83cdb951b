"""The embedded world inside the host: the same weights, the same numbers, better pictures."""

import importlib
import math
from pathlib import Path

import pytest
import torch

PROMPT = "three green squares"
WEIGHTS = Path(__file__).parents[2] / "lidar_core" / "world" / "weights"


@pytest.fixture(scope="module")
def loaded(pack):
    with torch.inference_mode():
        loader = importlib.import_module(f"{pack.__name__}.nodes.demo_loader").LiDARDemoLoader
        return loader.execute().args


@pytest.fixture(scope="module")
def world(pack):
    return importlib.import_module(f"{pack.__name__}.lidar_core.world.model").World()


def encode(clip, text):
    return clip.encode_from_tokens_scheduled(clip.tokenize(text))


@pytest.mark.parametrize("prompt", [PROMPT, "", "four stars"])
def test_the_text_encoder_is_the_same(loaded, world, prompt):
    from_world = importlib.import_module(type(world).__module__.replace(".model", ".grammar")).token_ids
    ((features, extra),) = encode(loaded[1], prompt)
    expected, pooled = world.text_encoder(torch.tensor([from_world(prompt)]))
    torch.testing.assert_close(features, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(extra["pooled_output"], pooled, atol=1e-5, rtol=1e-5)


def loaded_by_the_hosts_own_lora_node(model):
    import folder_paths

    import nodes

    folder_paths.add_model_folder_path("loras", str(WEIGHTS))
    return nodes.LoraLoaderModelOnly().load_lora_model_only(model, "student_lora.safetensors", 1.0)[0]


@pytest.mark.parametrize("sigma", [14.0, 3.0, 0.5, 0.05])
@pytest.mark.parametrize("kind", ["model", "distilled_model", "load LoRA"])
def test_the_denoiser_is_the_same(loaded, world, kind, sigma):
    import comfy.model_management
    import comfy.samplers

    model, clip = loaded[4 if kind == "distilled_model" else 0], loaded[1]
    if kind == "load LoRA":
        model = loaded_by_the_hosts_own_lora_node(model)
    comfy.model_management.load_models_gpu([model])
    x = torch.randn(3, 4, 16, 16, generator=torch.Generator().manual_seed(0)) * math.sqrt(1 + sigma**2)
    level = torch.full((3,), sigma)
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(encode(clip, PROMPT), encode(clip, ""))
    guider.set_cfg(3.0)
    seen = []

    def sampler_function(inner, noise, sigmas, extra_args, callback, disable):
        seen.append(inner(x, level, **extra_args))
        return noise

    sampler = comfy.samplers.KSAMPLER(
        lambda m, n, s, extra_args, callback, disable: sampler_function(m, n, s, extra_args, callback, disable)
    )
    guider.sample(torch.zeros_like(x), torch.zeros_like(x), sampler, torch.tensor([sigma, 0.0]), seed=0)
    expected = (world if kind == "model" else world.student()).denoise(
        x, torch.tensor(sigma), world.encode(PROMPT), 3.0
    )
    torch.testing.assert_close(seen[0], expected, atol=1e-4, rtol=1e-4)


def test_the_autoencoder_is_the_same_both_ways(loaded, world):
    vae = loaded[2]
    latents = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(vae.decode(latents / 0.13025), world.decode(latents), atol=1e-5, rtol=1e-5)
    pictures = torch.rand(2, 128, 128, 3, generator=torch.Generator().manual_seed(1))
    expected = world.autoencoder.encoder(pictures.movedim(-1, 1) * 2 - 1)
    torch.testing.assert_close(0.13025 * vae.encode(pictures), expected, atol=1e-4, rtol=1e-4)


def test_the_scorer_is_the_same_and_the_host_may_free_it(loaded, world):
    import comfy.model_management

    reward = loaded[3]
    for word in ("name", "spread", "reads_prompt"):
        assert getattr(reward, word) == getattr(world.reward, word)
    pictures = torch.rand(4, 128, 128, 3, generator=torch.Generator().manual_seed(2))
    expected = world.reward.values(pictures, PROMPT)
    torch.testing.assert_close(reward.values(pictures, PROMPT), expected, atol=1e-4, rtol=1e-4)
    comfy.model_management.unload_all_models()
    torch.testing.assert_close(reward.values(pictures, PROMPT), expected, atol=1e-4, rtol=1e-4)


def test_guided_pictures_score_higher_than_plain_ones(pack, loaded):
    """The demo workflow's prompt at 16 seeds, a batch of 4 each; paired, one-sided sign-flip test over the seeds.

    Without an effect, each seed's difference is as likely negative as positive.
    """
    import nodes

    model, clip, vae, reward = loaded[:4]
    drawing = importlib.import_module(f"{pack.__name__}.nodes.host.drawing")
    guidance = importlib.import_module(f"{pack.__name__}.nodes.guidance").LiDARGuidance
    latent, conditions = {"samples": torch.zeros(4, 4, 16, 16)}, (encode(clip, PROMPT), encode(clip, ""))
    config = drawing.LookaheadConfig(samples=32, steps=12, cfg=1.5)
    task = importlib.import_module(f"{pack.__name__}.nodes.host.sampling").Task(model, *conditions, latent)
    pool, _ = drawing.draw_pool(task, vae, reward, config, PROMPT)
    guided = guidance.execute(model, pool, 1.0)[0]

    def rewards(model):
        images = []
        for seed in range(16):
            (out,) = nodes.common_ksampler(model, seed, 30, 1.5, "euler_ancestral", "karras", *conditions, latent)
            images.append(vae.decode(out["samples"]))
        return reward.values(torch.cat(images), PROMPT).view(16, 4).mean(1)

    differences = rewards(guided) - rewards(model)
    signs = torch.randint(2, (100_000, 16), generator=torch.Generator().manual_seed(0)) * 2 - 1
    p_value = ((signs * differences).mean(1) >= differences.mean()).float().mean().item()
    print(f"mean reward difference {differences.mean():.3f}, p = {p_value:.5f}")
    assert differences.mean() > 0
    assert p_value < 0.05
