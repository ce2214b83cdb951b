"""The gradients against finite differences, in double precision on the real embedded world."""

import pytest
import torch

from benchmarks.gradient_guidance import Date, UniversalGuidance, guided_steps
from benchmarks.prompts import cases
from benchmarks.workplace import Sampling, Workplace
from lidar_core.world.model import Text, World

SIGMA = torch.tensor(1.5, dtype=torch.float64)
SIGMAS = torch.tensor([1.5, 0.5, 0.0], dtype=torch.float64)
STEP = 1e-6


@pytest.fixture(scope="module")
def work():
    world = World()
    for module in (world.unet, world.text_encoder, world.autoencoder, world.reward.scorer):
        module.double()
    world.empty = world.encode("")
    return Workplace(world, world, cases("tuning", 1)[1], Sampling.parse("euler/karras/2"), images=1)


@pytest.fixture(scope="module")
def x():
    return 1.5 * torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def reward(work, latents):
    return work.world.reward.log_odds(work.world.pictures(latents), work.prompt)


def prediction(work, x, text=None):
    return work.world.denoised(x, SIGMA, text or work.world.encode(work.prompt), work.runner.cfg)


def slope(function, at, direction):
    with torch.no_grad():
        return (function(at + STEP * direction) - function(at - STEP * direction)).item() / (2 * STEP)


def direction(shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_universal_guidance_moves_the_prediction_by_scale_times_variance_times_the_gradient(work, x):
    along = direction(x.shape)
    moved = UniversalGuidance(scale=3.0).denoiser(work, SIGMAS)(x, SIGMA) - prediction(work, x)
    expected = 3.0 * SIGMA.item() ** 2 * slope(lambda x: reward(work, prediction(work, x)), x, along)
    # Kinks of the decoder's ReLUs within the step limit the slope's precision to a thousandth.
    assert (moved * along).sum().item() == pytest.approx(expected, rel=1e-3)


def test_backward_guidance_climbs_from_the_prediction_itself(work, x):
    along, start = direction(x.shape), prediction(work, x)
    moved = UniversalGuidance(scale=0, backward=1, rate=0.2).denoiser(work, SIGMAS)(x, SIGMA) - start
    expected = 0.2 * slope(lambda latents: reward(work, latents), start, along)
    assert (moved * along).sum().item() == pytest.approx(expected, rel=1e-3)


def test_date_moves_the_embedding_along_the_gradient_by_its_rate(work, x, monkeypatch):
    """Finite differences along random directions of the joint embedding give the gradient's direction and size."""
    used = []
    original = work.world.predict_noise

    def watched(x, sigma, text):
        used.append(text)
        return original(x, sigma, text)

    with monkeypatch.context() as patch:
        patch.setattr(work.world, "predict_noise", watched)
        Date(rate=0.25).denoiser(work, SIGMAS)(x, SIGMA)
    given, moved = work.world.encode(work.prompt), used[-1]
    move = [after - before for after, before in zip(moved, given, strict=True)]
    size = sum(part.square().sum() for part in move).sqrt().item()
    assert size == pytest.approx(0.25, rel=1e-9)

    def along(step):
        text = Text(*(part + step * change / 0.25 for part, change in zip(given, move, strict=True)))
        return reward(work, prediction(work, x, text)).item()

    with torch.no_grad():
        steepest = (along(STEP) - along(-STEP)) / (2 * STEP)
        other = direction(given.features.shape)
        sideways = slope(
            lambda features: reward(work, prediction(work, x, Text(features, given.pooled))), given.features, other
        )
    # The gradient is steepest * (unit move), so any other slope is its product with the direction.
    assert steepest > 0
    assert sideways == pytest.approx(steepest * (other * move[0] / 0.25).sum().item(), rel=5e-3, abs=1e-6)


@pytest.mark.parametrize(("accumulate", "reach"), [(True, 0.4), (False, 0.2)])
def test_date_goes_on_from_the_last_embedding_or_from_the_prompts(work, x, accumulate, reach, monkeypatch):
    used, original = [], work.world.predict_noise

    def watched(x, sigma, text):
        used.append(text)
        return original(x, sigma, text)

    denoise = Date(rate=0.2, accumulate=accumulate).denoiser(work, SIGMAS)
    monkeypatch.setattr(work.world, "predict_noise", watched)
    for sigma in (SIGMAS[0], SIGMAS[0]):
        denoise(x, sigma)
    given = work.world.encode(work.prompt)
    moves = torch.cat([(after - before).flatten() for after, before in zip(used[-1], given, strict=True)])
    # Two steps from one place go in nearly the same direction.
    assert moves.norm().item() == pytest.approx(reach, rel=0.2 if accumulate else 1e-9)


def test_zero_guidance_is_plain_sampling(workplace):
    work = workplace()
    plain = work.plain()
    for method in (UniversalGuidance(scale=0), Date(rate=0)):
        torch.testing.assert_close(work.run(method)[0], plain, atol=1e-4, rtol=1e-3)


def test_recurrence_goes_back_to_the_level_it_came_from(workplace):
    """Without guidance a repeated step keeps the noise level: the results are pictures, but different ones."""
    work = workplace("euler_ancestral/karras/8")
    repeated, _ = work.run(UniversalGuidance(scale=0, repeats=3))
    spread = work.run(lambda work: work.plain())[0].std().item()
    assert repeated.std().item() == pytest.approx(spread, rel=0.25)


def test_guided_steps():
    assert guided_steps(10, 3, 0.0, 1.0) == {0, 3, 6, 9}
    assert guided_steps(10, 1, 0.2, 0.5) == {2, 3, 4}
