"""LiDAR Guidance in the graphs that people wire: every sampler, guider, patch, mask and batch of the host."""

import importlib

import pytest
import torch

from .tiny_models import MeanDecoder, conditioning, tiny_model

STEPS, CFG, SEED = 4, 4.0, 5
SDXL, WAN = "SDXL (epsilon)", "Wan (flow, video)"


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def execute(module, node, *args, **kwargs):
    return getattr(importlib.import_module(f"comfy_extras.{module}"), node).execute(*args, **kwargs)[0]


@pytest.fixture(scope="module")
def model(pack):
    return tiny_model(SDXL)


def latent(batch=2, size=8):
    return {"samples": torch.zeros(batch, 4, size, size)}


def draw(pack, sampled, latent, denoise=1.0, **config):
    drawing = submodule(pack, "nodes.host.drawing")
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    settings = drawing.LookaheadConfig(**{"samples": 4, "steps": 2, "cfg": CFG, **config})
    conditions = conditioning(1), conditioning(2)
    task = submodule(pack, "nodes.host.sampling").Task(sampled, *conditions, latent, denoise)
    return drawing.draw_pool(task, MeanDecoder(), reward, settings, "x")[0]


@pytest.fixture(scope="module")
def pool(pack, model):
    with torch.inference_mode():
        return draw(pack, model, latent())


def guide(pack, model, pool, strength=1.0, **rest):
    """By samples that lead down to a noise of an eighth, whatever a random model thinks of them."""
    settings = {"end_percent": 0.8, "handover": 0.125} | rest
    return submodule(pack, "nodes.guidance").LiDARGuidance.execute(model, pool, strength, **settings)[0]


def ksampler(model, sampler="euler", scheduler="karras", image=None, denoise=1.0):
    import nodes

    conditions = conditioning(1), conditioning(2)
    (out,) = nodes.common_ksampler(model, SEED, STEPS, CFG, sampler, scheduler, *conditions, image or latent(), denoise)
    return out["samples"]


def changed_and_repeatable(run, plain, guided):
    """`run` on the guided model gives finite, repeatable latents that differ from the plain model's."""
    first, stock = run(guided), run(plain)
    assert torch.isfinite(first).all()
    assert first.shape == stock.shape
    assert not torch.equal(first, stock)
    assert torch.equal(run(guided), first)
    assert torch.equal(run(plain), stock)


@pytest.mark.parametrize("scheduler", ["karras", "simple"])
def test_every_sampler_of_the_hosts_list(pack, model, pool, scheduler):
    import comfy.samplers

    guided, off = guide(pack, model, pool), guide(pack, model, pool, strength=0.0)
    failed = []
    for sampler in comfy.samplers.KSampler.SAMPLERS:
        stock = ksampler(model, sampler, scheduler)
        result = ksampler(guided, sampler, scheduler)
        if not torch.isfinite(stock).all():
            continue
        if not torch.equal(ksampler(off, sampler, scheduler), stock):
            failed.append(f"{sampler}: strength 0 is not the stock sampler")
        if not torch.isfinite(result).all() or torch.equal(result, stock):
            failed.append(f"{sampler}: guidance did nothing, or too much")
    assert failed == []
    assert len(comfy.samplers.KSampler.SAMPLERS) > 40


def test_ksampler_advanced_with_start_end_and_leftover_noise(pack, model, pool):
    import nodes

    def run(model):
        advanced = nodes.KSamplerAdvanced()
        first = advanced.sample(
            model, "enable", SEED, 8, CFG, "euler", "karras", conditioning(1), conditioning(2), latent(), 0, 4, "enable"
        )[0]
        rest = (conditioning(1), conditioning(2), first, 4, 10000, "disable")
        return advanced.sample(model, "disable", SEED, 8, CFG, "euler", "karras", *rest)[0]["samples"]

    changed_and_repeatable(run, model, guide(pack, model, pool))


@pytest.mark.parametrize("switch", [2, 4, 6])
def test_two_stages_of_an_ode_sampler_are_one_run(pack, model, pool, switch):
    """The choice which sample an image follows outlives the change of stage, in either kind of sampler node."""
    import nodes

    guided = guide(pack, model, pool, variety=1.0)
    whole = nodes.KSampler().sample(
        guided, SEED, 8, CFG, "euler", "karras", conditioning(1), conditioning(2), latent(), 1.0
    )
    whole = whole[0]["samples"]
    advanced = nodes.KSamplerAdvanced()
    rest = ("euler", "karras", conditioning(1), conditioning(2))
    first = advanced.sample(guided, "enable", SEED, 8, CFG, *rest, latent(), 0, switch, "enable")[0]
    second = advanced.sample(guided, "disable", SEED, 8, CFG, *rest, first, switch, 10000, "disable")[0]["samples"]
    torch.testing.assert_close(second, whole, atol=2e-3, rtol=1e-3)

    module = "nodes_custom_sampler"
    sigmas = execute(module, "BasicScheduler", guided, "karras", 8, 1.0)
    guider, sampler = GUIDERS["CFGGuider"](guided), execute(module, "KSamplerSelect", "euler")
    noises = execute(module, "RandomNoise", SEED), execute(module, "DisableNoise")
    half = latent()
    for noise, part in zip(noises, (sigmas[: switch + 1], sigmas[switch:]), strict=True):
        half = execute(module, "SamplerCustomAdvanced", noise, guider, sampler, part, half)
    torch.testing.assert_close(half["samples"], whole, atol=2e-3, rtol=1e-3)


def custom(model, guider, sampler="dpmpp_2m", image=None):
    module = "nodes_custom_sampler"
    return execute(
        module,
        "SamplerCustomAdvanced",
        execute(module, "RandomNoise", SEED),
        guider(model),
        execute(module, "KSamplerSelect", sampler),
        execute(module, "BasicScheduler", model, "karras", STEPS, 1.0),
        image or latent(),
    )["samples"]


GUIDERS = {
    "CFGGuider": lambda m: execute("nodes_custom_sampler", "CFGGuider", m, conditioning(1), conditioning(2), CFG),
    "BasicGuider": lambda m: execute("nodes_custom_sampler", "BasicGuider", m, conditioning(1)),
    "DualCFGGuider": lambda m: execute(
        "nodes_custom_sampler",
        "DualCFGGuider",
        m,
        conditioning(1),
        conditioning(3),
        conditioning(2),
        3.0,
        2.0,
        "regular",
    ),
    "DualCFGGuider nested": lambda m: execute(
        "nodes_custom_sampler",
        "DualCFGGuider",
        m,
        conditioning(1),
        conditioning(3),
        conditioning(2),
        3.0,
        2.0,
        "nested",
    ),
    "PerpNegGuider": lambda m: execute(
        "nodes_perpneg", "PerpNegGuider", m, conditioning(1), conditioning(2), conditioning(3), CFG, 1.0
    ),
}


@pytest.mark.parametrize("guider", GUIDERS)
def test_every_guider(pack, model, pool, guider):
    changed_and_repeatable(lambda m: custom(m, GUIDERS[guider]), model, guide(pack, model, pool))


@pytest.mark.parametrize("guider", GUIDERS)
def test_guidance_comes_after_all_that_a_guider_combines(pack, model, pool, guider):
    """The guider's own first prediction is as without LiDAR; the next one is made at a latent that LiDAR moved."""
    import comfy.patcher_extension

    def own_predictions(model):
        """What the guider predicts, read by a wrapper that sits inside of LiDAR's."""
        predictions = []

        def read(executor, *args, **kwargs):
            predictions.append(executor(*args, **kwargs))
            return predictions[-1]

        def watched_run(executor, *args, **kwargs):
            kind, options = comfy.patcher_extension.WrappersMP.PREDICT_NOISE, executor.class_obj.model_options
            comfy.patcher_extension.add_wrapper_with_key(kind, "watch", read, options, is_model_options=True)
            return executor(*args, **kwargs)

        watched = model.clone()
        watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.OUTER_SAMPLE, "watch", watched_run)
        custom(watched, GUIDERS[guider], sampler="euler")
        return predictions

    plain, guided = own_predictions(model), own_predictions(guide(pack, model, pool, alone=1.0))
    assert len(guided) == len(plain) == STEPS
    assert torch.equal(guided[0], plain[0])
    assert not torch.equal(guided[1], plain[1])


def test_where_the_pool_leads_almost_alone_the_model_is_not_called(pack, model, pool):
    def called_at(model):
        """The noise levels at which the model itself was called, and the result."""
        watching, levels = watched(model)
        return levels, ksampler(watching, "dpmpp_2m")

    always, asked = called_at(guide(pack, model, pool, 2.0, alone=1.0, handover=1.0))
    seldom, saved = called_at(guide(pack, model, pool, 2.0, handover=1.0))
    assert len(always) == STEPS
    # At strength 2 the pool's share is 0.95 where sigma is 2.18.
    assert seldom == [sigma for sigma in always if sigma < 2.17]
    assert 0 < len(seldom) < STEPS
    assert (saved - asked).norm() < 0.1 * asked.norm()


def test_sampler_custom(pack, model, pool):
    module = "nodes_custom_sampler"

    def run(model):
        sampler = execute(module, "KSamplerSelect", "euler_ancestral")
        sigmas = execute(module, "BasicScheduler", model, "karras", STEPS, 1.0)
        conditions = (conditioning(1), conditioning(2))
        return execute(module, "SamplerCustom", model, True, SEED, CFG, *conditions, sampler, sigmas, latent())[
            "samples"
        ]

    changed_and_repeatable(run, model, guide(pack, model, pool))


def rescale_cfg(model):
    from comfy_extras.nodes_model_advanced import RescaleCFG

    return RescaleCFG().patch(model, 0.7)[0]


def lora(model):
    patched = model.clone()
    key = "diffusion_model.input_blocks.1.0.in_layers.2.weight"
    patched.add_patches({key: (0.1 * torch.ones_like(model.model.state_dict()[key]),)}, 1.0)
    return patched


PATCHES = {
    "RescaleCFG": rescale_cfg,
    "PerturbedAttentionGuidance": lambda m: execute("nodes_pag", "PerturbedAttentionGuidance", m, 2.0),
    "CFGNorm": lambda m: execute("nodes_cfg", "CFGNorm", m, 1.0),
    "LoRA": lora,
}


@pytest.mark.parametrize("patch", PATCHES)
def test_together_with_other_patches_in_either_order(pack, model, pool, patch):
    before = guide(pack, PATCHES[patch](model), pool)
    after = PATCHES[patch](guide(pack, model, pool))
    changed_and_repeatable(ksampler, PATCHES[patch](model), before)
    changed_and_repeatable(ksampler, guide(pack, model, pool), after)


def watched(model):
    """A clone of `model`, and the noise levels at which it is called from now on."""
    import comfy.patcher_extension

    levels = []

    def watch(executor, x, sigma, *args, **kwargs):
        levels.append(sigma[0].item())
        return executor(x, sigma, *args, **kwargs)

    clone = model.clone()
    clone.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.APPLY_MODEL, "watch", watch)
    return clone, levels


def guided_points(pack, model, pool, run, end=1.0, handover=0.125):
    """Pairs of noise level and gain at which guidance acts in `run`, for the first image."""

    class Recorder:
        def phase(self, name):
            pass

        def run(self, pool, trace, *rest):
            points.extend((row["sigma"][0], row["say"][0]) for row in trace.rows())

    points = []
    settings = submodule(pack, "lidar_core.guidance.guide").GuidanceSettings(
        submodule(pack, "lidar_core.guidance.rules").KernelRule(handover=handover), end=end
    )
    run(submodule(pack, "nodes.host.guided_model").with_guidance(model, pool, settings, Recorder()))
    return points


def test_the_model_sampling_of_a_patch_is_honoured(pack, model):
    """ModelSamplingDiscrete with zsnr begins at a noise of thousands, where SDXL's own sampling begins at 14.6."""
    import comfy.samplers
    from comfy_extras.nodes_model_advanced import ModelSamplingDiscrete

    patched = ModelSamplingDiscrete().patch(model, "v_prediction", True)[0]
    drawing, drawn_at = watched(patched)
    pool = draw(pack, drawing, latent())
    ours, plain = (
        comfy.samplers.calculate_sigmas(sampled.get_model_object("model_sampling"), "karras", STEPS).tolist()[:-1]
        for sampled in (patched, model)
    )
    assert ours[0] > 1000 > 14.7 > plain[0]
    assert drawn_at[0] == pytest.approx(ours[0])
    points = guided_points(pack, patched, pool, ksampler)
    assert [sigma for sigma, _ in points] == pytest.approx(ours)
    assert [gain for _, gain in points] == pytest.approx([sigma**2 / (sigma**2 + 0.125**2) for sigma in ours])
    changed_and_repeatable(ksampler, patched, guide(pack, patched, pool))


def test_the_shift_of_a_flow_model_is_honoured(pack):
    """A shift of s moves the noise level t to s t / (1 + (s - 1) t), in the lookahead, the guidance and its window."""
    from comfy_extras.nodes_model_advanced import ModelSamplingSD3

    def shifted(t):
        return 6 * t / (1 + 5 * t)

    def run(model):
        return ksampler(model, scheduler="simple", image=image)

    patched = ModelSamplingSD3().patch(tiny_model("SD 3 (flow)"), 6.0)[0]
    image = {"samples": torch.zeros(1, 16, 8, 8)}
    drawing, drawn_at = watched(patched)
    pool = draw(pack, drawing, image, scheduler="simple")
    assert drawn_at[:2] == pytest.approx([shifted(1), shifted(0.5)])
    levels = [shifted(t) for t in (1, 0.75, 0.5, 0.25)]
    points = guided_points(pack, patched, pool, run)
    assert [sigma for sigma, _ in points] == pytest.approx(levels)
    gains = [sigma**2 / (sigma**2 + (0.125 * (1 - sigma)) ** 2) for sigma in levels]
    assert [gain for _, gain in points] == pytest.approx(gains)
    # At 0.4 of the schedule the noise is 0.9 here and 0.82 with SD 3's own shift of 3, which is below the third level.
    assert [sigma for sigma, _ in guided_points(pack, patched, pool, run, end=0.4)] == pytest.approx(levels[:2])
    changed_and_repeatable(run, patched, guide(pack, patched, pool))


def test_batches_of_conditionings_and_areas(pack, model, pool):
    import nodes

    batched = [[torch.cat([conditioning(1)[0][0], conditioning(3)[0][0]]), conditioning(1, batch=2)[0][1]]]
    (area,) = nodes.ConditioningSetArea().append(conditioning(3), 32, 32, 0, 0, 1.0)
    for positive in (batched, conditioning(1) + area):

        def run(model, positive=positive):
            (out,) = nodes.common_ksampler(
                model, SEED, STEPS, CFG, "euler", "karras", positive, conditioning(2), latent()
            )
            return out["samples"]

        changed_and_repeatable(run, model, guide(pack, model, pool))


def test_a_control_net_sees_the_guided_run(pack, model, pool):
    import comfy.controlnet

    import nodes

    class Nudge(comfy.controlnet.ControlBase):
        def get_control(self, x_noisy, t, cond, batched_number, transformer_options):
            seen.append(x_noisy.shape)
            return {"input": [], "middle": [], "output": [torch.full((1, 1, 1, 1), 0.2)]}

        def copy(self):
            copied = Nudge()
            self.copy_to(copied)
            return copied

    seen = []
    control = Nudge()
    control.cond_hint_original = torch.zeros(1, 3, 64, 64)

    def run(model):
        (((features, extra),), negative) = conditioning(1), conditioning(2)
        positive = [[features, {**extra, "control": control, "control_apply_to_uncond": True}]]
        (out,) = nodes.common_ksampler(model, SEED, STEPS, CFG, "euler", "karras", positive, negative, latent())
        return out["samples"]

    changed_and_repeatable(run, model, guide(pack, model, pool))
    assert seen


def test_context_windows_of_a_video(pack):
    model = tiny_model(WAN)
    video = {"samples": torch.zeros(1, 16, 6, 8, 8)}
    pool = draw(pack, model, video, sampler_name="euler", scheduler="simple")
    windowed = execute(
        "nodes_context_windows",
        "ContextWindowsManualNode",
        model,
        4,
        2,
        "standard_static",
        1,
        False,
        "pyramid",
        2,
        False,
    )
    changed_and_repeatable(
        lambda m: ksampler(m, scheduler="simple", image=video), windowed, guide(pack, windowed, pool)
    )


def picture(seed, batch=1, size=8):
    return {"samples": torch.randn(batch, 4, size, size, generator=torch.Generator().manual_seed(seed))}


def test_img2img_looks_ahead_from_the_same_latent_and_level(pack, model):
    image = picture(0)
    weak, strong = draw(pack, model, image, denoise=0.2), draw(pack, model, image, denoise=0.9)

    def distance(pool):
        return (pool.latents - image["samples"]).flatten(1).norm(dim=1).mean()

    assert distance(weak) < 0.7 * distance(strong)
    changed_and_repeatable(
        lambda m: ksampler(m, image=image, denoise=0.6),
        model,
        guide(pack, model, draw(pack, model, image, denoise=0.6)),
    )


def test_a_batch_of_different_pictures_is_looked_ahead_from_each(pack, model):
    images = picture(0, batch=2)
    pool = draw(pack, model, images, denoise=0.05)
    nearest = (pool.latents[:, None] - images["samples"]).flatten(2).norm(dim=2).argmin(1)
    assert nearest.tolist() == [0, 1, 0, 1]


def masked_picture():
    mask = torch.zeros(1, 64, 64)
    mask[:, :, 32:] = 1.0
    return {**picture(0), "noise_mask": mask}


def test_masks_keep_what_they_protect_in_the_pool_and_in_the_picture(pack, model):
    image = masked_picture()
    pool = draw(pack, model, image)
    kept = image["samples"][..., :3]
    torch.testing.assert_close(pool.latents[..., :3], kept.expand(4, -1, -1, -1), atol=1e-4, rtol=1e-4)
    result = ksampler(guide(pack, model, pool), image=image)
    torch.testing.assert_close(result[..., :3], kept, atol=1e-4, rtol=1e-4)
    assert not torch.equal(result[..., 5:], ksampler(model, image=image)[..., 5:])


def test_differential_diffusion(pack, model):
    soft = execute("nodes_differential_diffusion", "DifferentialDiffusion", model, 1.0)
    pool = draw(pack, soft, masked_picture())
    assert not torch.equal(pool.latents, draw(pack, model, masked_picture()).latents)
    changed_and_repeatable(lambda m: ksampler(m, image=masked_picture()), soft, guide(pack, soft, pool))


def test_batch_index_and_its_duplicates_are_the_main_runs_own(pack, model, pool):
    guided = guide(pack, model, pool)
    whole = ksampler(guided, image=latent(3))
    picked = ksampler(guided, image={**latent(3), "batch_index": [2, 0, 2]})
    torch.testing.assert_close(picked, whole[[2, 0, 2]], atol=1e-4, rtol=1e-4)


def test_a_distilled_lookahead_has_its_own_model_conditioning_and_sigmas(pack, model):
    other = tiny_model(SDXL)
    with torch.inference_mode(False):
        for parameter in other.model.diffusion_model.parameters():
            parameter.data.mul_(0.5)
    sigmas = torch.tensor([4.0, 1.0, 0.0])
    pools = [
        draw(pack, model, latent(), **config)
        for config in (
            {},
            {"model": other},
            {"model": other, "cfg": 1.0, "sampler_name": "lcm"},
            {"model": other, "positive": conditioning(7), "negative": conditioning(8)},
            {"sigmas": sigmas, "sampler_name": "euler"},
        )
    ]
    for index, pool in enumerate(pools):
        assert torch.isfinite(pool.latents).all()
        assert all(not torch.equal(pool.latents, earlier.latents) for earlier in pools[:index])
    changed_and_repeatable(ksampler, model, guide(pack, model, pools[2]))


def test_a_lookahead_model_of_another_family_is_refused(pack, model):
    with pytest.raises(ValueError, match="lookahead model has SD15 latents and the sampler's model SDXL latents"):
        draw(pack, model, latent(), model=tiny_model("SD 1.5 (epsilon)"))


def test_two_pools_pull_together(pack, model, pool):
    other = draw(pack, model, latent(), seed=9)
    once = guide(pack, model, pool, alone=1.0)
    changed_and_repeatable(ksampler, once, guide(pack, once, other, alone=1.0))


def test_nested_latents_are_refused(pack, model):
    import comfy.nested_tensor

    nested = {"samples": comfy.nested_tensor.NestedTensor([torch.zeros(1, 4, 8, 8), torch.zeros(1, 8, 4)])}
    with pytest.raises(ValueError, match="latent_image holds nested latents, several tensors"):
        draw(pack, model, nested)


def test_empty_latents_of_another_ratio_come_out_at_the_right_size(pack, model):
    """An empty latent tagged as 16 pixels a cell becomes twice as large for a model of 8."""
    import inspect

    import comfy.sample

    tagged = {"samples": torch.zeros(1, 4, 4, 4), "downscale_ratio_spacial": 16}
    if "downscale_ratio_spacial" not in inspect.signature(comfy.sample.fix_empty_latent_channels).parameters:
        pytest.skip("this ComfyUI has no ratio tags yet")
    pool = draw(pack, model, tagged)
    assert pool.latents.shape[1:] == (4, 8, 8)
    assert ksampler(guide(pack, model, pool), image=tagged).shape == (1, 4, 8, 8)
    assert tagged["downscale_ratio_spacial"] == 16


def test_the_pools_noise_grows_into_the_pools_best_samples_again(pack, model):
    """Sampled as the lookahead was, without guidance, the best noise gives the best samples, best first."""
    pool = draw(pack, model, latent(1), samples=3, steps=STEPS, sampler_name="dpmpp_2m")
    noise = submodule(pack, "nodes.pool_noise").LiDARPoolNoise.execute(pool, SEED)[0]
    module = "nodes_custom_sampler"
    sampler = execute(module, "KSamplerSelect", "dpmpp_2m")
    sigmas = execute(module, "BasicScheduler", model, "karras", STEPS, 1.0)
    guider = GUIDERS["CFGGuider"](model)
    result = execute(module, "SamplerCustomAdvanced", noise, guider, sampler, sigmas, latent(4))["samples"]
    # Latents here are of size 100, and batches of other sizes round differently.
    torch.testing.assert_close(result[:3], pool.latents[pool.order()], atol=2e-3, rtol=1e-4)
    fresh = execute(module, "RandomNoise", SEED).generate_noise(latent(4))
    assert torch.equal(noise.generate_noise(latent(4))[3], fresh[3])


def test_a_pool_made_of_scores_has_no_noise_to_start_from(pack):
    make = submodule(pack, "nodes.pool_from_scores").LiDARPoolFromScores.execute
    pool = make([latent(2)], [0.0, 1.0], ["x"])[0]
    with pytest.raises(ValueError, match="made from scores, so its starting noise is unknown: wire one of LiDAR"):
        submodule(pack, "nodes.pool_noise").LiDARPoolNoise.execute(pool, SEED)
