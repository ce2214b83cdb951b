import pytest
import torch

from lidar_core.metrics import MEASURES, SIMILARITY, MetricReward


def flat(red, green, blue, size=32):
    return torch.tensor([red, green, blue]).expand(1, size, size, 3)


STRIPES = torch.tensor([0.0, 1.0]).repeat(16)[None, None, :, None].expand(1, 32, 32, 3)


def test_known_pictures_have_known_values():
    def value(measure, picture):
        return MetricReward(measure).score(picture, "").item()

    assert value("brightness", flat(1.0, 1.0, 1.0)) == pytest.approx(1, abs=1e-3)
    assert value("contrast", flat(0.3, 0.3, 0.3)) == pytest.approx(0, abs=1e-6)
    assert value("contrast", STRIPES) == pytest.approx(0.5, abs=1e-3)
    assert value("colourfulness", flat(0.5, 0.5, 0.5)) == pytest.approx(0, abs=1e-6)
    assert value("colourfulness", flat(1.0, 0.0, 0.0)) == pytest.approx(0.3 * 1.25**0.5, abs=1e-5)
    assert value("symmetry", flat(0.2, 0.4, 0.6)) == pytest.approx(1)
    assert value("symmetry", STRIPES) == pytest.approx(0)
    assert value("sharpness", STRIPES) > 10 * value("sharpness", flat(0.2, 0.4, 0.6)) + 0.1


@pytest.mark.parametrize("measure", MEASURES)
def test_each_picture_is_scored_by_itself(measure):
    pictures = torch.rand(3, 40, 32, 3, generator=torch.Generator().manual_seed(0))
    reward = MetricReward(measure)
    together = reward.score(pictures, "")
    apart = torch.cat([reward.score(picture[None], "") for picture in pictures])
    assert together.shape == (3,)
    torch.testing.assert_close(together, apart)


def test_directions_order_pictures_as_they_say():
    pictures = torch.cat([flat(level, level, level) for level in (0.1, 0.5, 0.9)])
    assert MetricReward("brightness").score(pictures, "").argmax() == 2
    assert MetricReward("brightness", "less").score(pictures, "").argmax() == 0
    assert MetricReward("brightness", "near target", 0.5).score(pictures, "").argmax() == 1


def test_the_reference_itself_is_most_similar_at_any_size():
    generator = torch.Generator().manual_seed(1)
    reference = torch.rand(48, 48, 3, generator=generator)
    reward = MetricReward(SIMILARITY, reference=reference)
    others = torch.stack([torch.rand(48, 48, 3, generator=generator), reference])
    scores = reward.score(others, "")
    assert scores[1] == pytest.approx(1, abs=1e-4)
    assert scores[0] < 0.5
    assert reward.score(torch.rand(1, 24, 24, 3), "").shape == (1,)


def test_similarity_without_a_reference_says_what_to_wire():
    with pytest.raises(ValueError, match="wire one to reference"):
        MetricReward(SIMILARITY)
