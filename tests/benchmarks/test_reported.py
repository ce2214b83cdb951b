"""The list of reported results: every part can be run, and the command writes the files."""

import pytest
import torch

from benchmarks import frontier, records, reported, strength
from benchmarks.alignment import DEFAULT_METHODS, DEFAULT_SAMPLINGS
from benchmarks.parts import Part, command, timed, write
from benchmarks.runs import fitting
from benchmarks.specs import fits
from benchmarks.workplace import Sampling


@pytest.mark.parametrize("part", [*reported.PARTS.values(), *frontier.PARTS.values(), *strength.PARTS.values()])
def test_every_method_of_a_part_is_tuned_and_fits_its_samplings(part):
    assert len(set(part.methods)) == len(part.methods)
    for text in part.samplings:
        sampling = Sampling.parse(text)
        assert [method for method in part.methods if not fits(method, sampling)] == []
        assert len(fitting(list(part.methods), sampling)) == len(part.methods)


@pytest.mark.parametrize("text", DEFAULT_SAMPLINGS)
def test_every_default_sampling_is_tuned(text):
    assert fitting(list(DEFAULT_METHODS), Sampling.parse(text))


def test_tables_and_plots_of_all_parts_that_are_there(tmp_path):
    part = Part(("euler/simple/2",), ("plain", "best-of:n=2"), prompts=1, images=1)
    part.do(tmp_path / "sixteen.jsonl", (1, 1), "cpu")
    assert len(records.read(tmp_path / "sixteen.jsonl")[1]) == 12
    write(tmp_path, reported.PARTS, reported.REFERENCE, None)
    tables = (tmp_path / "tables.md").read_text()
    assert "## sixteen" in tables
    assert "## ancestral" not in tables
    assert tables.count("| best-of:n=2 |") == 3
    assert [file.suffix for file in (tmp_path / "plots" / "sixteen").iterdir()] == [".svg"]


def test_the_command_does_what_is_missing_and_plots_accuracy_and_quality(tmp_path, monkeypatch):
    drafts = "samples=4,lookahead_steps=2,student=true"
    parts = {"two": Part(("euler/simple/2",), ("plain", "plain:longer=1.5", f"lidar:{drafts}"), prompts=9, images=2)}
    for _ in range(2):
        monkeypatch.setattr("sys.argv", ["frontier", "--out", str(tmp_path), "--prompts", "1"])
        command("frontier", "", tmp_path, parts, "universal:tuned")
        assert len(records.read(tmp_path / "two.jsonl")[1]) == 18
    (plot,) = (tmp_path / "plots" / "two").iterdir()
    assert "verified, %" in plot.read_text()
    assert "flaws of the pictures" in plot.read_text()
    row = next(line for line in (tmp_path / "tables.md").read_text().splitlines() if line.startswith("| plain | "))
    assert float(row.split("|")[5]) > 0


def test_seconds_of_another_run_are_shown_and_ways_without_them_are_left_out(tmp_path):
    sampling, one = ("euler/simple/2",), Part(("euler/simple/2",), ("plain",), prompts=1, images=1)
    Part(sampling, ("plain", "best-of:n=2"), prompts=1, images=1).do(tmp_path / "much" / "one.jsonl", (1, 2), "cpu")
    Part(sampling, ("plain", "best-of:n=2"), prompts=1, images=1).do(tmp_path / "much" / "one.jsonl", (1, 1), "cpu")
    one.do(tmp_path / "clock" / "one.jsonl", (1, 1), "cpu")
    cells, clock = (records.read(tmp_path / folder / "one.jsonl")[1] for folder in ("much", "clock"))
    shown = timed(cells, clock)
    assert (len(cells), len(shown)) == (12, 6)
    seconds = sum(cell["cost"]["seconds"] for cell in clock) / 6
    assert [cell["cost"]["seconds"] for cell in shown] == pytest.approx([seconds] * 6)
    assert [cell["rewards"] for cell in shown] == [cell["rewards"] for cell in cells if cell["spec"] == "plain"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_what_a_cpu_gives(tmp_path):
    part = Part(("euler_ancestral/simple/8",), ("plain", "lidar:samples=4,student=true,lookahead_steps=2"), prompts=1)
    for device in ("cpu", "cuda"):
        part.do(tmp_path / device, (1, 1), device)
    rewards = [[cell["rewards"] for cell in records.read(tmp_path / device)[1]] for device in ("cpu", "cuda")]
    torch.testing.assert_close(*map(torch.tensor, rewards), rtol=1e-3, atol=1e-3)
