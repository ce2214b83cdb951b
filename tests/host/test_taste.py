"""A taste learned from ratings in the host: saved, loaded by the Reward Loader, and what is refused."""

import os
import stat

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from .test_rewards import folders, host_vision, load, square_weights, submodule, weights  # noqa: F401


def pictures(count=12):
    """Flat colours with a little noise, from dark to bright."""
    noise = torch.rand(count, 48, 64, 3, generator=torch.Generator().manual_seed(0))
    return (torch.linspace(0.05, 0.85, count).view(-1, 1, 1, 1) + 0.1 * noise).clamp(0, 1)


# The brighter the better.
RATINGS = "\n".join(f"{number + 1} > {number}" for number in range(1, 12)) + "\n12 > 6\n9 > 2\n7 > 1"


def from_ratings(pack, vision, ratings=RATINGS, name="", images=None):
    node = submodule(pack, "nodes.reward_from_ratings").LiDARRewardFromRatings
    return node.execute(vision, pictures() if images is None else images, ratings, name).args


@pytest.fixture
def vision(weights):  # noqa: F811
    return host_vision(square_weights(weights["clip"]))


def test_what_was_rated_better_scores_better_in_new_pictures(pack, vision):
    reward, agreement = from_ratings(pack, vision)
    fresh = pictures(9).flip(1)
    scores = reward.score(fresh, "").values
    assert torch.corrcoef(torch.stack([scores, fresh.mean((1, 2, 3))]))[0, 1] > 0.9
    assert agreement > 0.8
    assert not reward.reads_prompt
    assert list(reward.score(fresh, "").parts) == ["taste"]


def test_a_saved_taste_is_loaded_with_its_tower_and_scores_the_same(pack, vision, folders, weights):  # noqa: F811
    """The host keeps a CLIP_VISION in float16 and computes in float32; the file's tensors are rounded alike."""
    files = submodule(pack, "nodes.host.files")
    tower = {**square_weights(weights["clip"]), **{name: value.float() for name, value in vision.get_sd().items()}}
    folders("clip_vision/tower.safetensors", tower)
    reward, agreement = from_ratings(pack, vision, name="mine")
    path = files.reward_path("mine.safetensors")
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"activation": "gelu", "agreement": f"{agreement:.3f}", "pairs": "14"}
    loaded = load(pack, "mine.safetensors", "auto", "clip_vision/tower.safetensors")
    torch.testing.assert_close(
        loaded.score(pictures(), "").values, reward.score(pictures(), "").values, atol=1e-4, rtol=0
    )
    assert loaded.spread == reward.spread
    with pytest.raises(ValueError, match="only the head of taste: choose the picture tower"):
        load(pack, "mine.safetensors")


def test_a_taste_may_be_saved_again_and_replaces_nothing_else(pack, vision, folders):  # noqa: F811
    files = submodule(pack, "nodes.host.files")
    from_ratings(pack, vision, name="mine")
    first = load_file(files.new_reward_path("mine"))["taste.0.weight"]
    from_ratings(pack, vision, "\n".join(f"{number} > {number + 1}" for number in range(1, 12)), "mine")
    assert not torch.equal(load_file(files.new_reward_path("mine"))["taste.0.weight"], first)
    save_file({"other": torch.zeros(1)}, files.new_reward_path("other"))
    with pytest.raises(ValueError, match=r'another file "other.safetensors", which is kept'):
        from_ratings(pack, vision, name="other")
    files.new_reward_path("damaged").write_bytes(b"damaged")
    files.new_reward_path("folder").mkdir()
    for name in ("damaged", "folder"):
        with pytest.raises(ValueError, match=f'another file "{name}.safetensors", which is kept'):
            from_ratings(pack, vision, name=name)
    for name in ("../mine", "folder/mine", "mine.pt", ".", "..", "\ud83d", "\0", "a\nb"):
        with pytest.raises(ValueError, match="give a plain name"):
            from_ratings(pack, vision, name=name)


def test_a_tower_without_its_projection_is_refused(pack, weights):  # noqa: F811
    tensors = square_weights(weights["clip"])
    vision = host_vision({**tensors, "visual_projection.weight": torch.zeros(128, 128)})
    vision.model.visual_projection.weight.data.zero_()
    with pytest.raises(ValueError, match="no CLIP with its projection"):
        from_ratings(pack, vision)


def test_ratings_of_too_few_pictures_are_refused(pack, vision):
    with pytest.raises(ValueError, match="1 comparisons and 5 is the least"):
        from_ratings(pack, vision, "1 > 2")


def test_a_taste_that_cannot_be_saved_is_a_sentence(pack, vision, folders):  # noqa: F811
    files = submodule(pack, "nodes.host.files")
    with pytest.raises(ValueError, match='The reward cannot be saved as "xxx.*File name too long'):
        from_ratings(pack, vision, name=300 * "x")
    folder = files.new_reward_path("mine").parent
    folder.rmdir()
    folder.write_bytes(b"")
    with pytest.raises(ValueError, match='The reward cannot be saved as "mine"'):
        from_ratings(pack, vision, name="mine")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_a_saved_taste_has_the_rights_that_the_umask_leaves(pack, vision, folders):  # noqa: F811
    before = os.umask(0o027)
    try:
        from_ratings(pack, vision, name="mine")
    finally:
        os.umask(before)
    path = submodule(pack, "nodes.host.files").new_reward_path("mine")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(path.parent.iterdir()) == [path]
