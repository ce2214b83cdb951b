"""The host's own use of several GPUs, with two names of the CPU in their place."""

import pytest
import torch

from .test_nodes import submodule


@pytest.fixture
def loaded(pack):
    import comfy.model_patcher

    if not hasattr(comfy.model_patcher.ModelPatcher, "deepclone_multigpu"):
        pytest.skip("this ComfyUI knows no multi-GPU sampling")
    return submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args


@pytest.mark.parametrize("kind", ["model", "clip", "vae", "distilled model"])
def test_the_host_loads_the_demo_again_for_another_device(loaded, kind):
    model, clip, vae, _, distilled = loaded
    patcher = {"model": model, "clip": clip.patcher, "vae": vae.patcher, "distilled model": distilled}[kind]
    there = torch.device("cpu:0")
    copies = [patcher.deepclone_multigpu(new_load_device=there)]
    if patcher.is_dynamic():
        copies.append(patcher.clone(disable_dynamic=True))
    assert copies[0].load_device == there
    weights = patcher.model.state_dict()
    assert weights
    for copy in copies:
        assert copy.model is not patcher.model
        assert copy.patches.keys() == patcher.patches.keys()
        copied = copy.model.state_dict()
        assert copied.keys() == weights.keys()
        assert all(torch.equal(copied[name], weight) for name, weight in weights.items())


def test_guidance_is_the_same_where_the_host_splits_cond_and_uncond_over_cards(pack, loaded, monkeypatch):
    import comfy.model_management
    import comfy.model_patcher
    import comfy.multigpu
    import comfy.sample

    def encoded(text):
        return clip.encode_from_tokens_scheduled(clip.tokenize(text))

    def sampled(model):
        noise = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0))
        return comfy.sample.sample(
            model, noise, 4, 1.5, "euler", "karras", positive, negative, torch.zeros(2, 4, 16, 16), seed=0
        )

    model, clip, vae, reward, _ = loaded
    positive, negative = encoded("two red circles"), encoded("")
    drawing = submodule(pack, "nodes.host.drawing")
    task = submodule(pack, "nodes.host.sampling").Task(
        model, positive, negative, {"samples": torch.zeros(2, 4, 16, 16)}, 1.0
    )
    config = drawing.LookaheadConfig(samples=4, steps=2, cfg=1.5)
    pool, _ = drawing.draw_pool(task, vae, reward, config, "two red circles")
    guidance = submodule(pack, "nodes.guidance").LiDARGuidance

    guided = guidance.execute(model, pool, 1.0, handover=0.2)[0]
    with monkeypatch.context() as little_memory:
        # One model evaluates cond and uncond as one batch, which rounds otherwise than two cards do, if memory allows.
        little_memory.setattr(comfy.model_patcher.ModelPatcher, "get_free_memory", lambda patcher, device: 0)
        expected = [sampled(model), sampled(guided)]
    assert (expected[0] - expected[1]).abs().max() > 0.1

    devices = [torch.device("cpu"), torch.device("cpu:0")]
    monkeypatch.setattr(comfy.model_management, "get_all_torch_devices", lambda exclude_current=False: devices)
    split = comfy.multigpu.create_multigpu_deepclones(model, 2)
    (clone,) = split.get_additional_models_with_key("multigpu")
    evaluated = []
    clone.model.diffusion_model.register_forward_hook(lambda *_: evaluated.append(True))
    guided = guidance.execute(split, pool, 1.0, handover=0.2)[0]
    assert torch.equal(sampled(split), expected[0])
    assert torch.equal(sampled(guided), expected[1])
    assert evaluated
