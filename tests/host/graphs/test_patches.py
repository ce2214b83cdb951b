"""LiDAR Guidance beside other patches of the model, noise schedules, conditionings, control nets and windows."""

import pytest
import torch

from ..tiny_models import conditioning, tiny_model
from .wired import (
    CFG,
    SEED,
    STEPS,
    WAN,
    changed_and_repeatable,
    draw,
    execute,
    guide,
    ksampler,
    latent,
    submodule,
    watched,
)


def rescale_cfg(model):
    from comfy_extras.nodes_model_advanced import RescaleCFG

    return RescaleCFG().patch(model, 0.7)[0]


def lora(model):
    patched = model.clone()
    key = "diffusion_model.input_blocks.1.0.in_layers.2.weight"
    patched.add_patches({key: (0.1 * torch.ones_like(model.model.state_dict()[key]),)}, 1.0)
    return patched


PATCHES = {
    "RescaleCFG": rescale_cfg,
    "PerturbedAttentionGuidance": lambda m: execute("nodes_pag", "PerturbedAttentionGuidance", m, 2.0),
    "CFGNorm": lambda m: execute("nodes_cfg", "CFGNorm", m, 1.0),
    "LoRA": lora,
}


@pytest.mark.parametrize("patch", PATCHES)
def test_together_with_other_patches_in_either_order(pack, model, pool, patch):
    before = guide(pack, PATCHES[patch](model), pool)
    after = PATCHES[patch](guide(pack, model, pool))
    changed_and_repeatable(ksampler, PATCHES[patch](model), before)
    changed_and_repeatable(ksampler, guide(pack, model, pool), after)


def guided_points(pack, model, pool, run, end=1.0, handover=0.125):
    """Pairs of noise level and gain at which guidance acts in `run`, for the first image."""

    class Recorder:
        def phase(self, name):
            pass

        def run(self, pool, trace, *rest):
            points.extend((row["sigma"][0], row["say"][0]) for row in trace.rows())

    points = []
    settings = submodule(pack, "lidar_core.guidance.guide").GuidanceSettings(
        submodule(pack, "lidar_core.guidance.rules").KernelRule(handover=handover), end=end
    )
    run(submodule(pack, "nodes.host.guided_model").with_guidance(model, pool, settings, Recorder()))
    return points


def test_the_model_sampling_of_a_patch_is_honoured(pack, model):
    """ModelSamplingDiscrete with zsnr begins at a noise of thousands, where SDXL's own sampling begins at 14.6."""
    import comfy.samplers
    from comfy_extras.nodes_model_advanced import ModelSamplingDiscrete

    patched = ModelSamplingDiscrete().patch(model, "v_prediction", True)[0]
    drawing, drawn_at = watched(patched)
    pool = draw(pack, drawing, latent())
    ours, plain = (
        comfy.samplers.calculate_sigmas(sampled.get_model_object("model_sampling"), "karras", STEPS).tolist()[:-1]
        for sampled in (patched, model)
    )
    assert ours[0] > 1000 > 14.7 > plain[0]
    assert drawn_at[0] == pytest.approx(ours[0])
    points = guided_points(pack, patched, pool, ksampler)
    assert points == [(pytest.approx(sigma), 1.0) for sigma in ours if sigma >= 0.125]
    changed_and_repeatable(ksampler, patched, guide(pack, patched, pool))


def test_the_shift_of_a_flow_model_is_honoured(pack):
    """A shift of s moves the noise level t to s t / (1 + (s - 1) t), in the lookahead, the guidance and its window."""
    from comfy_extras.nodes_model_advanced import ModelSamplingSD3

    def shifted(t):
        return 6 * t / (1 + 5 * t)

    def run(model):
        return ksampler(model, scheduler="simple", image=image)

    patched = ModelSamplingSD3().patch(tiny_model("SD 3 (flow)"), 6.0)[0]
    image = {"samples": torch.zeros(1, 16, 8, 8)}
    drawing, drawn_at = watched(patched)
    pool = draw(pack, drawing, image, scheduler="simple")
    assert drawn_at[:2] == pytest.approx([shifted(1), shifted(0.5)])
    levels = [shifted(t) for t in (1, 0.75, 0.5, 0.25)]
    points = guided_points(pack, patched, pool, run)
    # The last level's ratio is 2, more than 8 times the hand-over of 0.125.
    assert points == [(pytest.approx(sigma), 1.0) for sigma in levels]
    # At 0.4 of the schedule the noise is 0.9 here and 0.82 with SD 3's own shift of 3, which is below the third level.
    assert [sigma for sigma, _ in guided_points(pack, patched, pool, run, end=0.4)] == pytest.approx(levels[:2])
    changed_and_repeatable(run, patched, guide(pack, patched, pool))


def test_batches_of_conditionings_and_areas(pack, model, pool):
    import nodes

    batched = [[torch.cat([conditioning(1)[0][0], conditioning(3)[0][0]]), conditioning(1, batch=2)[0][1]]]
    (area,) = nodes.ConditioningSetArea().append(conditioning(3), 32, 32, 0, 0, 1.0)
    for positive in (batched, conditioning(1) + area):

        def run(model, positive=positive):
            (out,) = nodes.common_ksampler(
                model, SEED, STEPS, CFG, "euler", "karras", positive, conditioning(2), latent()
            )
            return out["samples"]

        changed_and_repeatable(run, model, guide(pack, model, pool))


def test_a_control_net_sees_the_guided_run(pack, model, pool):
    import comfy.controlnet

    import nodes

    class Nudge(comfy.controlnet.ControlBase):
        def get_control(self, x_noisy, t, cond, batched_number, transformer_options):
            seen.append(x_noisy.shape)
            return {"input": [], "middle": [], "output": [torch.full((1, 1, 1, 1), 0.2)]}

        def copy(self):
            copied = Nudge()
            self.copy_to(copied)
            return copied

    seen = []
    control = Nudge()
    control.cond_hint_original = torch.zeros(1, 3, 64, 64)

    def run(model):
        (((features, extra),), negative) = conditioning(1), conditioning(2)
        positive = [[features, {**extra, "control": control, "control_apply_to_uncond": True}]]
        (out,) = nodes.common_ksampler(model, SEED, STEPS, CFG, "euler", "karras", positive, negative, latent())
        return out["samples"]

    changed_and_repeatable(run, model, guide(pack, model, pool))
    assert seen


def test_context_windows_of_a_video(pack):
    model = tiny_model(WAN)
    video = {"samples": torch.zeros(1, 16, 6, 8, 8)}
    pool = draw(pack, model, video, sampler_name="euler", scheduler="simple")
    windowed = execute(
        "nodes_context_windows",
        "ContextWindowsManualNode",
        model,
        4,
        2,
        "standard_static",
        1,
        False,
        "pyramid",
        2,
        False,
    )
    changed_and_repeatable(
        lambda m: ksampler(m, scheduler="simple", image=video), windowed, guide(pack, windowed, pool)
    )
