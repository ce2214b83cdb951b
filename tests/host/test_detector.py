"""The detector reward on the host's own RT-DETR with random weights, against the host's own detection node."""

import importlib

import pytest
import torch

from .conftest import COMFYUI

needs_rt_detr = pytest.mark.skipif(
    not (COMFYUI / "comfy" / "ldm" / "rt_detr").exists(), reason="this ComfyUI has no RT-DETR"
)


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


@pytest.fixture(scope="module")
def model(pack):
    """As the host makes it from a file, but small where the file sets the size; the weights are random."""
    pytest.importorskip("comfy.ldm.rt_detr")
    import comfy.model_base
    import comfy.model_patcher
    import comfy.supported_models

    config = comfy.supported_models.RT_DETR_v4({"image_model": "RT_DETR_v4", "enc_h": 256})
    config.set_inference_dtype(torch.float32, None)
    torch.manual_seed(0)
    base = comfy.model_base.RT_DETR_v4(config).eval()
    generator = torch.Generator().manual_seed(0)
    for name, weight in base.diffusion_model.named_parameters():
        values = torch.randn(weight.shape, generator=generator)
        fan = weight[0].numel() ** 0.5 if weight.ndim > 1 else 1
        is_norm = weight.ndim == 1 and name.endswith("weight")
        weight.data.copy_(1 + 0.1 * values if is_norm else values / fan)
    for name, buffer in base.diffusion_model.named_buffers():
        if name.endswith("running_var"):
            buffer.fill_(1)
        elif name.endswith("running_mean"):
            buffer.zero_()
    return comfy.model_patcher.ModelPatcher(base, torch.device("cpu"), torch.device("cpu"))


def pictures(count=2, height=96, width=160):
    return torch.rand(count, height, width, 3, generator=torch.Generator().manual_seed(1))


@needs_rt_detr
def test_boxes_are_those_of_the_hosts_own_node(pack, model):
    from comfy_extras.nodes_rtdetr import RTDETR_detect

    images = pictures()
    found = submodule(pack, "nodes.host.detector").Detector(model).boxes(images)
    (host,) = RTDETR_detect.execute(model, images, 0.3, "all", 300).args
    assert sum(map(len, host)) > 0
    for ours, theirs in zip(found, host, strict=True):
        ours = [box for box in ours if box.score > 0.3]
        assert [box.label for box in ours] == [box["label"] for box in theirs]
        mine = torch.tensor([[box.score, box.left, box.top, box.right, box.bottom] for box in ours])
        scale = torch.tensor([1.0, 160, 96, 160, 96])
        expected = torch.tensor(
            [[box["score"], box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]] for box in theirs]
        )
        # Float32, of numbers up to 160.
        torch.testing.assert_close(mine * scale, expected, atol=1e-3, rtol=1e-5)


@needs_rt_detr
def test_the_score_is_the_mean_of_the_lines(pack, model):
    detector = submodule(pack, "nodes.host.detector").Detector(model)
    images = pictures(3)
    label = next(box.label for box in detector.boxes(images[:1])[0] if box.score > 0.3)
    node = submodule(pack, "nodes.reward_detector").LiDARRewardDetector
    reward = node.execute(model, f"{label}\n{label} x 0\ncat left of dog")[0]
    scores = reward.score(torch.cat([images, torch.ones_like(images[..., :1])], -1), "")
    assert list(scores.parts) == ["detector", label, f"{label} x 0", "cat left of dog"]
    torch.testing.assert_close(scores.values, torch.stack(list(scores.parts.values())[1:]).mean(0))
    torch.testing.assert_close(scores.parts[label] + scores.parts[f"{label} x 0"], torch.ones(3))
    assert scores.parts[label][0] > 0.3


@needs_rt_detr
def test_things_that_it_does_not_know_are_refused_before_anything_runs(pack, model):
    node = submodule(pack, "nodes.reward_detector").LiDARRewardDetector
    with pytest.raises(ValueError, match=r'knows no "cats": did you mean cat'):
        node.execute(model, "cats x 2")


def test_another_model_is_refused_with_what_to_wire(pack):
    """On every host; the old one has no detector."""
    model = submodule(pack, "nodes.demo_loader").LiDARDemoLoader.execute().args[0]
    node = submodule(pack, "nodes.reward_detector").LiDARRewardDetector
    with pytest.raises(ValueError, match=r"is not a detector. Wire RT-DETR v4.*0\.33 has it"):
        node.execute(model, "cat")
