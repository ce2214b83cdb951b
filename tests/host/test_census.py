"""Every model class of the host, as a tiny random model: guided by the core's formula, or refused with a sentence."""

import importlib

import pytest
import torch

from .census.__main__ import GUIDED_IN_README, IN_README, PAGE, WHY, page
from .census.case import Decoder, conditioning_of, latent_of, model_of
from .census.cases import CASES, NOT_SAMPLED
from .tiny_models import TinyReward, host_version

STEPS, SAMPLES = 2, 3


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


class Seen(TinyReward):
    """A reward for any kind of media that notes its input."""

    takes = frozenset({"pictures", "videos", "sounds"})

    def score(self, media, prompt):
        self.media = media
        tensor = media if isinstance(media, torch.Tensor) else getattr(media, "waves", getattr(media, "stills", None))
        # Sounds have no mean.
        self.values = lambda *_: tensor.float().flatten(1).square().mean(1)
        return super().score(media, prompt)


def test_every_class_of_the_host_is_a_case(pack):
    import comfy.supported_models

    classes = {model.__name__ for model in comfy.supported_models.models}
    missing = classes - {case.host_class for case in CASES.values()} - NOT_SAMPLED
    assert not missing, f"look at these models and add them to tests/host/census: {', '.join(sorted(missing))}"


def test_the_page_of_models_is_the_census():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.host.census`"


def test_readmes_sentence_about_models_is_the_census():
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    start = readme.index("[docs/models.md](docs/models.md) lists every model")
    sentence = " ".join(readme[start : readme.index("\n- ", start)].split())
    said_guided, said_refused = sentence.split("These are refused")
    for name in GUIDED_IN_README:
        assert name in said_guided
        assert [case for model, case in CASES.items() if model.startswith(name) and not case.refused], name
    assert IN_README.keys() == WHY.keys() == {case.refused for case in CASES.values()} - {None}
    for words in IN_README.values():
        assert words in said_refused
    # The models that it names as refused are.
    for name in ("Lotus", "CogVideoX", "SV3D"):
        assert all(case.refused for model, case in CASES.items() if model.startswith(name))


@pytest.fixture(params=CASES)
def case(request, pack):
    import comfy.supported_models

    chosen = CASES[request.param]
    if not hasattr(comfy.supported_models, chosen.host_class):
        pytest.skip(f"this ComfyUI has no {chosen.host_class}")
    if host_version() < chosen.since:
        pytest.skip(f"{chosen.host_class} takes other inputs before ComfyUI {'.'.join(map(str, chosen.since))}")
    return chosen


def sample(model, case, sampler="euler", latent=None, **settings):
    import nodes

    conditions = conditioning_of(case, 1), conditioning_of(case, 2)
    latent = latent or latent_of(case)
    (out,) = nodes.common_ksampler(model, 3, STEPS, case.cfg, sampler, "simple", *conditions, latent, **settings)
    return out["samples"]


def draw(pack, model, case):
    drawing = submodule(pack, "nodes.host.drawing")
    config = drawing.LookaheadConfig(SAMPLES, STEPS, case.cfg, "euler", "simple")
    conditions = conditioning_of(case, 1), conditioning_of(case, 2)
    task = submodule(pack, "nodes.host.sampling").Task(model, *conditions, latent_of(case))
    reward = Seen()
    pool, media = drawing.draw_pool(task, Decoder(case), reward, config, "x")
    return pool, media, reward


def test_a_model_is_guided_or_refused_with_a_sentence(pack, case):
    model = model_of(case)
    if case.refused:
        with pytest.raises(submodule(pack, "lidar_core.errors").LidarError, match=case.refused):
            draw(pack, model, case)
        return
    pool, media, reward = draw(pack, model, case)
    assert submodule(pack, "lidar_core.rewards.media").kind(reward.media) == case.made
    assert len(media) == len(pool) == SAMPLES
    reaches_the_best_sample(pack, model, case, pool)
    nothing_changes_at_strength_0(pack, model, pool)
    both_rules_run(pack, model, case, pool)
    if case.restarts:
        the_kernel_is_the_hosts(pack, model, case)


def guided(pack, model, pool, rule, **settings):
    guide = submodule(pack, "lidar_core.guidance.guide")
    return submodule(pack, "nodes.host.guided_model").with_guidance(
        model, pool, guide.GuidanceSettings(rule, **settings)
    )


def reaches_the_best_sample(pack, model, case, pool):
    """Followed without limit, the sampling ends at the pool's best sample, in the VAE's space."""
    rules = submodule(pack, "lidar_core.guidance.rules")
    rule = rules.KernelRule(1e4, variety=0.0, handover=1.0)
    out = sample(guided(pack, model, pool, rule, lam=100.0), case)[0]
    best = pool.latents[pool.order()[0]]
    # Float32 through the host's own noising and scaling.
    assert (out - best).norm() < 1e-3 * best.norm()


def nothing_changes_at_strength_0(pack, model, pool):
    assert submodule(pack, "nodes.guidance").LiDARGuidance.execute(model, pool, 0.0)[0] is model


def both_rules_run(pack, model, case, pool):
    """The published one with a deterministic sampler, ours with a stochastic one."""
    rules = submodule(pack, "lidar_core.guidance.rules")
    # It does nothing where the nearest sample is the best.
    assert torch.isfinite(sample(guided(pack, model, pool, rules.PaperRule(1.0)), case)).all()
    ours = rules.KernelRule(1.0, handover=0.5)
    out = sample(guided(pack, model, pool, ours), case, "euler_ancestral")
    assert torch.isfinite(out).all()
    assert not torch.equal(out, sample(model, case, "euler_ancestral"))


def the_kernel_is_the_hosts(pack, model, case):
    """x of the first prediction of a run that starts from a latent is a * latent + b * noise, in the model's space; and
    a network that answers perfectly to such an x gives the latent back."""
    import comfy.patcher_extension
    import comfy.sample

    seen = []

    def watch(executor, x, sigma, *args, **kwargs):
        seen.append((x.clone(), sigma.clone()))
        return executor(x, sigma, *args, **kwargs)

    watched = model.clone()
    watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREDICT_NOISE, "watch", watch)
    empty = comfy.sample.fix_empty_latent_channels(model, latent_of(case)["samples"])
    samples = torch.randn(empty.shape, generator=torch.Generator().manual_seed(7))
    sample(watched, case, latent={"samples": samples}, denoise=0.6)
    x, sigma = seen[0]
    sampling = model.get_model_object("model_sampling")
    a, b = submodule(pack, "nodes.host.sampling").forward_kernel(sampling, sigma.reshape(-1).expand(len(x)))
    inside, noise = model.model.process_latent_in(samples), comfy.sample.prepare_noise(samples, 3)
    shape = (-1, *[1] * (x.ndim - 1))
    torch.testing.assert_close(
        x, a.view(shape) * inside + b.view(shape) * noise, atol=1e-4 * float(x.abs().max()), rtol=1e-4
    )
    answer = perfect(sampling, sigma.reshape(shape), inside, noise)
    if answer is not None:
        again = sampling.calculate_denoised(sigma, answer, x)
        torch.testing.assert_close(again, inside, atol=1e-3 * float(x.abs().max()), rtol=1e-3)


def perfect(sampling, sigma, latent, noise):
    """The exact answer of the network, by its kind of training; None if the answer depends only on x."""
    import comfy.model_sampling as kinds

    # Older hosts have no X0.
    if isinstance(sampling, (kinds.EDM, getattr(kinds, "X0", kinds.EDM))):
        return None
    if isinstance(sampling, kinds.V_PREDICTION):
        return (noise - sigma * latent) / (sigma**2 + 1) ** 0.5
    if isinstance(sampling, kinds.CONST):
        return getattr(sampling, "noise_scale", 1.0) * noise - latent
    if isinstance(sampling, kinds.COSMOS_RFLOW):
        return noise - latent
    return noise
