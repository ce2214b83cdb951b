"""A batch of different pictures: each lookahead sample sees what belongs to its own, drawn in any chunks."""

import dataclasses
import importlib
from types import SimpleNamespace

import pytest
import torch

from .tiny_models import FAMILIES, FLUX, UNET, WAN, Family, MeanDecoder, conditioning, tiny_model

SAMPLES, PICTURES = 6, 3


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


@pytest.fixture(scope="module", autouse=True)
def _families():
    """Models that read pictures."""
    FAMILIES["inpainting"] = Family("SD15", {**UNET, "in_channels": 9}, (4, 8, 8))
    FAMILIES["references"] = Family("Flux", FLUX, (16, 8, 8))
    video = {**WAN, "model_type": "i2v", "in_dim": 36, "out_dim": 16}
    FAMILIES["image to video"] = Family("WAN21_I2V", video, (16, 2, 8, 8))
    yield
    for name in ("inpainting", "references", "image to video"):
        del FAMILIES[name]


class Encoder(MeanDecoder):
    def encode(self, pixels):
        small = torch.nn.functional.avg_pool2d(pixels.movedim(-1, 1), 8)
        return torch.cat([small, small[:, :1]], 1)


def numbers(*shape, seed=0):
    """PICTURES of `shape` with different numbers in [0, 1]."""
    return torch.rand(PICTURES, *shape, generator=torch.Generator().manual_seed(seed))


def node(module, name):
    return getattr(importlib.import_module(f"comfy_extras.{module}"), name)


# Each makes positive, negative and latent for some of the pictures, or all.


def masked_pictures(some):
    import nodes

    pixels, masks = numbers(64, 64, 3)[some], numbers(64, 64, seed=1)[some].round()
    return nodes.InpaintModelConditioning().encode(conditioning(1), conditioning(2), pixels, Encoder(), masks)


def latents_with_masks(some):
    import nodes

    latent = {"samples": numbers(4, 8, 8)[some]}
    (masked,) = nodes.SetLatentNoiseMask().set_mask(latent, numbers(64, 64, seed=1)[some].round())
    return conditioning(1), conditioning(2), masked


def regions(some):
    import nodes

    (region,) = nodes.ConditioningSetMask().append(conditioning(3), numbers(64, 64)[some].round(), "default", 1.0)
    return conditioning(1) + region, conditioning(2), {"samples": torch.zeros(len(some), 4, 8, 8)}


def texts(some):
    features, pooled = numbers(8, 32)[some], numbers(64, seed=1)[some]
    return [[features, {"pooled_output": pooled}]], conditioning(2), {"samples": torch.zeros(len(some), 4, 8, 8)}


def references(some):
    latent = {"samples": torch.zeros(len(some), 16, 8, 8)}
    positive = conditioning(1)
    for seed in (0, 1):
        reference = {"samples": numbers(16, 8, 8, seed=seed)[some]}
        positive = node("nodes_edit_model", "ReferenceLatent").execute(positive, reference)[0]
    return positive, conditioning(2), latent


def first_frames(some):
    seen = {
        "concat_latent_image": numbers(16, 2, 8, 8)[some],
        "concat_mask": numbers(1, 2, 8, 8, seed=1)[some].round(),
        "clip_vision_output": SimpleNamespace(penultimate_hidden_states=numbers(5, 1280, seed=2)[some]),
    }
    positive, negative = ([[features, {**extra, **seen}] for features, extra in conditioning(seed)] for seed in (1, 2))
    return positive, negative, {"samples": torch.zeros(len(some), 16, 2, 8, 8)}


KINDS = {
    "masked pictures": ("inpainting", masked_pictures),
    "latents with masks": ("SD 1.5 (epsilon)", latents_with_masks),
    "regions": ("SD 1.5 (epsilon)", regions),
    "texts": ("SDXL (epsilon)", texts),
    "references": ("references", references),
    "first frames": ("image to video", first_frames),
}


def draw(pack, family, positive, negative, latent, size, **config):
    drawing = submodule(pack, "nodes.host.drawing")
    settings = {"samples": SAMPLES, "steps": 2, "cfg": 3.0, "scheduler": "simple", "batch_size": size, **config}
    task = submodule(pack, "nodes.host.sampling").Task(tiny_model(family), positive, negative, latent)
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    return drawing.draw_pool(task, MeanDecoder(), reward, drawing.LookaheadConfig(**settings), "x")[0]


@pytest.fixture
def as_on_a_gpu(pack, monkeypatch):
    """Draw in chunks of several; on a CPU chunks have one sample."""
    monkeypatch.setattr(submodule(pack, "nodes.host.memory"), "gains_from_batches", lambda model: True)


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("size", [1, 4, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_each_sample_sees_its_own_picture_alone(pack, kind, size):
    family, made = KINDS[kind]
    together = draw(pack, family, *made(list(range(PICTURES))), size).latents
    for picture in range(PICTURES):
        alone = draw(pack, family, *made([picture]), 1).latents
        torch.testing.assert_close(together[picture::PICTURES], alone[picture::PICTURES], atol=2e-3, rtol=1e-4)
        # The pictures must make a difference, otherwise the test would show nothing.
        other = together[(picture + 1) % PICTURES :: PICTURES]
        assert (other - alone[(picture + 1) % PICTURES :: PICTURES]).abs().max() > 0.01


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("pictures", [1, 2, 3])
def test_fewer_pictures_than_latents_go_to_them_as_the_host_gives_them(pack, pictures, size):
    """The model sees the same inputs for image i in the lookahead as in the stock sampler."""
    import comfy.patcher_extension

    import nodes

    pixels, masks = numbers(64, 64, 3)[:pictures], numbers(64, 64, seed=1)[:pictures].round()
    positive, negative, _ = nodes.InpaintModelConditioning().encode(
        conditioning(1), conditioning(2), pixels, Encoder(), masks
    )
    shown = []

    def watch(executor, x, t, c_concat=None, *args, **kwargs):
        shown.append(c_concat.clone())
        return executor(x, t, c_concat, *args, **kwargs)

    watched = tiny_model("inpainting")
    watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.APPLY_MODEL, "watch", watch)
    latent = {"samples": torch.zeros(4, 4, 8, 8)}
    nodes.common_ksampler(watched, 0, 1, 1.0, "euler", "simple", positive, negative, latent)
    (stock,) = shown
    shown.clear()
    drawing = submodule(pack, "nodes.host.drawing")
    task = submodule(pack, "nodes.host.sampling").Task(watched, positive, negative, latent)
    settings = drawing.LookaheadConfig(samples=8, steps=1, cfg=1.0, scheduler="simple", batch_size=size)
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    drawing.draw_pool(task, MeanDecoder(), reward, settings, "x")
    drawn = torch.cat(shown)[:8]
    assert torch.equal(drawn, torch.cat([stock, stock]))


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("shape", [(4, 64, 64), (1, 4, 64, 64), (1, 1, 4, 8, 8), (64, 64)])
def test_a_videos_mask_of_frames_is_one_mask(pack, shape, size):
    """Frames that the mask keeps are kept in every sample, the others change; so is a region of frames one region."""
    import nodes

    video = torch.randn(1, 16, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(shape)
    mask[..., shape[-2] // 2 :, :] = 1.0
    if len(shape) > 2:
        mask.transpose(0, -3)[:2] = 0.0
    latent = {"samples": video, "noise_mask": mask}
    family = "Wan (flow, video)"
    stock = nodes.common_ksampler(
        tiny_model(family), 0, 2, 3.0, "euler", "simple", conditioning(1), conditioning(2), latent
    )[0]["samples"]
    kept = (stock - video).abs().amax((0, 1, 4)) < 1e-4
    assert kept.any()
    assert not kept.all()
    for sample in draw(pack, family, conditioning(1), conditioning(2), latent, size).latents:
        assert torch.equal((sample - video[0]).abs().amax((0, 3)) < 1e-4, kept)


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("size", [1, 4])
def test_a_videos_region_of_frames_is_one_region(pack, size):
    import nodes

    mask = torch.zeros(2, 64, 64)
    mask[1] = 1.0
    latent = {"samples": torch.zeros(1, 16, 2, 8, 8)}
    (region,) = nodes.ConditioningSetMask().append(conditioning(3), mask, "default", 1.0)
    (whole,) = nodes.ConditioningSetMask().append(conditioning(3), torch.ones(2, 64, 64), "default", 1.0)

    def pool(positive, size):
        return draw(pack, "Wan (flow, video)", conditioning(1) + positive, conditioning(2), latent, size).latents

    one_by_one = pool(region, 1)
    torch.testing.assert_close(pool(region, size), one_by_one, atol=2e-3, rtol=1e-4)
    apart = (one_by_one - pool(whole, 1)).abs().amax((0, 1, 3, 4))
    assert apart[0] > apart[1] > 0


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("size", [1, 4])
def test_control_images_and_their_masks_go_with_their_pictures(pack, size):
    """A control network shared by both conditionings is one still, and the one in the graph is left as it was."""
    import comfy.controlnet

    class Hints(comfy.controlnet.ControlBase):
        def get_control(self, x_noisy, t, cond, batched_number, transformer_options):
            seen.append((self, len(x_noisy) // batched_number))
            return {"input": [], "middle": [], "output": []}

    seen = []
    first, second = Hints(), Hints()
    hints, masks = numbers(3, 64, 64), numbers(1, 64, 64, seed=1)
    first.set_cond_hint(hints, extra_concat=[masks])
    second.set_cond_hint(hints[:1]).set_previous_controlnet(first)
    (features, extra), *_ = conditioning(1)
    positive = [[features, {**extra, "control": second, "control_apply_to_uncond": True}]]
    latent = {"samples": torch.zeros(PICTURES, 4, 8, 8)}
    draw(pack, "SD 1.5 (epsilon)", positive, conditioning(2), latent, size, steps=1)
    start = 0
    for control, count in seen[: -(-SAMPLES // size)]:
        rows = [sample % PICTURES for sample in range(start, start + count)]
        before = control.previous_controlnet
        assert torch.equal(before.cond_hint_original.expand(count, -1, -1, -1), hints[rows])
        assert torch.equal(before.extra_concat_orig[0], masks[rows])
        assert len(control.cond_hint_original) == 1
        start += count
    assert start == SAMPLES
    assert torch.equal(first.cond_hint_original, hints)
    assert second.previous_controlnet is first


@pytest.mark.usefixtures("as_on_a_gpu")
def test_other_wrappers_of_the_sampling_see_the_samples_that_are_drawn(pack):
    """FreeNoise of context windows, for one, works on the noise of the run."""
    import comfy.patcher_extension

    drawing, sampling = (submodule(pack, f"nodes.host.{name}") for name in ("drawing", "sampling"))
    shapes, noises = [], []

    def prepares(executor, model, noise_shape, *args, **kwargs):
        shapes.append(noise_shape[0])
        return executor(model, noise_shape, *args, **kwargs)

    def samples(executor, guider, sigmas, extra, callback, noise, *rest):
        noises.append(noise.clone())
        return executor(guider, sigmas, extra, callback, noise, *rest)

    model = tiny_model("SD 1.5 (epsilon)")
    model.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREPARE_SAMPLING, "other", prepares)
    model.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.SAMPLER_SAMPLE, "other", samples)
    latent = {"samples": numbers(4, 8, 8)}
    task = sampling.Task(model, conditioning(1), conditioning(2), latent)
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    settings = drawing.LookaheadConfig(samples=SAMPLES, steps=1, batch_size=4)
    pool = drawing.draw_pool(task, MeanDecoder(), reward, settings, "x")[0]
    assert shapes[:2] == [4, 2]
    own = [drawing.sample_noise(torch.Size([4, 8, 8]), seed) for seed in pool.seeds]
    assert torch.equal(torch.cat(noises[:2]), torch.stack(own))


@pytest.mark.parametrize("kind", KINDS)
def test_a_pool_of_another_model_is_measured_beside_any_conditioning(pack, kind):
    """The measurement redraws some samples with the conditioning of one picture, and leaves the run's own unchanged."""
    import nodes

    family, made = KINDS[kind]
    positive, negative, latent = made(list(range(PICTURES)))
    pool = draw(pack, family, positive, negative, latent, 1)
    model = tiny_model(family)
    guidance = submodule(pack, "nodes.guidance").LiDARGuidance

    def run(pool, **settings):
        guided = guidance.execute(model, pool, 1.0, **settings)[0]
        (out,) = nodes.common_ksampler(guided, 0, 3, 3.0, "euler", "simple", positive, negative, latent)
        return out["samples"]

    elsewhere = dataclasses.replace(pool.origin, handover=None, measured_with="another model", steps=400)
    foreign = dataclasses.replace(pool, origin=elsewhere)
    measured = run(foreign)
    assert torch.isfinite(measured).all()
    assert torch.equal(run(foreign), measured)
    off = run(foreign, lam=0.0)
    (stock,) = nodes.common_ksampler(model, 0, 3, 3.0, "euler", "simple", positive, negative, latent)
    assert torch.equal(off, stock["samples"])


@pytest.mark.usefixtures("as_on_a_gpu")
def test_denoise_0_draws_the_pictures_themselves(pack):
    drawing, sampling = (submodule(pack, f"nodes.host.{name}") for name in ("drawing", "sampling"))
    latent = {"samples": numbers(4, 8, 8)}
    task = sampling.Task(tiny_model("SD 1.5 (epsilon)"), conditioning(1), conditioning(2), latent, denoise=0.0)
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    settings = drawing.LookaheadConfig(samples=SAMPLES, steps=2, batch_size=4)
    pool = drawing.draw_pool(task, MeanDecoder(), reward, settings, "x")[0]
    assert torch.equal(pool.latents, latent["samples"].repeat(2, 1, 1, 1))
