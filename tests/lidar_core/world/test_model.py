"""The shipped weights: small enough, documented, and good enough for what the world is for."""

import random

import pytest
import torch

from lidar_core.guidance.guide import GuidanceSettings, Trace
from lidar_core.pools.drawing import draw
from lidar_core.pools.seeds import sample_seeds
from lidar_core.world.grammar import sample_prompt
from lidar_core.world.model import WEIGHTS, World, training_record
from lidar_core.world.run import Runner, WorldEngine
from lidar_core.world.scenes import lay_out, render
from lidar_core.world.training.scorer import contradict

FILES = ("autoencoder", "unet", "text_encoder", "scorer", "student_lora", "small_decoder")
PROMPT = "three green squares"


@pytest.fixture(scope="module")
def world():
    return World()


def test_the_weights_are_at_most_13_megabytes_together():
    assert sum((WEIGHTS / f"{name}.safetensors").stat().st_size for name in FILES) <= 13_000_000


@pytest.mark.parametrize("name", FILES)
def test_each_file_tells_how_it_was_trained(name):
    record = training_record(name)
    assert record["seed"] == 0
    assert record["seconds"] > 0
    assert record["torch"]


def test_the_sigmas_are_those_of_stable_diffusion(world):
    assert world.sigmas[0] == pytest.approx(0.0292, abs=1e-4)
    assert world.sigmas[-1] == pytest.approx(14.6146, abs=1e-4)


def test_guidance_scale_moves_from_the_empty_prompt_through_the_prompt(world):
    x, sigma = 3 * torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0)), torch.tensor(3.0)
    empty, one, three = (
        world.denoise(x, sigma, world.encode(text), cfg) for text, cfg in (("", 1.0), (PROMPT, 1.0), (PROMPT, 3.0))
    )
    torch.testing.assert_close(three, empty + 3 * (one - empty), atol=1e-4, rtol=1e-4)


def test_the_prediction_and_the_pictures_can_be_differentiated():
    """Against central differences along one direction, in double precision: kinks of the decoder's ReLUs remain."""
    world = World()
    for module in (world.unet, world.text_encoder, world.autoencoder, world.reward.scorer):
        module.double()
    generator = torch.Generator().manual_seed(0)
    sigma, text = torch.tensor(1.0, dtype=torch.float64), world.encode(PROMPT)
    x, direction = torch.randn(2, 1, 4, 16, 16, generator=generator, dtype=torch.float64)

    def log_odds(x):
        return world.reward.log_odds(world.pictures(x - sigma * world.predict_noise(x, sigma, text)), PROMPT)

    (gradient,) = torch.autograd.grad(log_odds(x.requires_grad_()).sum(), x)
    step = 1e-6
    with torch.no_grad():
        slope = (log_odds(x + step * direction) - log_odds(x - step * direction)).item() / (2 * step)
    assert (gradient * direction).sum().item() == pytest.approx(slope, rel=1e-3)


def test_a_sample_does_not_depend_on_its_batch(world):
    runner = Runner(world)
    whole = runner.latents(PROMPT, [3, 4, 5], 4, "euler_ancestral")
    single = runner.latents(PROMPT, [4], 4, "euler_ancestral")
    # Latents are of size 1; matrix products of other batch sizes round in another order.
    torch.testing.assert_close(whole[1:2], single, atol=1e-4, rtol=1e-3)
    assert runner.nfe == 2 * 4 * (3 + 1)


def test_renders_survive_the_autoencoder(world):
    rng = random.Random(0)
    pictures = render([lay_out(sample_prompt(rng), rng) for _ in range(8)])
    with torch.no_grad():
        back = world.decode(world.autoencoder.encoder(pictures * 2 - 1)).movedim(-1, 1)
    assert (back - pictures).abs().mean() < 0.01


def test_the_scorer_prefers_the_scene_that_keeps_to_the_prompt(world):
    rng = random.Random(1)
    right = 0
    for _ in range(60):
        prompt = sample_prompt(rng)
        pictures = render([lay_out(prompt, rng), lay_out(contradict(prompt, rng), rng)]).movedim(1, -1)
        kept, broken = world.reward.values(pictures, str(prompt))
        right += bool(kept > broken)
    assert right >= 51


def test_guided_pictures_score_higher_than_plain_ones_at_the_same_seeds(world):
    runner, gains = Runner(world), []
    for prompt in ("three green squares", "a circle and a star", "a cyan cross and a purple circle"):
        pool_seeds, seeds = sample_seeds(0, 16), list(range(8))
        engine = WorldEngine(runner, prompt, 8)
        pool, _ = draw(engine, world.reward, prompt, pool_seeds, engine.origin)
        trace = Trace()
        guide = runner.guide(pool, GuidanceSettings(end=0.8), 30, seeds, trace)
        plain = runner.latents(prompt, seeds, 30, "euler_ancestral")
        guided = runner.latents(prompt, seeds, 30, "euler_ancestral", guide)
        gains.append(
            world.reward.values(world.decode(guided), prompt) - world.reward.values(world.decode(plain), prompt)
        )
        # The window ends at a fifth of the schedule's time, which 30 Karras levels do not cover evenly.
        assert 0 < len(trace.points) < 30
    assert torch.cat(gains).mean() > 0
