"""The student's LoRA: its file, its formula, and that diffusers reads it as the world does."""

import random

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from lidar_core.world.grammar import FAMILIES, sample_prompt
from lidar_core.world.lora import lora_keys, merge
from lidar_core.world.model import STUDENT_LORA, WEIGHTS, World
from lidar_core.world.run import Runner

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


def test_the_file_is_small_and_every_tensor_of_it_changes_a_layer(world):
    assert LORA.stat().st_size <= 2**20
    lora = load_file(LORA)
    used = {key for name in world.unet.state_dict() if name.endswith(".weight") for key in lora_keys(name)}
    assert set(lora) <= used


def test_diffusers_loads_the_file_and_predicts_the_same(world, student, tmp_path):
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
