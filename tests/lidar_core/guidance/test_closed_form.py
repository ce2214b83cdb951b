"""The closed form against independent ones: float64 loops, finite differences, exact mixtures, the paper's form."""

import itertools
import math

import pytest
import torch

from lidar_core.guidance.closed_form import PreparedPool, effective_samples, step_fraction, step_strength

SHAPES = [(7,), (4, 8, 8), (16, 3, 4, 4)]


def random_case(shape, n=6, batch=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn(n, *shape, generator=generator)
    tilts = 3 * torch.randn(n, generator=generator)
    x = 2 * torch.randn(batch, *shape, generator=generator)
    a = torch.tensor([1.0, 0.6, 0.0])[:batch]
    b = torch.tensor([3.0, 0.8, 1.0])[:batch]
    return latents, tilts, x, a, b


def brute_force(latents, tilts, x, a, b):
    """The definition, sample by sample, in float64."""
    latents, tilts, x = latents.double(), tilts.double(), x.double()
    shifts, priors, tilteds = [], [], []
    for element, scale, spread in zip(x, a.double(), b.double(), strict=True):
        distances = torch.stack([(element - scale * latent).square().sum() / (2 * spread**2) for latent in latents])
        prior, tilted = torch.softmax(-distances, 0), torch.softmax(tilts - distances, 0)
        shifts.append(sum((wr - w) * latent for wr, w, latent in zip(tilted, prior, latents, strict=True)))
        priors.append(prior)
        tilteds.append(tilted)
    return torch.stack(shifts), torch.stack(priors), torch.stack(tilteds)


@pytest.mark.parametrize("shape", SHAPES)
def test_equals_the_definition(shape):
    latents, tilts, x, a, b = random_case(shape)
    pool = PreparedPool(latents, tilts)
    weights = pool.weights(x, a, b)
    shift, prior, tilted = brute_force(latents, tilts, x, a, b)
    # Weights are relative to exponents of some hundred nats, good to 1e-7 of that in float32.
    torch.testing.assert_close(weights.prior.double(), prior, atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(weights.tilted.double(), tilted, atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(pool.shift(weights).double(), shift, atol=1e-4, rtol=1e-3)


def test_is_the_gradient_of_the_expected_future_reward():
    """(b^2 / a) times the central difference of log E[exp(l)] under the prior weights, in float64."""
    latents, tilts, x, _, _ = random_case((5,), batch=1)
    a, b, step = 0.7, 1.1, 1e-5

    def future_reward(point):
        distances = (point - a * latents.double()).square().sum(1) / (2 * b**2)
        return torch.logsumexp(tilts.double() - distances, 0) - torch.logsumexp(-distances, 0)

    point = x[0].double()
    gradient = torch.stack(
        [
            (future_reward(point + step * unit) - future_reward(point - step * unit)) / (2 * step)
            for unit in torch.eye(5)
        ]
    )
    pool = PreparedPool(latents, tilts)
    shift = pool.shift(pool.weights(x, torch.tensor([a]), torch.tensor([b])))[0]
    # Central differences are good to step^2 = 1e-10, the float32 weights to about 1e-6.
    torch.testing.assert_close(shift.double(), b**2 / a * gradient, atol=1e-5, rtol=1e-4)


def mixture_denoised(x, a, b, means, log_weights, variance):
    """E[x0 | x] for x0 ~ sum_k pi_k N(mu_k, variance I) and x = a x0 + b noise, exactly; x (B, D)."""
    total = a**2 * variance + b**2
    residual = x[:, None] - a * means
    share = torch.softmax(log_weights - residual.square().sum(2) / (2 * total), 1)
    posterior = means + a * variance / total * residual
    return (share[:, :, None] * posterior).sum(1)


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (0.6, 0.8)])
def test_converges_to_the_exact_tilted_score_as_one_over_root_n(a, b):
    """Tilting a Gaussian mixture by exp(g x0) moves each mean by variance * g and reweighs by exp(g mu + ...)."""
    generator = torch.Generator().manual_seed(1)
    means = torch.tensor([[-1.5, 0.0], [1.0, 1.0], [0.5, -2.0]], dtype=torch.float64)
    log_weights = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64).log()
    variance, slope = 0.25, torch.tensor([0.8, -0.5], dtype=torch.float64)
    x = torch.randn(64, 2, generator=generator, dtype=torch.float64) * b + a * means[0]
    exact = mixture_denoised(
        x, a, b, means + variance * slope, log_weights + means @ slope + variance * slope.square().sum() / 2, variance
    ) - mixture_denoised(x, a, b, means, log_weights, variance)
    counts = [200, 800, 3200, 12800]
    errors = []
    for n in counts:
        squares = []
        for _ in range(12):
            component = torch.multinomial(log_weights.exp(), n, replacement=True, generator=generator)
            noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
            latents = means[component] + math.sqrt(variance) * noise
            pool = PreparedPool(latents, latents @ slope)
            weights = pool.weights(x, torch.full((64,), a), torch.full((64,), b))
            squares.append((pool.shift(weights) - exact).square().mean())
        errors.append(torch.stack(squares).mean().sqrt().log().item())
    logs = torch.tensor(counts).log()
    centred = logs - logs.mean()
    fitted = float((centred * torch.tensor(errors)).sum() / centred.square().sum())
    # 12 pools x 64 points leave each log error uncertain by about 0.08, the slope over a factor 64 by about 0.03.
    assert fitted == pytest.approx(-0.5, abs=0.1)
    assert math.exp(errors[-1]) < 0.02


def test_equals_the_epsilon_form_of_the_paper():
    """eps' = eps - sqrt(1 - abar) s sqrt(abar) / (1 - abar) sum, and x0 = (x - sqrt(1 - abar) eps) / sqrt(abar)."""
    latents, tilts, x, _, _ = random_case((4, 8, 8), batch=1)
    strength, signal = 12.5, torch.tensor([0.3])
    generator = torch.Generator().manual_seed(2)
    eps = torch.randn(1, 4, 8, 8, generator=generator)
    pool = PreparedPool(latents, tilts)
    total = pool.shift(pool.weights(x, signal.sqrt(), (1 - signal).sqrt()))
    guided_eps = eps - (1 - signal).sqrt() * strength * signal.sqrt() / (1 - signal) * total

    def denoised(noise):
        return (x - (1 - signal).sqrt() * noise) / signal.sqrt()

    torch.testing.assert_close(denoised(guided_eps), denoised(eps) + strength * total, atol=1e-4, rtol=1e-4)


def test_variance_preserving_and_exploding_forms_agree():
    latents, tilts, x, _, _ = random_case((4, 8, 8), batch=1)
    pool = PreparedPool(latents, tilts)
    sigma, scale = torch.tensor([1.7]), torch.tensor([0.4])
    exploding = pool.shift(pool.weights(x, torch.ones(1), sigma))
    scaled = pool.shift(pool.weights(scale * x, scale, scale * sigma))
    torch.testing.assert_close(exploding, scaled, atol=1e-5, rtol=1e-4)


def test_a_common_shift_changes_nothing():
    latents, tilts, x, a, b = random_case((4, 8, 8))
    common = 50 * torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(3))
    plain, moved = PreparedPool(latents, tilts), PreparedPool(latents + common, tilts + 1000)
    shape = (-1, 1, 1, 1)
    before = plain.shift(plain.weights(x, a, b))
    after = moved.shift(moved.weights(x + a.view(shape) * common, a, b))
    torch.testing.assert_close(after, before, atol=2e-3, rtol=1e-3)


def test_order_of_the_pool_and_split_of_the_batch_change_nothing():
    latents, tilts, x, a, b = random_case((4, 8, 8))
    pool = PreparedPool(latents, tilts)
    whole = pool.shift(pool.weights(x, a, b))
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    shuffled = PreparedPool(latents[order], tilts[order])
    torch.testing.assert_close(shuffled.shift(shuffled.weights(x, a, b)), whole, atol=1e-5, rtol=1e-4)
    single = [pool.shift(pool.weights(x[i : i + 1], a[i : i + 1], b[i : i + 1])) for i in range(3)]
    torch.testing.assert_close(torch.cat(single), whole, atol=1e-6, rtol=1e-5)


def test_at_a_zero_the_prior_is_even():
    latents, tilts, x, _, _ = random_case((4, 8, 8), batch=1)
    weights = PreparedPool(latents, tilts).weights(x, torch.zeros(1), torch.ones(1))
    torch.testing.assert_close(weights.prior, torch.full((1, 6), 1 / 6))
    torch.testing.assert_close(weights.tilted, tilts.softmax(0)[None], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("b", [0.0, 1e-20, 1e-6])
def test_as_b_vanishes_all_weight_falls_on_the_nearest(b):
    latents, tilts, _, _, _ = random_case((4, 8, 8))
    pool = PreparedPool(latents, tilts)
    x = latents[2:3] + 0.01
    weights = pool.weights(x, torch.ones(1), torch.full((1,), b))
    assert weights.prior.argmax() == 2
    assert weights.prior.max() == 1
    assert pool.shift(weights).abs().max() == 0


@pytest.mark.parametrize("n", [1, 5])
def test_one_sample_or_equal_rewards_give_exactly_no_shift(n):
    latents, _, x, a, b = random_case((4, 8, 8), n=n)
    pool = PreparedPool(latents, torch.full((n,), 7.0))
    # n > 1: both softmaxes see the same exponents up to the rounding of adding 7 nats.
    assert pool.shift(pool.weights(x, a, b)).abs().max() <= (0 if n == 1 else 1e-4)


def test_distances_of_1e5_nats_stay_finite_and_pick_as_float64_does():
    generator = torch.Generator().manual_seed(4)
    latents = torch.randn(50, 4, 128, 128, generator=generator)
    tilts = 5000 * torch.randn(50, generator=generator)
    b = torch.tensor([0.4, 14.6])
    x = latents[:2] + b.view(-1, 1, 1, 1) * torch.randn(2, 4, 128, 128, generator=generator)
    pool = PreparedPool(latents, tilts)
    weights = pool.weights(x, torch.ones(2), b)
    _, prior, tilted = brute_force(latents, tilts, x, torch.ones(2), b)
    spread = (x[0].double() - latents.double()).flatten(1).square().sum(1) / (2 * b[0].double() ** 2)
    assert spread.max() - spread.min() > 1e5
    # Float32 sums of 65,536 terms leave up to a few hundredths of a nat in each exponent.
    torch.testing.assert_close(weights.prior.double(), prior, atol=0.02, rtol=0.05)
    torch.testing.assert_close(weights.tilted.double(), tilted, atol=0.02, rtol=0.05)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_inputs_are_computed_in_float32(dtype):
    latents, tilts, x, a, b = random_case((4, 8, 8))
    halves = PreparedPool(latents.to(dtype), tilts)
    rounded = PreparedPool(latents.to(dtype).float(), tilts)
    got = halves.shift(halves.weights(x.to(dtype), a, b))
    expected = rounded.shift(rounded.weights(x.to(dtype).float(), a, b))
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, expected, atol=0, rtol=0)


def test_inputs_of_another_shape_are_refused_by_name():
    latents, tilts, _x, a, b = random_case((4, 8, 8))
    pool = PreparedPool(latents, tilts)
    with pytest.raises(ValueError, match=r"\(4, 8, 9\).*\(4, 8, 8\).*draw the pool at the size"):
        pool.weights(torch.zeros(1, 4, 8, 9), a[:1], b[:1])
    with pytest.raises(ValueError, match="6 latents.*one number for each"):
        PreparedPool(latents, tilts[:5])


def test_effective_samples_counts_even_and_single_weights():
    weights = torch.tensor([[0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0]])
    torch.testing.assert_close(effective_samples(weights), torch.tensor([4.0, 1.0]))


def euler_displacement(sigma, following, shift):
    x, denoised = torch.zeros(1), torch.zeros(1)

    def step(target):
        return x + (following - sigma) * (x - target) / sigma

    return step(denoised + shift) - step(denoised)


def test_step_fraction_is_what_an_euler_step_passes_on():
    sigmas = torch.tensor([14.6, 9.0, 4.0, 1.0, 0.3, 0.0])
    got = step_fraction(sigmas[:-1], sigmas)
    expected = [euler_displacement(s, f, torch.ones(1)).item() for s, f in itertools.pairwise(sigmas)]
    torch.testing.assert_close(got, torch.tensor(expected), atol=1e-6, rtol=1e-5)


def test_step_fraction_between_two_levels_belongs_to_the_step_that_passes_it():
    sigmas = torch.tensor([8.0, 4.0, 1.0, 0.0])
    torch.testing.assert_close(step_fraction(torch.tensor([6.0, 0.5]), sigmas), torch.tensor([1 / 3, 1.0]))


def test_a_step_never_passes_its_reach():
    fraction = torch.tensor([0.01, 0.1, 0.5, 1.0])
    strength = step_strength(12.5, 0.5, fraction)
    torch.testing.assert_close(strength, torch.tensor([12.5, 5.0, 1.0, 0.5]))
    assert (strength * fraction <= 0.5 + 1e-6).all()
    assert (step_strength(12.5, float("inf"), fraction) == 12.5).all()
