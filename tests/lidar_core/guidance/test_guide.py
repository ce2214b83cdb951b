import itertools

import pytest
import torch

from lidar_core.guidance.closed_form import PreparedPool
from lidar_core.guidance.guide import PAPER, GuidanceSettings, Guide, Trace
from lidar_core.rewards.reward import log_tilts
from lidar_core.world.samplers import SAMPLERS

SIGMAS = torch.tensor([10.0, 5.0, 2.0, 0.5, 0.0])


def make_guide(settings, trace=None, start=float("inf"), end=0.0):
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(5, 4, 4, 4, generator=generator)
    pool = PreparedPool(latents, log_tilts(torch.arange(5.0), settings.lam, 64, settings.raw_rewards))
    return Guide(pool, settings, SIGMAS, start, end, trace), latents


def call(guide, sigma, batch=1):
    x = torch.zeros(batch, 4, 4, 4)
    sigma = torch.as_tensor(sigma).expand(batch)
    return guide(x, sigma, torch.ones(batch), sigma, lambda instead: torch.zeros(batch, 4, 4, 4))


def test_outside_the_window_the_prediction_is_returned_as_it_is():
    guide, _ = make_guide(GuidanceSettings(), start=6.0, end=1.0)
    denoised = torch.randn(1, 4, 4, 4)
    for sigma in (10.0, 0.5):
        assert (
            guide(denoised, torch.tensor([sigma]), torch.ones(1), torch.tensor([sigma]), lambda instead: denoised)
            is denoised
        )
    assert call(guide, 5.0).abs().max() > 0


def test_each_element_of_a_batch_has_its_own_noise_level():
    guide, _ = make_guide(GuidanceSettings(alone=2.0), start=6.0, end=1.0)
    mixed = call(guide, torch.tensor([10.0, 5.0, 2.0]), batch=3)
    assert mixed[0].abs().max() == 0
    torch.testing.assert_close(mixed[1:2], call(guide, 5.0))
    torch.testing.assert_close(mixed[2:], call(guide, 2.0))


def test_the_papers_rule_is_s_times_the_shift():
    settings = GuidanceSettings.paper(12.5)
    guide, latents = make_guide(settings)
    pool = PreparedPool(latents, 5000 * torch.arange(5.0))
    expected = 12.5 * pool.shift(pool.weights(torch.zeros(1, 4, 4, 4), torch.ones(1), torch.tensor([5.0])))
    torch.testing.assert_close(call(guide, 5.0), expected, atol=1e-5, rtol=1e-5)


def test_an_euler_step_moves_at_most_its_reach_of_the_way():
    guide, _latents = make_guide(GuidanceSettings(strength=1000.0, reach=0.5, rule=PAPER))
    paper, _ = make_guide(GuidanceSettings(strength=1.0, reach=float("inf"), rule=PAPER))
    for sigma, following in itertools.pairwise(SIGMAS):
        way = call(paper, sigma)
        moved = (1 - following / sigma) * call(guide, sigma)
        torch.testing.assert_close(moved, 0.5 * way, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_at_a_reach_of_one_half_no_sampler_passes_its_target_in_a_step(name):
    """From zero, with all predictions zero but for the shift, no latent goes beyond the way that the shift points."""
    guide, _ = make_guide(GuidanceSettings(strength=1000.0, reach=0.5, rule=PAPER))
    paper, _ = make_guide(GuidanceSettings(strength=1.0, reach=float("inf"), rule=PAPER))
    for start in range(len(SIGMAS) - 1):
        step = SIGMAS[start : start + 2]
        end = SAMPLERS[name](lambda x, sigma: call(guide, sigma), torch.zeros(1, 4, 4, 4), step, lambda: torch.zeros(1))
        way = call(paper, step[0])
        assert end.norm() <= way.norm() * (1 + 1e-5)
        assert end.norm() > 0.4 * way.norm()


def test_the_trace_tells_who_pulls_and_how_hard():
    trace = Trace()
    guide, _ = make_guide(GuidanceSettings(lam=100.0, alone=2.0), trace)
    denoised = torch.ones(1, 4, 4, 4)
    sigma = torch.tensor([10.0])
    out = guide(torch.zeros(1, 4, 4, 4), sigma, torch.ones(1), sigma, lambda instead: denoised)
    (row,) = trace.rows()
    assert row["sigma"] == [10.0]
    assert row["pulling"] == [4]
    assert 1 <= row["tilted_samples"][0] < 1.01
    assert 1 < row["prior_samples"][0] <= 5
    torch.testing.assert_close(torch.tensor(row["shift_ratio"]), ((out - denoised).norm() / denoised.norm())[None])


def test_where_the_pool_leads_almost_alone_the_model_is_not_evaluated():
    """g = s^2 sigma^2 / (s^2 sigma^2 + 1) is 0.9975 at sigma 10, 0.941 at 2."""
    trace = Trace()
    guide, latents = make_guide(GuidanceSettings(lam=100.0), trace)
    asking, _ = make_guide(GuidanceSettings(lam=100.0, alone=2.0))
    x, model = torch.zeros(1, 4, 4, 4), torch.randn(1, 4, 4, 4)
    given = []

    def predict(instead):
        given.append(instead)
        return model if instead is None else instead

    for sigma in (torch.tensor([10.0]), torch.tensor([2.0])):
        guided = guide(x, sigma, torch.ones(1), sigma, predict)
        asked = asking(x, sigma, torch.ones(1), sigma, lambda instead: model)
        assert (guided - asked).norm() <= 0.05 * (latents[4] - model).norm()
    torch.testing.assert_close(given[0], latents[4:])
    assert given[1] is None
    assert trace.points[0].shift_ratio.isnan().all()
    assert trace.points[1].shift_ratio > 0


def test_the_papers_rule_always_asks_the_model():
    guide, _ = make_guide(GuidanceSettings(strength=1000.0, alone=0.0, rule=PAPER))
    given = []
    sigma = torch.tensor([10.0])
    guide(torch.zeros(1, 4, 4, 4), sigma, torch.ones(1), sigma, lambda instead: given.append(instead) or torch.zeros(1))
    assert given == [None]


def test_half_precision_predictions_keep_their_dtype():
    guide, _ = make_guide(GuidanceSettings())
    denoised = torch.zeros(1, 4, 4, 4, dtype=torch.float16)
    out = guide(
        torch.zeros(1, 4, 4, 4), torch.tensor([1.0]), torch.ones(1), torch.tensor([1.0]), lambda instead: denoised
    )
    assert out.dtype == torch.float16


def test_the_kernel_rule_is_the_posterior_mean_of_a_mixture_of_kernels():
    """Brute force in one dimension: the model's prediction in the place of x / a, as the docstring says."""
    strength, a, b, x = 1.6, 0.7, 0.9, 0.4
    samples, rewards = torch.tensor([-1.0, 0.3, 2.0]), torch.tensor([0.0, 0.5, 0.2])
    grid = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    kernels = torch.exp(-((grid[:, None] - samples) ** 2) * strength**2 / 2 + rewards)
    posterior = kernels * torch.exp(-((x - a * grid) ** 2) / (2 * b**2))[:, None]
    expected = (posterior * grid[:, None]).sum() / posterior.sum()
    settings = GuidanceSettings(strength=strength)
    guide = Guide(PreparedPool(samples[:, None], rewards), settings, SIGMAS, float("inf"), 0.0)
    noisy = torch.tensor([[x]])
    guided = guide(noisy, torch.tensor([b / a]), torch.tensor([a]), torch.tensor([b]), lambda instead: noisy / a)
    # The grid's step is 1e-4 and its ends are 12 standard deviations away; what is left is float32.
    torch.testing.assert_close(guided.item(), expected.item(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("steps", [4, 8, 30, 100])
def test_the_kernel_rule_never_passes_its_target(name, steps):
    """From noise on a mean of zero to one lookahead sample: the end lies between the two, whatever the schedule."""
    generator = torch.Generator().manual_seed(1)
    sample = torch.randn(1, 4, 8, 8, generator=generator)
    pool = PreparedPool(sample, torch.zeros(1))
    sigmas = torch.cat([torch.linspace(4, 0.1, steps), torch.zeros(1)])
    guide = Guide(pool, GuidanceSettings(strength=2.0), sigmas, float("inf"), 0.0)

    def denoise(x, sigma):
        return guide(x, sigma.expand(1), torch.ones(1), sigma.expand(1), lambda instead: torch.zeros_like(x))

    end = SAMPLERS[name](denoise, torch.zeros_like(sample), sigmas, lambda: torch.zeros_like(sample))
    share = (end * sample).sum() / sample.square().sum()
    assert 0 < share < 1
    torch.testing.assert_close(end, share * sample, atol=1e-5, rtol=1e-5)


def test_at_pure_noise_of_a_flow_model_the_kernel_rule_predicts_a_good_sample():
    guide, latents = make_guide(GuidanceSettings(lam=100.0))
    x = torch.randn(1, 4, 4, 4)
    out = guide(x, torch.ones(1), torch.zeros(1), torch.ones(1), lambda instead: torch.randn(1, 4, 4, 4))
    torch.testing.assert_close(out, latents[4:])


def test_the_noise_chooses_among_good_samples_and_finds_the_sample_that_it_resembles():
    generator = torch.Generator().manual_seed(2)
    latents = torch.randn(6, 4, 8, 8, generator=generator)
    pool = PreparedPool(latents, log_tilts(torch.tensor([0.0, 0.0, 0.0, 1.0, 1.1, 1.2]), 0.3, 256))
    noise = torch.randn(32, 4, 8, 8, generator=generator)
    noise[0] = latents[3]

    def followed(variety):
        trace = Trace()
        guide = Guide(pool, GuidanceSettings(variety=variety), SIGMAS, float("inf"), 0.0, trace, noise)
        sigma = torch.full((32,), 10.0)
        guide(10 * noise, sigma, torch.ones(32), sigma, lambda instead: torch.zeros_like(noise))
        return trace.points[0].pulling

    assert set(followed(0.0).tolist()) == {5}
    chosen = followed(0.35)
    assert chosen[0] == 3
    assert len(set(chosen.tolist())) > 1
    assert (chosen >= 3).float().mean() > 0.8


def test_likeness_is_standard_normal_for_independent_noise():
    generator = torch.Generator().manual_seed(3)
    pool = PreparedPool(5 + torch.randn(8, 4, 8, 8, generator=generator), torch.zeros(8))
    likeness = pool.likeness(torch.randn(4000, 4, 8, 8, generator=generator))
    # Standard errors of 4000 draws are 0.016 and 0.011.
    assert likeness.mean(0).abs().max() < 0.07
    assert (likeness.std(0) - 1).abs().max() < 0.05


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match='rule "gradient" is unknown: use one of kernel, paper'):
        GuidanceSettings(rule="gradient")
