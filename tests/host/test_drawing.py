"""The lookahead under difficult conditions: batches, cancelling, running out of memory, progress, and bad input."""

import dataclasses
import importlib
import itertools

import pytest
import torch
from PIL import Image, ImageOps

from .tiny_models import MeanDecoder, TinyReward, conditioning, tiny_model

SAMPLES, STEPS = 5, 3


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


@pytest.fixture(scope="module")
def model(pack):
    return tiny_model("SDXL (epsilon)")


class Brightness(TinyReward):
    name = "brightness"

    def values(self, images, prompt):
        return images.mean((1, 2, 3))


def same(pool, expected):
    """Equal up to rounding: matrix products of other batch sizes round differently, and latents here are about 100."""
    torch.testing.assert_close(pool.latents, expected.latents, atol=2e-3, rtol=1e-4)
    torch.testing.assert_close(pool.rewards, expected.rewards, atol=1e-5, rtol=1e-4)


@pytest.fixture
def as_on_a_gpu(pack, monkeypatch):
    """Draw in batches; on a CPU samples are drawn one by one."""
    monkeypatch.setattr(submodule(pack, "nodes.host.memory"), "gains_from_batches", lambda model: True)


def draw(pack, sampled, vae=None, reward=None, latent=None, positive=None, show=None, **config):
    drawing = submodule(pack, "nodes.host.drawing")
    settings = drawing.LookaheadConfig(**{"samples": SAMPLES, "steps": STEPS, "cfg": 3.0, **config})
    latent = latent or {"samples": torch.zeros(1, 4, 8, 8)}
    task = submodule(pack, "nodes.host.sampling").Task(sampled, positive or conditioning(1), conditioning(2), latent)
    shown = {} if show is None else {"show": show}
    return drawing.draw_pool(task, vae or MeanDecoder(), reward or Brightness(), settings, "a prompt", **shown)


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler", "heun"])
def test_the_pool_does_not_depend_on_its_batches(pack, model, sampler):
    pools = [draw(pack, model, sampler_name=sampler, batch_size=size)[0] for size in (1, 3, 8, 0)]
    for pool in pools[1:]:
        assert pool.seeds == pools[0].seeds
        assert torch.equal(pool.latents, pools[0].latents)
        assert torch.equal(pool.rewards, pools[0].rewards)


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler", "heun"])
def test_batches_change_the_pool_by_rounding_alone(pack, model, sampler):
    pools = [draw(pack, model, sampler_name=sampler, batch_size=size)[0] for size in (1, 3, 8, 0)]
    for pool in pools[1:]:
        assert pool.seeds == pools[0].seeds
        same(pool, pools[0])


@pytest.mark.parametrize("sampler", ["euler_ancestral", "dpmpp_sde", "lcm"])
def test_each_sample_of_a_stochastic_sampler_owns_its_noise(pack, model, sampler):
    pools = [draw(pack, model, sampler_name=sampler, batch_size=size)[0] for size in (1, 3, 8, 0)]
    for pool in pools[1:]:
        assert torch.equal(pool.latents, pools[0].latents)
    assert len(set(pools[0].rewards.tolist())) == SAMPLES


def test_more_samples_keep_the_first_ones(pack, model):
    few, many = draw(pack, model, samples=2)[0], draw(pack, model, samples=4)[0]
    assert many.seeds[:2] == few.seeds
    assert torch.equal(many.latents[:2], few.latents)


def test_drawing_leaves_the_global_random_state_alone(pack, model):
    before = torch.random.get_rng_state()
    draw(pack, model)
    assert torch.equal(torch.random.get_rng_state(), before)


class Interrupting(TinyReward):
    """Presses Cancel when a phase begins its work."""

    name, spread = "interrupting", 0.0

    def __init__(self, phase):
        self.phase = phase

    def press(self, phase):
        import comfy.model_management

        if phase == self.phase:
            comfy.model_management.interrupt_current_processing()

    def decode(self, latents):
        self.press("decoding")
        return MeanDecoder().decode(latents)

    def values(self, images, prompt):
        import comfy.model_management

        self.press("scoring")
        comfy.model_management.throw_exception_if_processing_interrupted()
        return Brightness().values(images, prompt)


@pytest.mark.parametrize("phase", ["sampling", "decoding", "scoring"])
def test_cancel_works_in_every_phase_and_leaves_the_next_run_healthy(pack, model, phase):
    import comfy.model_management
    import comfy.patcher_extension

    expected = draw(pack, model, batch_size=2)[0]
    interrupting = Interrupting(phase)
    sampled = model.clone()

    def press_while_sampling(executor, *args, **kwargs):
        interrupting.press("sampling")
        return executor(*args, **kwargs)

    kind = comfy.patcher_extension.WrappersMP.APPLY_MODEL
    sampled.add_wrapper_with_key(kind, "press", press_while_sampling)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        draw(pack, sampled, vae=interrupting, reward=interrupting, batch_size=2)
    assert torch.equal(draw(pack, model, batch_size=2)[0].latents, expected.latents)


def test_cancel_while_the_embedded_scorer_scores(pack):
    import comfy.model_management

    reward = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute()[3]
    pictures = torch.rand(2, 128, 128, 3)
    comfy.model_management.interrupt_current_processing()
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        reward.values(pictures, "a star")
    assert reward.values(pictures, "a star").shape == (2,)


class Small:
    """A device that holds two latents or pictures at once."""

    name, spread = "small", 0.0

    def __init__(self):
        self.batches = []

    def check(self, phase, count):
        self.batches.append((phase, count))
        if count > 2:
            raise torch.cuda.OutOfMemoryError("simulated")

    def decode(self, latents):
        self.check("decoding", len(latents))
        return MeanDecoder().decode(latents)


@pytest.mark.usefixtures("as_on_a_gpu")
def test_out_of_memory_in_sampling_and_decoding_halves_the_batch_and_goes_on(pack, model):
    import comfy.patcher_extension

    expected = draw(pack, model, batch_size=1)[0]
    small = Small()
    sampled = model.clone()

    def limited(executor, x, *args, **kwargs):
        # The positive and the negative conditioning double the batch.
        small.check("sampling", len(x) // 2)
        return executor(x, *args, **kwargs)

    sampled.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.APPLY_MODEL, "limit", limited)
    same(draw(pack, sampled, vae=small, batch_size=5)[0], expected)
    for phase in ("sampling", "decoding"):
        sizes = [count for name, count in small.batches if name == phase]
        assert sizes[0] == 5
        assert max(sizes[2:]) <= 2


def test_out_of_memory_in_a_scorer_halves_the_batch_and_goes_on(pack):
    rewards = submodule(pack, "nodes.host.rewards")
    small = Small()

    class Scorer(torch.nn.Module):
        name, spread, reads_prompt = "scorer", 0.0, False

        def values(self, images, prompt, device):
            small.check("scoring", len(images))
            return images.mean((1, 2, 3))

    scorer = Scorer()
    images = torch.rand(7, 8, 8, 3)
    scores = rewards.ManagedReward(scorer, scorer).values(images, "")
    torch.testing.assert_close(scores, images.mean((1, 2, 3)))
    assert [count for _, count in small.batches] == [7, 7, 4, 2, 2, 2, 1]


def test_guidance_allocates_nothing_larger_than_the_pool(pack):
    """No (batch, n, C, H, W) tensor: every tensor that a guided step makes is at most the batch or the pool."""
    from torch.utils._python_dispatch import TorchDispatchMode

    guidance = submodule(pack, "lidar_core.guidance.closed_form")
    guide = submodule(pack, "lidar_core.guidance.guide")
    sizes = []

    class Sizes(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            out = function(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                sizes.append(out.numel())
            return out

    n, batch, elements = 50, 4, 4 * 32 * 32
    with torch.inference_mode(False), torch.no_grad():
        pool = guidance.PreparedPool(torch.randn(n, 4, 32, 32), torch.randn(n))
        sigma = torch.full((batch,), 3.0)
        settings = guide.GuidanceSettings(guide.KernelRule(handover=0.5))
        step = guide.Guide(pool, settings, guide.Schedule(torch.tensor([3.0, 1.0, 0.0])))
        noisy, denoised = torch.randn(2, batch, 4, 32, 32)
        with Sizes():
            step.at(noisy, sigma, torch.ones(batch), sigma).guided(denoised)
    assert max(sizes) <= n * elements
    assert sum(size > batch * elements for size in sizes) <= 1


class Previewer:
    def __init__(self, picture):
        self.picture = picture

    def decode_latent_to_preview_image(self, preview_format, denoised):
        return self.picture and (preview_format, self.picture, 512)


LATENT = Image.new("RGB", (8, 8), "red")


def test_one_bar_with_previews_runs_through_sampling_decoding_and_scoring(pack, model, monkeypatch):
    import comfy.utils
    import latent_preview

    totals, reports = [], []

    class Bar:
        def __init__(self, total, node_id=None):
            totals.append(total)

        def update_absolute(self, value, total=None, preview=None):
            reports.append((value, preview))

    monkeypatch.setattr(comfy.utils, "ProgressBar", Bar)
    monkeypatch.setattr(latent_preview, "get_previewer", lambda device, latent_format: Previewer(LATENT))
    _, images = draw(pack, model, batch_size=2)
    ours = SAMPLES * (STEPS + 2)
    assert totals == [ours]
    values = [value for value, _ in reports]
    assert values == sorted(values)
    assert values[-1] == ours
    sampling = [preview for value, preview in reports if value <= SAMPLES * STEPS]
    assert all(preview == ("JPEG", LATENT, 512) for preview in sampling)
    decoding = [preview for value, preview in reports if value > SAMPLES * STEPS]
    assert [preview[1].size for preview in decoding] == [(64, 64)] * (SAMPLES + 1)
    best = images[images.mean((1, 2, 3)).argmax()]
    shown = torch.frombuffer(bytearray(decoding[-1][1].tobytes()), dtype=torch.uint8).view(64, 64, 3)
    assert (shown.float() / 255 - best).abs().max() <= 1 / 255


@pytest.mark.parametrize("size", [(3000, 2), (2, 3000), (1, 1), None])
def test_a_preview_of_any_shape_fits_the_hosts_messages(pack, model, monkeypatch, size):
    """The host ends when its messages cannot be sent: it scales a preview, and a side that rounds to 0 is an error.

    Another pack's previewer may send its pictures itself and give none.
    """
    import comfy.utils
    import latent_preview

    previews = []

    class Bar(comfy.utils.ProgressBar):
        def update_absolute(self, value, total=None, preview=None):
            previews.append(preview)

    picture = size and Image.new("RGB", size)
    monkeypatch.setattr(comfy.utils, "ProgressBar", Bar)
    monkeypatch.setattr(latent_preview, "get_previewer", lambda device, latent_format: Previewer(picture))
    shown = []
    draw(pack, model, batch_size=2, show=lambda number, count, picture: shown.append(picture))
    for _, image, largest in filter(None, previews):
        ImageOps.contain(image, (largest, largest))
    assert len(list(filter(None, previews))) == (SAMPLES + 1 if size is None else len(previews))
    assert len(shown) == (SAMPLES if size is None else 2 * SAMPLES)


def test_phases_are_not_interleaved(pack, model):
    """All are drawn, decoded, scored and then measured: a small card loads the autoencoder and the reward once."""
    import comfy.patcher_extension

    events = []

    class Watching(TinyReward):
        name = "watching"

        def decode(self, latents):
            events.append("decode")
            return MeanDecoder().decode(latents)

        def values(self, images, prompt):
            events.append("score")
            return Brightness().values(images, prompt)

    def sampling(executor, *args, **kwargs):
        events.append("sample")
        return executor(*args, **kwargs)

    watched = model.clone()
    watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.APPLY_MODEL, "watch", sampling)
    draw(pack, watched, vae=Watching(), reward=Watching(), batch_size=2)
    phases = [event for event, _ in itertools.groupby(events)]
    assert phases == ["sample", "decode", "score", "sample"]
    assert set(events) == {"sample", "decode", "score"}


class Fixed(TinyReward):
    def __init__(self, *values):
        self.fixed = torch.tensor(values)

    def values(self, images, prompt):
        return self.fixed


NAN = float("nan")


def test_a_reward_of_nan_drops_its_sample_and_the_run_survives(pack, model, caplog):
    pool, images = draw(pack, model, reward=Fixed(1.0, NAN, 2.0, 0.0, NAN))
    whole = draw(pack, model)[0]
    assert pool.seeds == tuple(whole.seeds[index] for index in (0, 2, 3))
    assert torch.equal(pool.latents, whole.latents[[0, 2, 3]])
    assert len(images) == 3
    assert "dropped 2 of 5 lookahead samples" in caplog.text


def test_the_pool_keeps_the_rewards_usual_spread_and_guidance_uses_it(pack, model):
    """Rewards that differ by a hundredth of the usual spread hardly pull; with an unknown spread they pull fully."""
    guide = submodule(pack, "lidar_core.guidance.guide")
    settings = guide.GuidanceSettings(guide.PaperRule(), lam=0.001)
    reward = Fixed(0.0, 0.01, 0.02, 0.01, 0.0)
    reward.spread = 2.0
    drawn = draw(pack, model, reward=reward)[0]
    assert drawn.spread == 2.0
    near = torch.randn(5, 4, 8, 8, generator=torch.Generator().manual_seed(0))

    def shift(spread):
        pool = dataclasses.replace(drawn, latents=near, recipe=dataclasses.replace(drawn.recipe, spread=spread))
        one = torch.ones(1)
        step = guide.Guide.of(pool, settings, guide.Schedule(torch.tensor([20.0, 10.0, 0.0]), lambda share: 0.0))
        return step.at(torch.zeros(1, 4, 8, 8), 10 * one, one, 10 * one).shift(torch.zeros(1, 4, 8, 8)).norm()

    assert shift(2.0) < 0.05 * shift(0.0)


def test_rewards_that_are_all_nan_name_the_prompt(pack, model):
    with pytest.raises(ValueError, match='None of the 5 lookahead samples for the prompt "a prompt"'):
        draw(pack, model, reward=Fixed(*[NAN] * 5))


def test_equal_rewards_and_single_samples_sample_without_guidance_and_say_so(pack, model, caplog):
    guidance = submodule(pack, "nodes.guidance").LiDARGuidance
    equal = draw(pack, model, reward=Fixed(*[3.0] * 5))[0]
    assert guidance.execute(model, equal, 1.0)[0] is model
    assert "same reward (3)" in caplog.text
    single = draw(pack, model, reward=Fixed(1.0, NAN, NAN, NAN, NAN))[0]
    assert guidance.execute(model, single, 1.0)[0] is model
    assert "only one sample" in caplog.text
