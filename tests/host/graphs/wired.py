"""The parts of graphs that people wire LiDAR Guidance into, on tiny models, and how they are sampled."""

import importlib

import torch

from ..tiny_models import MeanDecoder, conditioning

STEPS, CFG, SEED = 4, 4.0, 5
SDXL, WAN = "SDXL (epsilon)", "Wan (flow, video)"


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


def execute(module, node, *args, **kwargs):
    return getattr(importlib.import_module(f"comfy_extras.{module}"), node).execute(*args, **kwargs)[0]


def latent(batch=2, size=8):
    return {"samples": torch.zeros(batch, 4, size, size)}


def draw(pack, sampled, latent, denoise=1.0, **config):
    drawing = submodule(pack, "nodes.host.drawing")
    reward = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    settings = drawing.LookaheadConfig(**{"samples": 4, "steps": 2, "cfg": CFG, **config})
    conditions = conditioning(1), conditioning(2)
    task = submodule(pack, "nodes.host.sampling").Task(sampled, *conditions, latent, denoise)
    return drawing.draw_pool(task, MeanDecoder(), reward, settings, "x")[0]


def guide(pack, model, pool, strength=1.0, **rest):
    """By samples that lead down to a noise of an eighth, whatever a random model thinks of them."""
    settings = {"end_percent": 0.8, "handover": 0.125} | rest
    return submodule(pack, "nodes.guidance").LiDARGuidance.execute(model, pool, strength, **settings)[0]


def paper_guide(pack, model, pool):
    """By the published rule, which calls the model at every step."""
    return submodule(pack, "nodes.paper_guidance").LiDARPaperGuidance.execute(model, pool, 1.0)[0]


def ksampler(model, sampler="euler", scheduler="karras", image=None, denoise=1.0):
    import nodes

    conditions = conditioning(1), conditioning(2)
    (out,) = nodes.common_ksampler(model, SEED, STEPS, CFG, sampler, scheduler, *conditions, image or latent(), denoise)
    return out["samples"]


def changed_and_repeatable(run, plain, guided):
    """`run` on the guided model gives finite, repeatable latents that differ from the plain model's."""
    first, stock = run(guided), run(plain)
    assert torch.isfinite(first).all()
    assert first.shape == stock.shape
    assert not torch.equal(first, stock)
    assert torch.equal(run(guided), first)
    assert torch.equal(run(plain), stock)


def custom(model, guider, sampler="dpmpp_2m", image=None):
    module = "nodes_custom_sampler"
    return execute(
        module,
        "SamplerCustomAdvanced",
        execute(module, "RandomNoise", SEED),
        guider(model),
        execute(module, "KSamplerSelect", sampler),
        execute(module, "BasicScheduler", model, "karras", STEPS, 1.0),
        image or latent(),
    )["samples"]


def dual_guider(model, style):
    given = conditioning(1), conditioning(3), conditioning(2)
    return execute("nodes_custom_sampler", "DualCFGGuider", model, *given, 3.0, 2.0, style)


GUIDERS = {
    "CFGGuider": lambda m: execute("nodes_custom_sampler", "CFGGuider", m, conditioning(1), conditioning(2), CFG),
    "BasicGuider": lambda m: execute("nodes_custom_sampler", "BasicGuider", m, conditioning(1)),
    "DualCFGGuider": lambda m: dual_guider(m, "regular"),
    "DualCFGGuider nested": lambda m: dual_guider(m, "nested"),
    "PerpNegGuider": lambda m: execute(
        "nodes_perpneg", "PerpNegGuider", m, conditioning(1), conditioning(2), conditioning(3), CFG, 1.0
    ),
}


def watched(model):
    """A clone of `model`, and the noise levels at which it is called from now on."""
    import comfy.patcher_extension

    levels = []

    def watch(executor, x, sigma, *args, **kwargs):
        levels.append(sigma[0].item())
        return executor(x, sigma, *args, **kwargs)

    clone = model.clone()
    clone.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.APPLY_MODEL, "watch", watch)
    return clone, levels
