"""In the demo world: a run in stages equals the run in one, and guidance works with the host's own caches."""

import dataclasses
import importlib

import pytest
import torch

PROMPT, SEED, STEPS, CFG = "two red circles", 5, 20, 1.5


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def extra(module, name):
    return getattr(importlib.import_module(f"comfy_extras.{module}"), name)


class World:
    """The demo world's parts, a pool of PROMPT, and four empty latents."""

    def __init__(self, pack):
        import nodes

        self.pack = pack
        loaded = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute()
        self.model, self.clip, self.vae, self.reward = (loaded[index] for index in range(4))
        self.positive, self.negative = (nodes.CLIPTextEncode().encode(self.clip, text)[0] for text in (PROMPT, ""))
        self.latent = {"samples": torch.zeros(4, 4, 16, 16)}
        drawing, sampling = (submodule(pack, f"nodes.host.{name}") for name in ("drawing", "sampling"))
        task = sampling.Task(self.model, self.positive, self.negative, self.latent)
        config = drawing.LookaheadConfig(samples=8, steps=8, cfg=CFG)
        self.pool = drawing.draw_pool(task, self.vae, self.reward, config, PROMPT)[0]

    def guided(self, model=None, pool=None, strength=1.0, **settings):
        return submodule(self.pack, "nodes.guidance").LiDARGuidance.execute(
            model or self.model, pool or self.pool, strength, **settings
        )[0]

    def followed(self, latents):
        """The pool's sample that each latent ended nearest to."""
        return torch.cdist(latents.flatten(1), self.pool.latents.flatten(1)).argmin(1).tolist()


@pytest.fixture(scope="module")
def world(pack):
    with torch.inference_mode():
        return World(pack)


def advanced(world, model, sampler, scheduler, cuts):
    """KSamplerAdvanced once for each part of the steps between `cuts`, the noise left over in between."""
    import nodes

    latent = world.latent
    for start, end in zip([0, *cuts], [*cuts, STEPS], strict=True):
        (latent,) = nodes.KSamplerAdvanced().sample(
            model,
            "enable" if start == 0 else "disable",
            SEED,
            STEPS,
            CFG,
            sampler,
            scheduler,
            world.positive,
            world.negative,
            latent,
            start,
            end,
            "disable" if end == STEPS else "enable",
        )
    return latent["samples"]


def custom(world, model, sampler, scheduler, cuts):
    """The same by SplitSigmas and SamplerCustom."""
    whole = extra("nodes_custom_sampler", "BasicScheduler").execute(world.model, scheduler, STEPS, 1.0)[0]
    chosen = extra("nodes_custom_sampler", "KSamplerSelect").execute(sampler)[0]
    latent = world.latent
    for start, end in zip([0, *cuts], [*cuts, STEPS], strict=True):
        part = extra("nodes_custom_sampler", "SplitSigmas").execute(whole[start:], end - start)[0]
        latent = extra("nodes_custom_sampler", "SamplerCustom").execute(
            model, start == 0, SEED, CFG, world.positive, world.negative, chosen, part, latent
        )[0]
    return latent["samples"]


@pytest.mark.parametrize("strength", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("sampler", ["euler", "heun"])
@pytest.mark.parametrize("way", [advanced, custom])
def test_stages_are_one_run(world, way, sampler, strength):
    """Rounding is that of the stock sampler's own stages, of latents whose size is about 1, times ten."""
    model = world.guided(strength=strength)
    whole = way(world, model, sampler, "karras", [])
    assert not torch.equal(whole, way(world, world.model, sampler, "karras", []))
    for cuts in ([2], [5], [10], [15], [5, 10]):
        parts = way(world, model, sampler, "karras", cuts)
        assert world.followed(parts) == world.followed(whole), cuts
        assert (parts - whole).norm() < 1e-3 * whole.norm(), cuts


CACHES = {
    "LazyCache": ("LazyCacheNode", (0.2, 0.15, 0.95, False)),
    "EasyCache": ("EasyCacheNode", (0.2, 0.15, 0.95, False)),
}


@pytest.mark.parametrize("cache", CACHES)
def test_the_hosts_caches_keep_what_guidance_gains(world, cache):
    """The caches see the model's own outputs: cached guided pictures are as good as uncached ones, in either order."""
    import nodes

    name, settings = CACHES[cache]

    def cached(model):
        return extra("nodes_easycache", name).execute(model, *settings)[0]

    def sampled(model):
        (out,) = nodes.common_ksampler(
            model, SEED, STEPS, CFG, "euler", "karras", world.positive, world.negative, world.latent
        )
        return out["samples"]

    def rewards(latents):
        return world.reward.score(world.vae.decode(latents), PROMPT).values

    guided = rewards(sampled(world.guided()))
    before, after = sampled(world.guided(cached(world.model))), sampled(cached(world.guided()))
    assert torch.equal(before, after)
    without = rewards(sampled(cached(world.model)))
    print(f"{cache}: guided {guided.mean():.2f}, cached {without.mean():.2f}, both {rewards(before).mean():.2f}")
    assert rewards(before).mean() > without.mean()
    assert rewards(before).mean() > guided.mean() - 1.0


@pytest.mark.parametrize("cache", CACHES)
def test_a_pool_that_is_measured_anew_leaves_the_hosts_caches_as_they_were(world, cache):
    """As a pool from a file is, after a restart: the run is the one that the pool gives once it is measured."""
    import nodes

    name, settings = CACHES[cache]
    cached = extra("nodes_easycache", name).execute(world.model, *settings)[0]

    def sampled(model):
        (out,) = nodes.common_ksampler(
            model, SEED, STEPS, CFG, "euler", "karras", world.positive, world.negative, world.latent
        )
        return out["samples"]

    first, second = (sampled(world.guided(cached, pool)) for pool in (unmeasured(world.pool), world.pool))
    assert torch.equal(first, second)


def unmeasured(pool):
    """`pool` as it comes from a file after a restart."""
    origin = dataclasses.replace(pool.origin, handover=None, measured_with="before the restart")
    return dataclasses.replace(pool, origin=origin)


RISING = "levels that rise again"
LEVELS = {
    RISING: lambda levels: torch.cat([levels[:6], levels[3:]]),
    "a level twice": lambda levels: torch.cat([levels[:4], levels[3:]]),
    "the last step": lambda levels: levels[-2:],
    "no step": lambda levels: levels[:1],
    "no level": lambda levels: levels[:0],
    "no end": lambda levels: levels[:-1],
}


@pytest.mark.parametrize("case", LEVELS)
def test_any_levels_of_a_restarting_sampler_are_guided(world, case):
    levels = extra("nodes_custom_sampler", "BasicScheduler").execute(world.model, "karras", STEPS, 1.0)[0]
    euler = extra("nodes_custom_sampler", "KSamplerSelect").execute("euler")[0]

    def run(sigmas):
        return extra("nodes_custom_sampler", "SamplerCustom").execute(
            world.guided(), True, SEED, CFG, world.positive, world.negative, euler, sigmas, world.latent
        )[0]["samples"]

    samples = run(LEVELS[case](levels))
    assert torch.isfinite(samples).all()
    if case in (RISING, "a level twice"):
        assert world.followed(samples) == world.followed(run(levels))


def test_a_guider_without_conditionings_measures_no_pool(world):
    """Another pack's guider may name its conditionings as it likes, and may have none."""
    import comfy.samplers

    class Guider(comfy.samplers.CFGGuider):
        def __init__(self, model, **conditionings):
            super().__init__(model)
            self.inner_set_conds(conditionings)

        def predict_noise(self, x, timestep, model_options=None, seed=None):
            return 0.5 * x

    def run(guider):
        parts = extra("nodes_custom_sampler", "RandomNoise").execute(SEED)[0], guider
        parts += (extra("nodes_custom_sampler", "KSamplerSelect").execute("euler")[0],)
        levels = extra("nodes_custom_sampler", "BasicScheduler").execute(world.model, "karras", 4, 1.0)[0]
        return extra("nodes_custom_sampler", "SamplerCustomAdvanced").execute(*parts, levels, world.latent)[0][
            "samples"
        ]

    fresh = unmeasured(world.pool)
    measured = run(Guider(world.guided(), middle=world.positive))
    assert torch.equal(run(Guider(world.guided(pool=fresh), middle=world.positive)), measured)
    with pytest.raises(ValueError, match="guider has no conditioning to measure it with: set handover"):
        run(Guider(world.guided(pool=fresh)))
    assert torch.isfinite(run(Guider(world.guided(pool=fresh, handover=1.0)))).all()
