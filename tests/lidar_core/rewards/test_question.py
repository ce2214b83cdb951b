import pytest
import torch

from lidar_core.rewards.question import DEFAULT_QUESTION, asked, fitted, log_odds


def test_log_odds_are_the_ratio_of_the_answers_probabilities():
    logits = 5 * torch.randn(4, 50, generator=torch.Generator().manual_seed(0))
    odds = logits.double().softmax(-1)
    expected = (odds[:, [3, 7]].sum(-1) / odds[:, [1, 9]].sum(-1)).log().float()
    torch.testing.assert_close(log_odds(logits[:, [3, 7]], logits[:, [1, 9]]), expected, atol=1e-5, rtol=1e-5)


def test_log_odds_still_rank_where_probabilities_tie():
    yes, no = torch.tensor([[60.0], [70.0]]), torch.tensor([[0.0], [0.0]])
    assert (torch.sigmoid(yes - no) == 1).all()
    assert log_odds(yes, no).tolist() == [60, 70]


def test_the_prompt_takes_its_place_and_other_braces_stand():
    assert asked(DEFAULT_QUESTION, "a cat") == 'Does this picture show "a cat"? Answer Yes or No.'
    assert asked("{prompt} {x} {} {prompt}", "{prompt}s") == "{prompt}s {x} {} {prompt}s"


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (1024, 1024, (448, 448)),
        (768, 1344, (352, 608)),
        (2048, 2048, (448, 448)),
        (128, 128, (128, 128)),
        (130, 70, (128, 64)),
        (8, 4000, (32, 4000)),
    ],
)
def test_pictures_are_fitted_to_multiples_and_about_448_pixels_square(height, width, size):
    fitted_size = fitted(torch.rand(1, height, width, 3)).shape[1:3]
    assert tuple(fitted_size) == tuple(round(side / 32) * 32 for side in size)
    assert fitted_size[0] * fitted_size[1] <= 1.1 * 448 * 448


def test_fitting_filters_and_keeps_the_range():
    checks = (
        (torch.arange(1024)[:, None] + torch.arange(1024)).remainder(2).float()[None, ..., None].expand(-1, -1, -1, 3)
    )
    small = fitted(checks)
    assert (small[:, 8:-8, 8:-8] - 0.5).abs().max() < 0.02
    edges = (torch.arange(1024) > 500).float()[None, None, :, None].expand(1, 1024, -1, 3)
    assert fitted(edges).min() >= 0
    assert fitted(edges).max() <= 1
    assert torch.equal(fitted(checks[:, :64, :96]), checks[:, :64, :96])
