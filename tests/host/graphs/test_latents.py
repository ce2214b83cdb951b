"""LiDAR Guidance of the latents that people wire: pictures, masks, batches, nested and empty ones."""

import pytest
import torch

from .wired import (
    changed_and_repeatable,
    draw,
    execute,
    guide,
    ksampler,
    latent,
)


def picture(seed, batch=1, size=8):
    return {"samples": torch.randn(batch, 4, size, size, generator=torch.Generator().manual_seed(seed))}


def test_img2img_looks_ahead_from_the_same_latent_and_level(pack, model):
    image = picture(0)
    weak, strong = draw(pack, model, image, denoise=0.2), draw(pack, model, image, denoise=0.9)

    def distance(pool):
        return (pool.latents - image["samples"]).flatten(1).norm(dim=1).mean()

    assert distance(weak) < 0.7 * distance(strong)
    changed_and_repeatable(
        lambda m: ksampler(m, image=image, denoise=0.6),
        model,
        guide(pack, model, draw(pack, model, image, denoise=0.6)),
    )


def test_a_batch_of_different_pictures_is_looked_ahead_from_each(pack, model):
    images = picture(0, batch=2)
    pool = draw(pack, model, images, denoise=0.05)
    nearest = (pool.latents[:, None] - images["samples"]).flatten(2).norm(dim=2).argmin(1)
    assert nearest.tolist() == [0, 1, 0, 1]


def masked_picture():
    mask = torch.zeros(1, 64, 64)
    mask[:, :, 32:] = 1.0
    return {**picture(0), "noise_mask": mask}


def test_masks_keep_what_they_protect_in_the_pool_and_in_the_picture(pack, model):
    image = masked_picture()
    pool = draw(pack, model, image)
    kept = image["samples"][..., :3]
    torch.testing.assert_close(pool.latents[..., :3], kept.expand(4, -1, -1, -1), atol=1e-4, rtol=1e-4)
    result = ksampler(guide(pack, model, pool), image=image)
    torch.testing.assert_close(result[..., :3], kept, atol=1e-4, rtol=1e-4)
    assert not torch.equal(result[..., 5:], ksampler(model, image=image)[..., 5:])


def test_differential_diffusion(pack, model):
    soft = execute("nodes_differential_diffusion", "DifferentialDiffusion", model, 1.0)
    pool = draw(pack, soft, masked_picture())
    assert not torch.equal(pool.latents, draw(pack, model, masked_picture()).latents)
    changed_and_repeatable(lambda m: ksampler(m, image=masked_picture()), soft, guide(pack, soft, pool))


def test_batch_index_and_its_duplicates_are_the_main_runs_own(pack, model, pool):
    guided = guide(pack, model, pool)
    whole = ksampler(guided, image=latent(3))
    picked = ksampler(guided, image={**latent(3), "batch_index": [2, 0, 2]})
    torch.testing.assert_close(picked, whole[[2, 0, 2]], atol=1e-4, rtol=1e-4)


def test_nested_latents_are_refused(pack, model):
    import comfy.nested_tensor

    nested = {"samples": comfy.nested_tensor.NestedTensor([torch.zeros(1, 4, 8, 8), torch.zeros(1, 8, 4)])}
    with pytest.raises(ValueError, match="latent_image holds nested latents, several tensors"):
        draw(pack, model, nested)


def test_empty_latents_of_another_ratio_come_out_at_the_right_size(pack, model):
    """An empty latent tagged as 16 pixels a cell becomes twice as large for a model of 8."""
    import inspect

    import comfy.sample

    tagged = {"samples": torch.zeros(1, 4, 4, 4), "downscale_ratio_spacial": 16}
    if "downscale_ratio_spacial" not in inspect.signature(comfy.sample.fix_empty_latent_channels).parameters:
        pytest.skip("this ComfyUI has no ratio tags yet")
    pool = draw(pack, model, tagged)
    assert pool.latents.shape[1:] == (4, 8, 8)
    assert ksampler(guide(pack, model, pool), image=tagged).shape == (1, 4, 8, 8)
    assert tagged["downscale_ratio_spacial"] == 16
