"""Both forms of the term compute the same, and the stated counts are right."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.operations import LATENTS, decoder_operations, operations_table
from benchmarks.speed import broadcast_shift, lookahead_row, term_rows, term_table
from lidar_core.guidance.closed_form import PreparedPool


@pytest.mark.parametrize("shape", [(4, 8, 8), (2, 3, 4, 5)])
@pytest.mark.parametrize(("a", "b"), [(1.0, 3.0), (0.4, 0.6)])
def test_the_broadcast_form_and_the_shipped_one_agree(shape, a, b):
    generator = torch.Generator().manual_seed(0)
    pool = torch.randn(7, *shape, generator=generator)
    # At most twice the distance between samples, so that the last one pulls x away from the first.
    tilts = 2 * pool[0].numel() * (a / b) ** 2 * torch.linspace(0, 1, 7)
    x = a * pool[:3] + b * torch.randn(3, *shape, generator=generator)
    a, b = torch.tensor([a, a, 0.9 * a]), torch.tensor([b, 1.1 * b, b])
    prepared = PreparedPool(pool, tilts)
    shipped = prepared.shift(prepared.weights(x, a, b))
    exact = broadcast_shift(pool.double(), tilts.double(), x.double(), a.double(), b.double())
    # Distances are of up to a thousand nats, which float32 holds to 1e-5.
    torch.testing.assert_close(shipped.double(), exact, atol=2e-3, rtol=2e-3)
    torch.testing.assert_close(broadcast_shift(pool, tilts, x, a, b).double(), exact, atol=2e-3, rtol=2e-3)
    assert shipped.abs().max() > 0.1


MEASURE = """
import torch
from benchmarks.speed import broadcast_shift, measure
pool, x, ones = torch.randn(64, 4, 64, 64), torch.randn(4, 4, 64, 64), torch.ones(4)
found = measure(lambda: broadcast_shift(pool, torch.zeros(64), x, ones, ones), torch.device("cpu"), 0.0)
print(found.mebibytes, found.seconds)
"""


def test_the_broadcast_form_takes_the_memory_it_says():
    # In a process of its own: resident memory counts what the allocator kept of earlier tests.
    command = [sys.executable, "-c", MEASURE]
    root = Path(__file__).parents[2]
    result = subprocess.run(command, capture_output=True, text=True, cwd=root, check=True)
    mebibytes, seconds = map(float, result.stdout.split())
    one = 4 * 4 * 64 * 4 * 64 * 64 / 2**20
    # At least two exist at once; the allocator and the count of resident pages add some MiB.
    assert 1.8 * one < mebibytes < 3.5 * one
    assert seconds > 0


def test_rows_beyond_the_limit_say_what_they_would_take(monkeypatch):
    monkeypatch.setattr("benchmarks.speed.LATENTS", {"tiny": (4, 8, 8), "large": (16, 128, 128)})
    monkeypatch.setattr("benchmarks.speed.SAMPLES", (50,))
    monkeypatch.setattr("benchmarks.speed.BATCHES", (4,))
    tiny, large = term_rows(torch.device("cpu"), 0.2, quick=True)
    assert tiny["guide_ms"] > 0
    assert tiny["broadcast_ms"] > 0
    assert "guide_ms" in large
    assert large["broadcast_left_out"] == pytest.approx(2 * 4 * 4 * 50 * 16 * 128 * 128 / 2**30)
    assert "not run, 0.4 GiB" in term_table([large]).splitlines()[-1]


def test_the_terms_share_is_its_operations_over_one_calls():
    (row,) = operations_table({"SDXL, 1024 x 1024": 6e12}).splitlines()[2:]
    term = 4 * 50 * 4 * 128 * 128
    assert f"{term / 1e9:.3f}" in row
    assert f"{6e12 / term:,.0f}" in row


def test_a_lookaheads_parts_do_not_exceed_its_whole(world):
    row = lookahead_row(world, 2, 2, 1)
    parts = [row[name] for name in ("denoiser", "decoder", "scorer", "text encoder")]
    assert all(part > 0 for part in parts)
    assert sum(parts) <= row["total"]


def test_every_latent_has_its_elements():
    assert {torch.Size(shape).numel() for shape in LATENTS.values()} == {16384, 65536, 262144, 1297920}


def test_the_tiny_decoders_operations_are_those_of_its_convolutions():
    """TAESD's decoder: blocks of three convolutions of 64 channels, three of them at each of three sizes, then one."""
    _, tiny = decoder_operations()["SD 1.5, 512 x 512"]
    body = 2 * 9 * 64 * 64
    small = 2 * 9 * 64 * (4 * 64**2 + 3 * 512**2)
    blocks = body * (9 * 64**2 + 9 * 128**2 + 9 * 256**2 + 3 * 512**2)
    after_upsampling = body * (128**2 + 256**2 + 512**2)
    assert tiny == small + blocks + after_upsampling
