"""Every method in the real embedded world, with a few steps: its pictures and its exact cost."""

import math

import pytest
import torch

from benchmarks.prompts import cases
from benchmarks.specs import METHODS, Spec
from benchmarks.workplace import Lookahead, Sampling, Workplace
from lidar_core.guidance.guide import GuidanceSettings
from lidar_core.guidance.rules import KernelRule
from lidar_core.world.run import Runner
from lidar_core.world.samplers import SAMPLERS, flow

IMAGES, STEPS = 2, 3
POOL = 4 * 2 * 2
"""Model calls of a pool of 4 samples of 2 steps."""
GUIDED = 2 * 2
"""Model calls of a guided run of 3 steps that samples lead to the noise 0.5: they decide the first two alone."""

# Method; NFE, differentiated ones, decodes, scores, differentiated ones: all for 2 pictures of 3 steps.
SPENDING = {
    "plain": (12, 0, 0, 0, 0),
    "plain:longer=2": (24, 0, 0, 0, 0),
    "best-of:n=3": (36, 0, 6, 6, 0),
    "pool:samples=4,lookahead_steps=2": (POOL, 0, 4, 4, 0),
    "best-noise:samples=4,lookahead_steps=2": (POOL + 12, 0, 4, 4, 0),
    "renoise:samples=4,lookahead_steps=2,denoise=0.5": (POOL + 12, 0, 4, 4, 0),
    "renoise:samples=4,lookahead_steps=2,sources=1": (POOL + 12, 0, 4, 4, 0),
    "universal": (12, 12, 6, 6, 6),
    "universal:every=2": (12, 8, 4, 4, 4),
    "universal:scale=0,backward=2": (12, 0, 12, 12, 12),
    "universal:backward=1,repeats=2": (24, 24, 24, 24, 24),
    "universal:start=0.3,end=0.6": (12, 4, 2, 2, 2),
    "date": (18, 6, 6, 6, 6),
    "date:every=2,accumulate=false": (16, 4, 4, 4, 4),
    "fk:particles=3,draws=2": (36, 0, 18, 18, 0),
    "fk:particles=3,draws=2,joint=true,potential=difference": (36, 0, 18, 18, 0),
    "lidar:samples=4,lookahead_steps=2,handover=0.5": (POOL + GUIDED, 0, 4, 4, 0),
    # Two samples, redrawn twice at two levels without cfg; they are too rough to lead.
    "lidar:samples=4,lookahead_steps=2": (POOL + 8 + 12, 0, 4, 4, 0),
    "lidar-paper:samples=4,lookahead_steps=2": (POOL + 12, 0, 4, 4, 0),
    "lidar:samples=4,lookahead_steps=2,handover=0.5,keep_of=2": (POOL + 2 * GUIDED, 0, 8, 8, 0),
    "lidar:samples=4,lookahead_steps=2,handover=0.5,best_noise=true": (POOL + GUIDED, 0, 4, 4, 0),
    "lidar:samples=4,lookahead_steps=2,handover=0.5,with_pool=true": (POOL + GUIDED, 0, 6, 6, 0),
    "lidar:samples=4,lookahead_steps=2,handover=0.5,keep_of=2,with_pool=true": (POOL + 2 * GUIDED, 0, 8, 8, 0),
    "plain:longer=1.5": (16, 0, 0, 0, 0),
    "best-of:n=1.5": (18, 0, 3, 3, 0),
    "pool:samples=4,lookahead_steps=2,student=true": (POOL // 2, 0, 4, 4, 0),
    "lidar:samples=4,lookahead_steps=2,student=true,handover=0.5": (POOL // 2 + GUIDED, 0, 4, 4, 0),
    "pool:samples=4,lookahead_steps=2,lookahead_cfg=1": (POOL // 2, 0, 4, 4, 0),
    "best-noise:samples=4,lookahead_steps=2,lookahead_cfg=1": (POOL // 2 + 12, 0, 4, 4, 0),
    "renoise:samples=4,lookahead_steps=2,lookahead_cfg=1": (POOL // 2 + 12, 0, 4, 4, 0),
    "lidar:samples=4,lookahead_steps=2,handover=0.5,lookahead_cfg=1": (POOL // 2 + GUIDED, 0, 4, 4, 0),
}


def test_every_method_is_here():
    assert {text.split(":")[0] for text in SPENDING} == set(METHODS)


@pytest.mark.parametrize(("text", "spending"), SPENDING.items())
def test_it_delivers_its_pictures_and_spends_what_it_says(workplace, text, spending):
    latents, cost = workplace().run(Spec.parse(text).method)
    assert latents.shape == (IMAGES, 4, 16, 16)
    assert torch.isfinite(latents).all()
    assert (cost.nfe, cost.backward, cost.decodes, cost.scores, cost.gradients) == spending
    assert cost.seconds > 0


def test_what_is_shared_is_charged_to_each_and_gives_the_same(workplace):
    texts = [
        "plain",
        "best-of:n=2",
        "lidar:samples=4,lookahead_steps=2,handover=0.5",
        "lidar:samples=4,lookahead_steps=2,handover=0.5,keep_of=2",
    ]
    together = workplace()
    for text in texts:
        alone, alone_cost = workplace().run(Spec.parse(text).method)
        shared, shared_cost = together.run(Spec.parse(text).method)
        torch.testing.assert_close(shared, alone)
        counted = ("nfe", "decodes", "scores")
        assert [getattr(shared_cost, name) for name in counted] == [getattr(alone_cost, name) for name in counted]
        assert shared_cost.seconds > 0.3 * alone_cost.seconds
    assert together.runner.nfe < 12 + 24 + 12 + 24


def test_where_no_sample_leads_the_plain_run_is_the_guided_one(workplace):
    work = workplace()
    lookahead = Lookahead(samples=4, lookahead_steps=2)
    pool = work.measured_pool(lookahead)
    guide = work.runner.guide(pool, GuidanceSettings(), STEPS, work.seeds())
    guided = work.runner.latents(work.prompt, work.seeds(), STEPS, work.sampling.sampler, guide)
    latents, _ = work.run(Spec.parse("lidar:samples=4,lookahead_steps=2", str(work.sampling)).method)
    assert pool.origin.handover == math.inf
    assert torch.equal(latents, guided)


def test_other_samplings_share_the_lookahead_and_its_measurement(world, student):
    shared, lookahead = {}, Lookahead(samples=4, lookahead_steps=2)
    first, second = (
        Workplace(world, student, cases("tuning", 1)[1], Sampling.parse(f"euler/{name}/3"), IMAGES, shared)
        for name in ("simple", "karras")
    )
    (pool, cost), (again, charged) = (work.run(lambda work: work.measured_pool(lookahead)) for work in (first, second))
    assert again is pool
    assert charged.nfe == cost.nfe == POOL + 8


def test_a_larger_pool_continues_a_smaller_one(workplace):
    work = workplace()
    small, large = work.pool(Lookahead(4, 2)), work.pool(Lookahead(10, 2))
    assert large.seeds[:4] == small.seeds
    torch.testing.assert_close(large.latents[:4], small.latents, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(large.rewards[:4], small.rewards, atol=1e-2, rtol=1e-2)


def test_the_flow_sampling_is_euler_over_the_flow_schedule(workplace, world):
    work = workplace("euler/flow/3")
    levels = flow(3, float(world.sigmas[-1]), 3.0)
    noise = work.runner.noise(work.seeds())()
    expected = SAMPLERS["euler"](Runner(world).denoiser(work.prompt), noise * levels[0], levels, lambda: noise)
    torch.testing.assert_close(work.plain(), expected)


def test_the_pool_tells_the_rewards_spread(workplace, world):
    assert workplace().pool(Lookahead(4, 2)).spread == world.reward.spread > 0


def test_the_pools_guidance_scale_is_the_lookaheads_alone(workplace):
    work = workplace()
    unguided, guided = work.pool(Lookahead(4, 2, 1.0)), work.pool(Lookahead(4, 2))
    expected = Runner(work.world, cfg=1.0).latents(work.prompt, unguided.seeds, 2, "dpmpp_2m")
    torch.testing.assert_close(unguided.latents, expected, atol=1e-4, rtol=1e-3)
    assert not torch.allclose(unguided.latents, guided.latents, atol=0.1)
    assert work.runner.cfg == Runner(work.world).cfg


@pytest.mark.parametrize("keep_of", [1, 2])
def test_with_pool_delivers_the_best_of_guided_and_lookahead_samples(workplace, keep_of):
    work = workplace()
    pool = work.pool(Lookahead(6, 4))
    runs = [work.seeds(turn) for turn in range(keep_of)]
    settings = GuidanceSettings(KernelRule(handover=3.0))
    guided = [
        work.runner.latents(
            work.prompt, seeds, STEPS, "euler_ancestral", work.runner.guide(pool, settings, STEPS, seeds)
        )
        for seeds in runs
    ]
    everything = torch.cat([*guided, pool.latents])
    best = work.rewards(everything).argsort(descending=True)[:IMAGES]
    text = f"lidar:samples=6,lookahead_steps=4,handover=3,keep_of={keep_of},with_pool=true"
    got, _ = work.run(Spec.parse(text).method)
    torch.testing.assert_close(got, everything[best], atol=1e-4, rtol=1e-3)


def test_best_of_keeps_the_best_of_all_runs(workplace):
    work = workplace()
    everything = torch.cat([work.plain(turn) for turn in range(3)])
    rewards = work.rewards(everything)
    kept, _ = work.run(Spec.parse("best-of:n=3").method)
    torch.testing.assert_close(kept, everything[rewards.argsort(descending=True)[:IMAGES]])


def test_the_best_noise_is_that_of_the_best_lookahead_samples(workplace):
    work = workplace("euler/simple/3")
    pool = work.pool(Lookahead(4, 2))
    seeds = [pool.seeds[index] for index in pool.rewards.argsort(descending=True)[:IMAGES]]
    got, _ = work.run(Spec.parse("best-noise:samples=4,lookahead_steps=2").method)
    expected = Runner(work.world, schedule_name="simple").latents(work.prompt, seeds, STEPS, "euler")
    torch.testing.assert_close(got, expected)


def test_the_less_is_noised_again_the_nearer_the_pictures_stay_to_the_best_samples(workplace):
    work = workplace("euler/karras/4")
    pool = work.pool(Lookahead(4, 4))
    best = pool.latents[pool.rewards.argsort(descending=True)[:IMAGES]]
    distances = []
    for denoise in (0.15, 0.5, 1.0):
        got, _ = work.run(Spec.parse(f"renoise:samples=4,lookahead_steps=4,denoise={denoise}").method)
        distances.append((got - best).norm().item())
    assert distances == sorted(distances)
    assert distances[0] < 0.7 * distances[2]


def test_too_small_a_pool_for_the_pictures_is_refused(workplace):
    with pytest.raises(ValueError, match="needs 2 lookahead samples and has 1"):
        workplace().run(Spec.parse("pool:samples=1,lookahead_steps=2").method)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("magic", 'There is no method "magic"'),
        ("plain:faster=2", "unexpected keyword argument 'faster'"),
        ("lidar:softness=2", "softness"),
        ("fk:potential=best", 'no potential "best"'),
    ],
)
def test_a_wrong_method_says_what_is_wrong(text, says):
    with pytest.raises(ValueError, match=says):
        Spec.parse(text)


def test_options_tell_every_value_and_the_papers_rule_is_the_papers():
    options = Spec.parse("lidar-paper:samples=50,strength=8").options
    assert options["samples"] == 50
    assert options["settings"]["rule"]["strength"] == 8
    assert options["settings"]["lam"] == 5000
    assert options["settings"]["rule"]["reach"] == float("inf")
