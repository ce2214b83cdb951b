"""The student's LoRA: its file, its formula, and that diffusers reads it as the world does."""

import random

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from lidar_core.world.grammar import FAMILIES, sample_prompt
from lidar_core.world.lora import cut, lora_keys, merge
from lidar_core.world.model import STUDENT_LORA, WEIGHTS, World
from lidar_core.world.run import Runner
from lidar_core.world.training.student import KEPT_RANK

LORA = WEIGHTS / f"{STUDENT_LORA}.safetensors"
PROMPTS = ("a star", "two red circles", "a cyan cross and a purple circle", "a circle above a square")


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def student(world):
    return world.student()


@pytest.mark.parametrize(
    ("layer", "down", "up", "x"),
    [
        (nn.Linear(6, 5), nn.Linear(6, 2, bias=False), nn.Linear(2, 5, bias=False), (3, 6)),
        (nn.Conv2d(6, 5, 3, 2, 1), nn.Conv2d(6, 2, 3, 2, 1, bias=False), nn.Conv2d(2, 5, 1, bias=False), (3, 6, 8, 8)),
    ],
    ids=["linear", "convolution"],
)
@torch.no_grad()
def test_a_merged_layer_adds_what_the_two_factors_give_one_after_the_other(layer, down, up, x):
    x = torch.randn(x, generator=torch.Generator().manual_seed(0))
    expected = layer(x) + up(down(x))
    names = lora_keys("mid_block.conv.weight")
    weights = {f"mid_block.conv.{name}": tensor for name, tensor in layer.state_dict().items()}
    merged = merge(weights, dict(zip(names, (down.weight, up.weight), strict=True)))
    layer.load_state_dict({name.rpartition(".")[2]: tensor for name, tensor in merged.items()})
    torch.testing.assert_close(layer(x), expected)


def test_the_file_is_smaller_than_a_megabyte():
    assert LORA.stat().st_size < 1_000_000


def test_the_layout_is_what_the_host_and_diffusers_both_read():
    """Names and shapes match the denoiser's file, with one rank for all, since diffusers rescales layers otherwise."""
    weights, lora = load_file(WEIGHTS / "unet.safetensors"), load_file(LORA)
    layers = {name.split(".")[0] for name in lora}
    of_layer = {"lora_unet_" + name.removesuffix(".weight").replace(".", "_"): name for name in weights}
    assert layers <= of_layer.keys()
    assert set(lora) == {f"{layer}.lora_{part}.weight" for layer in layers for part in ("down", "up")}
    for layer in layers:
        outputs, *inputs = weights[of_layer[layer]].shape
        ones = [1] * (len(inputs) - 1)
        assert list(lora[f"{layer}.lora_down.weight"].shape) == [KEPT_RANK, *inputs]
        assert list(lora[f"{layer}.lora_up.weight"].shape) == [outputs, KEPT_RANK, *ones]
    assert {tensor.dtype for tensor in lora.values()} == {torch.float16}


@pytest.mark.parametrize(
    ("up", "down"),
    [((7, 5), (5, 6)), ((7, 5, 1, 1), (5, 6, 3, 3)), ((2, 5), (5, 6))],
    ids=["linear", "convolution", "fewer outputs than the rank"],
)
def test_a_cut_keeps_the_largest_singular_values_of_each_product(up, down):
    generator = torch.Generator().manual_seed(0)
    names = lora_keys("mid_block.conv.weight")
    lora = {name: torch.randn(shape, generator=generator) for name, shape in zip(names, (down, up), strict=True)}

    def product(factors):
        return factors[names[1]].flatten(1) @ factors[names[0]].flatten(1)

    smaller = cut(lora, 3)
    assert [len(smaller[names[0]]), smaller[names[1]].shape[1]] == [3, 3]
    u, values, vh = torch.linalg.svd(product(lora), full_matrices=False)
    nearest = (u[:, :3] * values[:3]) @ vh[:3]
    torch.testing.assert_close(product(smaller), nearest, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(product(cut(lora, 5)), product(lora), atol=1e-5, rtol=1e-5)


def test_diffusers_loads_the_file_and_predicts_the_same(world, student):
    pytest.importorskip("peft", reason="diffusers needs peft to apply a LoRA")
    from diffusers.loaders import StableDiffusionLoraLoaderMixin

    state, alphas = StableDiffusionLoraLoaderMixin.lora_state_dict(str(WEIGHTS), weight_name=LORA.name)
    theirs = World()
    theirs.unet.load_lora_adapter(state, prefix="unet", network_alphas=alphas)
    x, text = 3 * torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0)), world.encode(PROMPTS[1])
    for sigma in torch.tensor([14.0, 2.0, 0.3]):
        expected = student.predict_noise(x, sigma, text)
        torch.testing.assert_close(theirs.predict_noise(x, sigma, text), expected, atol=1e-4, rtol=1e-4)
        assert (world.predict_noise(x, sigma, text) - expected).abs().max() > 1e-2


def test_a_layer_with_only_one_factor_is_an_error(tmp_path):
    down, _ = lora_keys("a.weight")
    save_file({down: torch.zeros(1, 2)}, tmp_path / "half.safetensors")
    with pytest.raises(KeyError, match="lora_unet_a.lora_up.weight"):
        merge({"a.weight": torch.zeros(2, 2)}, load_file(tmp_path / "half.safetensors"))


def test_the_student_is_worth_more_than_the_model_itself_at_four_steps(world, student):
    """Mean reward over two prompts of each family, four pictures each, without classifier-free guidance."""
    rng = random.Random(0)
    prompts = [str(sample_prompt(rng, family)) for family in FAMILIES for _ in range(2)]

    def reward(model):
        runner = Runner(model, 1.0, "simple")
        pictures = ((prompt, model.decode(runner.latents(prompt, range(4), 4, "lcm"))) for prompt in prompts)
        return torch.cat([model.reward.score(shown, prompt).values for prompt, shown in pictures]).mean()

    assert reward(student) > reward(world) + 2


def test_the_world_keeps_its_own_denoiser(world, student):
    before = load_file(WEIGHTS / "unet.safetensors")["conv_in.weight"].float()
    assert torch.equal(world.unet.conv_in.weight, before)
    assert not torch.equal(student.unet.conv_in.weight, before)
    assert student.autoencoder is world.autoencoder
