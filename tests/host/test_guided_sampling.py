"""Guidance inside the host's own samplers, on a tiny random SDXL of the host's own class."""

import dataclasses
import importlib
import math

import pytest
import torch

from .tiny_models import MeanDecoder, conditioning, tiny_model

STEPS, CFG, SEED = 6, 5.0, 11


@pytest.fixture(scope="module")
def model(pack):
    return tiny_model("SDXL (epsilon)")


@pytest.fixture(scope="module")
def sampling_host(pack):
    return importlib.import_module(f"{pack.__name__}.nodes.host.sampling")


@pytest.fixture(scope="module")
def core(pack):
    return importlib.import_module(f"{pack.__name__}.lidar_core")


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def latent(batch=2, size=16):
    return {"samples": torch.zeros(batch, 4, size, size)}


def ksampler(model, sampler="euler", scheduler="karras", seed=SEED, cfg=CFG, denoise=1.0, image=None):
    import nodes

    (out,) = nodes.common_ksampler(
        model, seed, STEPS, cfg, sampler, scheduler, conditioning(1), conditioning(2), image or latent(), denoise
    )
    return out["samples"]


@pytest.fixture(scope="module")
def pool(pack, model):
    with torch.inference_mode():
        drawing = submodule(pack, "nodes.host.drawing")
        metrics = submodule(pack, "lidar_core.rewards.metrics")
        task = submodule(pack, "nodes.host.sampling").Task(model, conditioning(1), conditioning(2), latent())
        config = drawing.LookaheadConfig(samples=5, steps=3, cfg=CFG)
        reward = metrics.MetricReward("brightness")
        pool, _ = drawing.draw_pool(task, MeanDecoder(), reward, config, "a picture")
    return pool


def guided_by(pack, model, pool):
    guide, rules = submodule(pack, "lidar_core.guidance.guide"), submodule(pack, "lidar_core.guidance.rules")
    settings = guide.GuidanceSettings(rules.PaperRule(3.0))
    return submodule(pack, "nodes.host.guided_model").with_guidance(model, pool, settings)


def guidance_node(pack, model, pool, strength):
    (node,) = [node for node in submodule(pack, "nodes").NODES if node.__name__ == "LiDARGuidance"]
    return node.execute(model, pool, strength, end_percent=0.8, handover=1.0)[0]


def test_each_image_of_a_batch_of_different_latents_follows_samples_that_grew_from_its_own(pack, model):
    two = {"samples": torch.stack([torch.zeros(4, 16, 16), torch.full((4, 16, 16), 0.5)])}
    task = submodule(pack, "nodes.host.sampling").Task(model, conditioning(1), conditioning(2), two, denoise=0.8)
    drawing = submodule(pack, "nodes.host.drawing")
    config = drawing.LookaheadConfig(samples=6, steps=3, cfg=CFG)
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    drawn = drawing.draw_pool(task, MeanDecoder(), reward, config, "a picture")[0]

    def followed(image):
        """The rows of the latent batch from which the followed samples grew."""
        panel = submodule(pack, "nodes.host.panel").Panel()
        rule = submodule(pack, "lidar_core.guidance.rules").KernelRule(variety=0.0, handover=1.0)
        settings = submodule(pack, "lidar_core.guidance.guide").GuidanceSettings(rule)
        guided = submodule(pack, "nodes.host.guided_model").with_guidance(model, drawn, settings, panel)
        ksampler(guided, denoise=0.8, image=image)
        return [drawn.origin.rows[drawn.order()[rank]] for rank in panel.latest[0]["followed"]]

    assert drawn.origin.rows == (0, 1, 0, 1, 0, 1)
    assert followed(two) == [0, 1]
    alike = {"samples": two["samples"][:1].repeat(2, 1, 1, 1)}
    drawn = drawing.draw_pool(dataclasses.replace(task, latent=alike), MeanDecoder(), reward, config, "a picture")[0]
    assert drawn.origin.own_samples(2) is None
    assert len(set(followed(alike))) == 1


@pytest.mark.parametrize("sampler", ["euler", "euler_ancestral", "dpmpp_2m", "heun", "dpmpp_sde", "euler_cfg_pp"])
def test_strength_zero_is_bit_for_bit_the_stock_sampler(pack, model, pool, sampler):
    assert torch.equal(ksampler(guidance_node(pack, model, pool, 0.0), sampler), ksampler(model, sampler))


@pytest.mark.parametrize("sampler", ["euler", "euler_ancestral", "dpmpp_2m", "heun", "dpmpp_sde", "euler_cfg_pp"])
def test_guidance_changes_every_kind_of_sampler_and_repeats(pack, model, pool, sampler):
    guided = guidance_node(pack, model, pool, 8.0)
    first = ksampler(guided, sampler)
    assert torch.isfinite(first).all()
    assert not torch.equal(first, ksampler(model, sampler))
    assert torch.equal(first, ksampler(guided, sampler))


def test_nothing_is_left_behind(pack, model, pool):
    before = ksampler(model)
    options = repr(sorted(model.model_options["transformer_options"]))
    guided = guidance_node(pack, model, pool, 8.0)
    ksampler(guided)
    assert torch.equal(ksampler(model), before)
    assert repr(sorted(model.model_options["transformer_options"])) == options
    assert torch.equal(ksampler(submodule(pack, "nodes.host.sampling").without_guidance(guided)), before)


def test_an_interrupted_run_leaves_the_next_one_healthy(pack, model, pool):
    import comfy.model_management

    guided = guidance_node(pack, model, pool, 8.0)
    expected = ksampler(guided)
    comfy.model_management.interrupt_current_processing()
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        ksampler(guided)
    assert torch.equal(ksampler(guided), expected)


def test_each_prediction_is_moved_by_exactly_the_core_term(pack, model, pool):
    """The effect of guidance, recomputed with the core alone from the pool at every noise level of a run."""
    import comfy.patcher_extension

    seen = []
    guided = guided_by(pack, model, pool)

    def watch(executor, x, sigma, *args, **kwargs):
        out = executor(x, sigma, *args, **kwargs)
        seen.append((x, sigma, out))
        return out

    kind = comfy.patcher_extension.WrappersMP.PREDICT_NOISE
    plain = model.clone()
    plain.add_wrapper_with_key(kind, "watch", watch)
    guided.add_wrapper_with_key(kind, "watch", watch)
    ksampler(plain)
    unguided_first = seen[0]
    seen.clear()
    ksampler(guided)
    x, sigma, _ = seen[0]
    assert torch.equal(x, unguided_first[0])

    guidance = submodule(pack, "lidar_core.guidance.closed_form")
    rewards = submodule(pack, "lidar_core.rewards.reward")
    # SDXL's latents inside the model are 0.13025 times those outside.
    inside = 0.13025 * pool.latents
    prepared = guidance.PreparedPool(inside, rewards.log_tilts(pool.rewards, 0.3, inside[0].numel()))
    term = prepared.shift(prepared.weights(x, torch.ones(len(x)), sigma))
    assert term.abs().max() > 0
    # The watcher sits inside the guided prediction or around it, depending on the order of registration.
    second_x = seen[1][0]
    ratio = seen[1][1][0] / sigma[0]
    expected = (unguided_first[2] + 3.0 * term) * (1 - ratio) + x * ratio
    torch.testing.assert_close(second_x, expected, atol=1e-3, rtol=1e-4)


KERNELS = {
    "EPS": lambda sigma: (1.0, sigma),
    "V_PREDICTION": lambda sigma: (1.0, sigma),
    "EDM": lambda sigma: (1.0, sigma),
    "CONST": lambda sigma: (1 - sigma, sigma),
    "COSMOS_RFLOW": lambda sigma: (1.0, sigma),
}


@pytest.mark.parametrize("family", KERNELS)
def test_a_and_b_come_from_the_models_own_noising(sampling_host, family):
    import comfy.model_sampling

    class Sampling(comfy.model_sampling.ModelSamplingDiscreteFlow, getattr(comfy.model_sampling, family)):
        pass

    sampling = Sampling()
    sigma = torch.tensor([0.9, 0.25])
    a, b = sampling_host.forward_kernel(sampling, sigma)
    expected = [KERNELS[family](level) for level in sigma.tolist()]
    torch.testing.assert_close(torch.stack([a, b], 1), torch.tensor(expected))


def test_a_flow_models_noise_scale_is_honoured(sampling_host):
    import comfy.model_sampling

    class Sampling(comfy.model_sampling.ModelSamplingDiscreteFlow, comfy.model_sampling.CONST):
        pass

    if not hasattr(Sampling(), "noise_scale"):
        pytest.skip("this ComfyUI has no noise_scale yet")
    sampling = Sampling()
    sampling.set_noise_scale(1.5)
    a, b = sampling_host.forward_kernel(sampling, torch.tensor([0.4]))
    torch.testing.assert_close(torch.stack([a, b], 1), torch.tensor([[0.6, 0.6]]))


@pytest.mark.parametrize("kind", ["IMG_TO_IMG", "IMG_TO_IMG_FLOW", "V_PREDICTION_DDPM"])
def test_models_that_do_not_noise_in_a_known_way_are_refused_by_name(pack, pool, kind):
    import comfy.model_sampling

    if not hasattr(comfy.model_sampling, kind):
        pytest.skip(f"this ComfyUI has no {kind} yet")

    class Sampling(comfy.model_sampling.ModelSamplingDiscrete, getattr(comfy.model_sampling, kind)):
        pass

    odd = tiny_model("SDXL (epsilon)")
    odd.add_object_patch("model_sampling", Sampling())
    with pytest.raises(ValueError, match=f"SDXL samples by {kind}, which LiDAR cannot guide.*without LiDAR"):
        guided_by(pack, odd, pool)


def test_a_pool_of_another_size_is_refused_with_both_sizes(pack, model, pool):
    guided = guidance_node(pack, model, pool, 8.0)
    with pytest.raises(ValueError, match=r"\(4, 24, 24\).*\(4, 16, 16\)"):
        ksampler(guided, image=latent(size=24))


def test_drawing_halves_the_batch_when_memory_runs_out(pack, caplog):
    memory = submodule(pack, "nodes.host.memory")
    sizes = []

    def work(start, stop):
        sizes.append(stop - start)
        if stop - start > 2:
            raise torch.cuda.OutOfMemoryError("simulated")
        return torch.arange(start, stop)

    assert torch.cat(list(memory.in_chunks(7, 8, work))).tolist() == list(range(7))
    assert sizes == [7, 4, 2, 2, 2, 1]
    assert "2 samples at a time" in caplog.text


def test_an_error_that_is_not_about_memory_is_raised_at_once(pack):
    memory = submodule(pack, "nodes.host.memory")

    def work(start, stop):
        raise RuntimeError("a real bug")

    with pytest.raises(RuntimeError, match="a real bug"):
        list(memory.in_chunks(7, 8, work))


@pytest.mark.parametrize("sample", [1, 4])
def test_a_chosen_sample_is_followed_though_all_rewards_are_equal(pack, model, pool, sample):
    equal = dataclasses.replace(pool, rewards=torch.ones(len(pool)))
    execute = submodule(pack, "nodes.guidance").LiDARGuidance.execute
    guided = execute(model, equal, 1.0, handover=0.01, follow=f"{pool.seeds[sample]}")[0]
    distances = (ksampler(guided)[:, None] - pool.latents).flatten(2).norm(dim=2)
    assert distances.argmin(1).tolist() == [sample, sample]
    assert execute(model, equal, 1.0)[0] is model


def test_a_chosen_sample_leads_to_the_layout_though_the_measurement_lets_none_lead(pack, model, pool):
    execute = submodule(pack, "nodes.guidance").LiDARGuidance.execute
    rough = dataclasses.replace(pool.origin, handover=math.inf, measured_with=str(model.patches_uuid))
    # A random model's samples are larger than its noise.
    rough = dataclasses.replace(pool, latents=0.01 * pool.latents, origin=rough)
    chosen = f"{pool.seeds[3]}"

    def told(node):
        """The sampled latents, and whether the panel says that the sample led only because it was chosen."""
        return ksampler(node[0]), node.ui["lidar_run"][0][0]["chosen_too_rough"]

    followed, said = told(execute(model, rough, 1.0, follow=chosen))
    layout = submodule(pack, "lidar_core.guidance.handover").levels(model.model.process_latent_in(rough.latents))[0]
    fixed, said_of_fixed = told(execute(model, rough, 1.0, handover=layout, follow=chosen))
    assert torch.equal(followed, fixed)
    assert (said, said_of_fixed) == (True, False)
    left, said_of_left = told(execute(model, rough, 1.0))
    assert torch.equal(left, ksampler(model))
    assert not said_of_left
    assert not torch.equal(followed, left)
