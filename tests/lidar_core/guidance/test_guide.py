import dataclasses
import itertools
import math

import pytest
import torch

from lidar_core.guidance.closed_form import PreparedPool
from lidar_core.guidance.guide import GuidanceSettings, Guide, Schedule
from lidar_core.guidance.handover import levels
from lidar_core.guidance.rules import KernelRule, PaperRule
from lidar_core.guidance.trace import Trace
from lidar_core.rewards.reward import log_tilts
from lidar_core.world.samplers import SAMPLERS

from ..pools.made_pool import make_pool

SIGMAS = torch.tensor([10.0, 5.0, 2.0, 0.5, 0.1, 0.0])


def kernel(lam=0.3, start=0.0, end=1.0, **rule):
    return GuidanceSettings(KernelRule(**{"handover": 0.5} | rule), lam, start=start, end=end)


def paper(lam=0.3, **rule):
    return GuidanceSettings(PaperRule(**rule), lam)


def make_guide(settings, trace=None):
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(5, 4, 4, 4, generator=generator)
    pool = PreparedPool(latents, log_tilts(torch.arange(5.0), settings.lam, 64, settings.raw_rewards))
    # A share of the schedule is named by its sigma here: 0.4 is sigma 6, 0.9 is sigma 1.
    schedule = Schedule(SIGMAS, lambda share: 10 * (1 - share))
    return Guide(pool, settings, schedule, trace=trace), latents


def predict(guide, x, sigma, a, b, model):
    """The guided prediction, as every caller makes it."""
    lead = guide.at(x, sigma, a, b)
    if lead is None:
        return model()
    denoised = None if lead.decides else model()
    guide.record(sigma, lead, denoised)
    return lead.target if denoised is None else lead.guided(denoised)


def call(guide, sigma, batch=1):
    x = torch.zeros(batch, 4, 4, 4)
    sigma = torch.as_tensor(sigma).expand(batch)
    return predict(guide, x, sigma, torch.ones(batch), sigma, lambda: torch.zeros(batch, 4, 4, 4))


def test_outside_the_window_nothing_leads():
    guide, _ = make_guide(kernel(start=0.4, end=0.9))
    for sigma in (10.0, 0.5):
        assert guide.at(torch.zeros(1, 4, 4, 4), *(torch.tensor([value]) for value in (sigma, 1.0, sigma))) is None
    assert call(guide, 5.0).abs().max() > 0


def test_a_whole_window_takes_the_first_step_in_though_it_lies_a_rounding_error_above_the_models_largest_sigma():
    settings, above = kernel(), torch.tensor([10.0 * (1 + 1e-6)])
    guide, _ = make_guide(settings)
    assert guide.at(torch.zeros(1, 4, 4, 4), above, torch.ones(1), above) is not None


def test_each_element_of_a_batch_has_its_own_noise_level():
    guide, _ = make_guide(kernel(start=0.4, end=0.9, handover=1.5))
    mixed = call(guide, torch.tensor([10.0, 5.0, 2.0, 1.2]), batch=4)
    assert mixed[[0, 3]].abs().max() == 0
    torch.testing.assert_close(mixed[1:2], call(guide, 5.0))
    torch.testing.assert_close(mixed[2:3], call(guide, 2.0))


def test_strength_zero_leads_nowhere():
    for settings in (kernel(strength=0.0), paper(strength=0.0)):
        guide, _ = make_guide(settings)
        assert guide.at(torch.zeros(1, 4, 4, 4), *torch.ones(3, 1)) is None


def test_each_doubling_of_the_strength_halves_the_noise_down_to_which_the_samples_lead():
    x, one = torch.zeros(1, 4, 4, 4), torch.ones(1)
    for strength in (0.5, 1.0, 2.0, 4.0):
        guide, _ = make_guide(kernel(strength=strength, handover=0.8))
        level = torch.tensor([0.8 / strength])
        assert guide.at(x, level, one, level).decides
        assert guide.at(x, 0.999 * level, one, 0.999 * level) is None


def test_the_papers_rule_is_s_times_the_shift():
    settings = GuidanceSettings.paper(12.5)
    guide, latents = make_guide(settings)
    assert (settings.rule.reach, settings.lam, settings.raw_rewards, settings.end) == (float("inf"), 5000.0, True, 0.8)
    pool = PreparedPool(latents, 5000 * torch.arange(5.0))
    expected = 12.5 * pool.shift(pool.weights(torch.zeros(1, 4, 4, 4), torch.ones(1), torch.tensor([5.0])))
    torch.testing.assert_close(call(guide, 5.0), expected, atol=1e-5, rtol=1e-5)


def test_an_euler_step_moves_at_most_its_reach_of_the_way():
    guide, _latents = make_guide(paper(strength=1000.0, reach=0.5))
    published, _ = make_guide(paper(strength=1.0))
    for sigma, following in itertools.pairwise(SIGMAS):
        way = call(published, sigma)
        moved = (1 - following / sigma) * call(guide, sigma)
        torch.testing.assert_close(moved, 0.5 * way, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_at_a_reach_of_one_half_no_sampler_passes_its_target_in_a_step(name):
    """From zero, with all predictions zero but for the shift, no latent goes beyond the way that the shift points."""
    guide, _ = make_guide(paper(strength=1000.0, reach=0.5))
    published, _ = make_guide(paper(strength=1.0))
    # At the last level the best sample is the nearest one, so there is no shift.
    for start in range(len(SIGMAS) - 2):
        step = SIGMAS[start : start + 2]
        end = SAMPLERS[name](lambda x, sigma: call(guide, sigma), torch.zeros(1, 4, 4, 4), step, lambda: torch.zeros(1))
        way = call(published, step[0])
        assert end.norm() <= way.norm() * (1 + 1e-5)
        assert end.norm() > 0.4 * way.norm()


def test_the_trace_tells_who_pulls_and_how_hard():
    trace = Trace()
    guide, _ = make_guide(paper(lam=100.0, strength=1.0), trace)
    denoised = torch.ones(1, 4, 4, 4)
    sigma = torch.tensor([10.0])
    out = predict(guide, torch.zeros(1, 4, 4, 4), sigma, torch.ones(1), sigma, lambda: denoised)
    (row,) = trace.rows()
    assert row["sigma"] == [10.0]
    assert row["leading"] == [4]
    assert 1 <= row["tilted_samples"][0] < 1.01
    assert 1 < row["prior_samples"][0] <= 5
    torch.testing.assert_close(torch.tensor(row["shift_ratio"]), ((out - denoised).norm() / denoised.norm())[None])


def test_down_to_the_hand_over_the_samples_are_the_prediction_and_below_it_the_model():
    trace = Trace()
    guide, latents = make_guide(kernel(lam=100.0), trace)
    x, model = torch.zeros(1, 4, 4, 4), torch.randn(1, 4, 4, 4)
    for level in (10.0, 0.5):
        sigma = torch.tensor([level])
        assert guide.at(x, sigma, torch.ones(1), sigma).decides
        torch.testing.assert_close(predict(guide, x, sigma, torch.ones(1), sigma, lambda: None), latents[4:])
    low = torch.tensor([0.49])
    assert torch.equal(predict(guide, x, low, torch.ones(1), low, lambda: model), model)
    assert [float(point.sigma) for point in trace.points] == [10.0, 0.5]
    assert all(point.shift_ratio.isnan().all() for point in trace.points)


@pytest.mark.parametrize(("handover", "leads"), [(0.09, False), (0.013, False), (0.012, True)])
def test_the_last_step_is_the_samples_only_if_they_would_lead_three_octaves_of_it(handover, leads):
    """The last step starts at the noise 0.1."""
    guide, _ = make_guide(kernel(handover=handover))
    last = torch.tensor([0.1])
    assert (guide.at(torch.zeros(1, 4, 4, 4), last, torch.ones(1), last) is not None) == leads


def test_the_first_of_two_stages_has_no_last_step():
    guide, latents = make_guide(kernel(handover=0.09))
    first = Guide(guide.pool, kernel(handover=0.09), Schedule(SIGMAS[:-1]))
    level = torch.tensor([0.1])
    assert guide.at(latents[:1], level, torch.ones(1), level) is None
    assert first.at(latents[:1], level, torch.ones(1), level).decides


def test_the_papers_rule_always_asks_the_model():
    guide, _ = make_guide(paper(strength=1000.0))
    sigma = torch.tensor([10.0])
    assert not guide.at(torch.zeros(1, 4, 4, 4), sigma, torch.ones(1), sigma).decides


def test_half_precision_predictions_keep_their_dtype():
    guide, _ = make_guide(paper())
    denoised = torch.zeros(1, 4, 4, 4, dtype=torch.float16)
    out = predict(guide, torch.zeros(1, 4, 4, 4), *torch.ones(3, 1), lambda: denoised)
    assert out.dtype == torch.float16


def test_the_kernel_rules_weights_are_the_posterior_of_a_mixture_of_kernels():
    """Brute force in one dimension: how likely each kernel is to have made the noisy latent."""
    strength, a, b, x = 1.6, 0.7, 0.9, 0.4
    samples, rewards = torch.tensor([-1.0, 0.3, 2.0]), torch.tensor([0.0, 0.5, 0.2])
    grid = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    kernels = torch.exp(-((grid[:, None] - samples) ** 2) * strength**2 / 2 + rewards)
    masses = (kernels * torch.exp(-((x - a * grid) ** 2) / (2 * b**2))[:, None]).sum(0)
    guide = Guide(PreparedPool(samples[:, None], rewards), kernel(strength=strength, handover=1.0), Schedule(SIGMAS))
    lead = guide.at(torch.tensor([[x]]), torch.tensor([b / a]), torch.tensor([a]), torch.tensor([b]))
    # The grid's step is 1e-4 and its ends are 12 standard deviations away; what is left is float32.
    torch.testing.assert_close(lead.weights.tilted[0].double(), masses / masses.sum(), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(lead.target.item(), (masses @ samples.double() / masses.sum()).item(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["euler", "dpmpp_2m"])
@pytest.mark.parametrize("steps", [4, 8, 30, 100])
def test_at_the_hand_over_the_latent_is_the_sample_with_the_runs_own_noise(name, steps):
    """x = sample + sigma / sigma_max * (x_max - sample), the straight line that both solvers follow exactly."""
    generator = torch.Generator().manual_seed(1)
    sample, noise = torch.randn(2, 1, 4, 8, 8, generator=generator)
    sigmas = torch.cat([torch.linspace(4, 0.1, steps), torch.zeros(1)])
    guide, seen = Guide(PreparedPool(sample, torch.zeros(1)), kernel(), Schedule(sigmas)), []

    def denoise(x, sigma):
        def model():
            seen.append((x, sigma))
            return torch.zeros_like(x)

        return predict(guide, x, sigma.expand(1), torch.ones(1), sigma.expand(1), model)

    SAMPLERS[name](denoise, 4 * noise, sigmas, None)
    x, sigma = seen[0]
    assert sigma == sigmas[sigmas < 0.5].amax()
    torch.testing.assert_close(x, sample + sigma / 4 * (4 * noise - sample), atol=1e-5, rtol=1e-5)


def test_at_pure_noise_of_a_flow_model_the_kernel_rule_predicts_a_good_sample():
    guide, latents = make_guide(kernel(lam=100.0))
    x = torch.randn(1, 4, 4, 4)
    lead = guide.at(x, torch.ones(1), torch.zeros(1), torch.ones(1))
    assert lead.decides
    torch.testing.assert_close(lead.target, latents[4:])


def test_the_noise_chooses_among_good_samples_and_finds_the_sample_that_it_resembles():
    generator = torch.Generator().manual_seed(2)
    latents = torch.randn(6, 4, 8, 8, generator=generator)
    pool = PreparedPool(latents, log_tilts(torch.tensor([0.0, 0.0, 0.0, 1.0, 1.1, 1.2]), 0.3, 256))
    noise = torch.randn(32, 4, 8, 8, generator=generator)
    noise[0] = latents[3]

    def followed(variety):
        guide = Guide(pool, kernel(variety=variety), Schedule(SIGMAS), noise)
        sigma = torch.full((32,), 10.0)
        return guide.at(10 * noise, sigma, torch.ones(32), sigma).weights.tilted.argmax(1)

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


def test_a_run_without_noise_goes_on_with_the_samples_that_its_images_are_nearest_to():
    """The second of two stages: latents sampled to sigma 2 along three samples follow those three, not the best one."""
    generator = torch.Generator().manual_seed(4)
    latents = torch.randn(6, 4, 8, 8, generator=generator)
    pool = PreparedPool(latents, log_tilts(torch.arange(6.0), 0.3, 256))
    sigma = torch.full((3,), 2.0)
    x = latents[[0, 2, 3]] + 2 * torch.randn(3, 4, 8, 8, generator=generator)
    second = Guide(pool, kernel(), Schedule(SIGMAS[2:]), torch.zeros(3, 4, 8, 8))
    assert second.at(x, sigma, torch.ones(3), sigma).weights.tilted.argmax(1).tolist() == [0, 2, 3]
    x = latents[[5, 5, 5]] + 0.5 * torch.randn(3, 4, 8, 8, generator=generator)
    lower = torch.full((3,), 0.5)
    assert second.at(x, lower, torch.ones(3), lower).weights.tilted.argmax(1).tolist() == [0, 2, 3]
    first = Guide(pool, kernel(variety=0.0), Schedule(SIGMAS), torch.ones(3, 4, 8, 8))
    assert set(first.at(x, sigma, torch.ones(3), sigma).weights.tilted.argmax(1).tolist()) == {5}


def test_a_pool_that_is_not_measured_is_not_guided_by_a_guess():
    guide, _ = make_guide(kernel(handover=None))
    with pytest.raises(ValueError, match="hand-over of this pool is not measured"):
        call(guide, 2.0)


@pytest.mark.parametrize("settings", [kernel(), kernel(variety=0.0), paper()])
@pytest.mark.parametrize("noise", [torch.ones(3, 4, 4, 4), torch.zeros(3, 4, 4, 4)])
def test_an_image_follows_samples_of_its_own_and_one_without_any_is_left_to_the_model(settings, noise):
    _, latents = make_guide(settings)
    rows = torch.tensor([1, 0, 1, 0, 0])
    pool = PreparedPool(latents, log_tilts(torch.arange(5.0), 0.3, 64))
    own = rows[None] == torch.arange(3)[:, None]
    guide = Guide(pool, settings, Schedule(SIGMAS), noise, own=own)
    sigma, model = torch.full((3,), 5.0), torch.randn(3, 4, 4, 4, generator=torch.Generator().manual_seed(1))
    # Each image is nearest to a sample of another source.
    lead = guide.at(latents[[2, 3, 3]], sigma, torch.ones(3), sigma)
    guided = lead.guided(model)
    assert torch.equal(guided[2], model[2])
    for image in (0, 1):
        alone = PreparedPool(latents[rows == image], log_tilts(torch.arange(5.0), 0.3, 64)[rows == image])
        for weights in (lead.weights.prior, lead.weights.tilted):
            assert float(weights[image, rows != image].sum()) == 0.0
        expected = alone.target(
            lead.weights.__class__(*(part[[image]][:, rows == image] for part in vars(lead.weights).values()))
        )
        torch.testing.assert_close(lead.target[[image]], expected)


def followed_run(seeds, noise, **rule):
    """(weights, trace) over the samples of a pool whose first sample has by far the best reward."""
    pool = make_pool(n=3)
    pool = dataclasses.replace(pool, rewards=torch.tensor([50.0, 0.0, -50.0]))
    settings = GuidanceSettings(KernelRule(**{"handover": 0.5} | rule), follow=seeds)
    guide = Guide.of(pool, settings, Schedule(SIGMAS), noise)
    x = noise * 5.0
    sigma = torch.full((len(x),), 5.0)
    return guide.at(x, sigma, torch.ones(len(x)), sigma).weights.tilted


@pytest.mark.parametrize("variety", [0.0, 0.35])
def test_the_chosen_sample_is_followed_whatever_the_rewards(variety):
    noise = torch.randn(6, 4, 2, 2, generator=torch.Generator().manual_seed(1))
    assert torch.equal(followed_run((2,), noise, variety=variety), torch.tensor([[0.0, 0.0, 1.0]]).expand(6, 3))
    assert (followed_run((), noise)[:, 0] > 0.5).all()


@pytest.mark.parametrize("strength", [0.5, 1.0, 4.0])
def test_chosen_samples_lead_to_the_layout_even_where_the_measurement_lets_none_lead(strength):
    pool = make_pool(n=3)

    def width(measured, follow):
        found = dataclasses.replace(pool, origin=dataclasses.replace(pool.origin, handover=measured))
        return Guide.of(found, GuidanceSettings(KernelRule(strength), follow=follow), Schedule(SIGMAS)).rule.width

    assert width(math.inf, (2,)) == levels(pool.latents)[0] / strength
    assert width(math.inf, ()) == math.inf
    assert width(0.25, (2,)) == 0.25 / strength


def test_several_chosen_samples_share_the_batch_by_its_noise():
    noise = torch.randn(40, 4, 2, 2, generator=torch.Generator().manual_seed(1))
    weights = followed_run((1, 2), noise, variety=3.0)
    assert torch.equal(weights[:, 0], torch.zeros(40))
    assert 10 <= (weights[:, 1] > 0.5).sum() <= 30


def test_a_second_stage_goes_on_with_the_nearest_of_the_chosen_samples():
    pool = make_pool(n=3)
    settings = GuidanceSettings(KernelRule(handover=0.5), follow=(1, 2))
    guide = Guide.of(pool, settings, Schedule(SIGMAS), torch.zeros(2, 4, 2, 2))
    # The first image lies at the sample that is not chosen.
    x, level = pool.latents[[0, 2]], torch.full((2,), 0.5)
    distances = (pool.latents[0] - pool.latents[[1, 2]]).flatten(1).norm(dim=1)
    leading = guide.at(x, level, torch.ones(2), level).weights.tilted.argmax(1)
    assert leading.tolist() == [1 + int(distances.argmin()), 2]
