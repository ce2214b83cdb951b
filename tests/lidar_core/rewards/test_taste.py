import pytest
import torch
from torch.nn import functional

from lidar_core.errors import LidarError
from lidar_core.rewards.taste import bradley_terry, comparisons, learned


def rated(count, pairs, seed=0, width=48, noise=0.0):
    """Features of pictures, of which the hidden taste is one direction; and comparisons by it."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(count, width, generator=generator)
    hidden = functional.normalize(features, dim=1)[:, 0]
    drawn = [torch.randperm(count, generator=generator)[:2].tolist() for _ in range(pairs)]
    felt = [hidden[one] - hidden[other] + noise * torch.randn((), generator=generator) for one, other in drawn]
    return (
        features,
        [(one, other) if more > 0 else (other, one) for (one, other), more in zip(drawn, felt, strict=True)],
        hidden,
    )


def test_lines_and_marks_become_pairs():
    assert comparisons("3 > 1 > 2\n4>1\n\n2 > 4, 1 > 4", 4) == [(2, 0), (0, 1), (3, 0), (1, 3), (0, 3)]
    assert set(comparisons("1: 5; 2: 3; 3: 3; 4: 1.5; 5:4", 5)) == {
        *((0, 1), (0, 2), (0, 3), (0, 4)),
        *((1, 3), (2, 3), (4, 1), (4, 2), (4, 3)),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 > 2\n1 better than 3", r'line "1 better than 3" is neither'),
        ("5 > 1", r'line "5 > 1" names picture 5, but there are 1 to 4'),
        ("0: 3", r"names picture 0"),
        ("1 > 2 > 3 > 4", "make 3 comparisons and 5 is the least"),
        ("1: 3; 2: 3; 3: 3", "make 0 comparisons"),
        ("", "make 0 comparisons"),
    ],
)
def test_other_ratings_are_refused(text, message):
    with pytest.raises(LidarError, match=message):
        comparisons(text, 4)


def test_the_weights_are_those_of_an_independent_optimiser():
    generator = torch.Generator().manual_seed(3)
    differences = torch.randn(30, 12, generator=generator, dtype=torch.float64)
    w = torch.zeros(12, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [w], max_iter=500, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimiser.zero_grad()
        loss = -functional.logsigmoid(differences @ w).sum() + 0.35 * w.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    torch.testing.assert_close(bradley_terry(differences, 0.7), w.detach(), atol=1e-7, rtol=0)


def test_newton_does_not_overshoot_on_comparisons_that_can_be_parted():
    differences = torch.randn(8, 40, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    w = bradley_terry(differences, 1e-6)
    missed = torch.sigmoid(-differences @ w)
    torch.testing.assert_close(differences.T @ missed, 1e-6 * w, atol=1e-10, rtol=1e-6)
    assert (differences @ w > 0).all()


def test_a_hidden_taste_is_learned_and_told_in_new_pictures():
    features, pairs, _ = rated(60, 60)
    taste = learned(features, pairs)
    fresh, _, hidden = rated(400, 1, seed=9)
    assert torch.corrcoef(torch.stack([taste.scores(fresh), hidden]))[0, 1] > 0.6
    assert taste.agreement > 0.65
    assert taste.pairs == 60


def test_comparisons_at_random_are_not_agreed_with():
    features, pairs, _ = rated(60, 200, noise=1e6)
    assert 0.35 < learned(features, pairs).agreement < 0.65


def test_the_rated_pictures_score_zero_on_average_with_a_spread_of_one():
    features, pairs, _ = rated(20, 40)
    scores = learned(features, pairs).scores(3 * features[sorted({place for pair in pairs for place in pair})])
    assert scores.mean().abs() < 1e-4
    assert scores.std(correction=0).item() == pytest.approx(1, abs=1e-4)


def test_equal_pictures_teach_nothing():
    with pytest.raises(LidarError, match="same features"):
        learned(torch.ones(4, 8), [(0, 1)] * 5)


def test_twenty_pairs_take_less_than_a_second():
    from time import perf_counter

    features, pairs, _ = rated(40, 20, width=1280)
    start = perf_counter()
    learned(features, pairs)
    assert perf_counter() - start < 1
