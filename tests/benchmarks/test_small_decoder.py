"""The comparison of two decoders: what it measures, on the real embedded world."""

import pytest
import torch

from benchmarks.prompts import cases
from benchmarks.small_decoder import Comparison, best, compare, kendall, table


def test_kendalls_tau_counts_pairs():
    first = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert kendall(first, 10 * first) == 1
    assert kendall(first, -first) == -1
    # One of six pairs is swapped.
    assert kendall(first, torch.tensor([2.0, 1.0, 3.0, 4.0])) == pytest.approx(4 / 6)
    assert best(torch.tensor([0.0, 5.0, -1.0, 5.0]), 2) == [1, 3]


def test_a_decoder_agrees_with_itself_and_another_is_seen_to_differ(world, monkeypatch):
    monkeypatch.setattr("benchmarks.small_decoder.SAMPLES", 5)
    monkeypatch.setattr("benchmarks.small_decoder.LOOKAHEAD_STEPS", 3)
    case = cases("tuning", 1)[1]
    with torch.inference_mode():
        other = compare(world, case, 1)
        monkeypatch.setattr(world, "small_decoder", world.autoencoder.decoder)
        same = compare(world, case, 1)
    assert (same.difference, same.tau, same.same_best, same.shared_top) == (0, 1, 1, 1)
    assert same.best_right[0] == same.best_right[1]
    assert same.top_right[0] == same.top_right[1]
    assert same.guided_right[0] == same.guided_right[1]
    assert 0 < other.difference < 10
    assert other.seconds[1] < other.seconds[0] / 2


def test_the_table_pairs_the_prompts():
    rows = [
        Comparison(f"prompt {index}", 4.0, 0.5, 1.0, 0.75, (0.06, 0.01), (1.0, right), (1.0, 0.5), (0.5, 0.75))
        for index, right in enumerate((1.0, 0.0, 1.0, 0.0))
    ]
    text = table(rows, 2)
    assert "| one decode, ms | 60.0 | 10.0 | 6.0 times faster |" in text
    assert "| best sample right, % | 100 | 50 | -100 to +0 |" in text
    assert "| best 4 samples right, % | 100 | 50 | -50 to -50 |" in text
    assert "| 2 guided pictures right, % | 50 | 75 | +25 to +25 |" in text
    assert "| Kendall's tau | 0.50 (0.50 to 0.50) |" in text
