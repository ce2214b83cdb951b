"""The list of what is reported: that all of it can be asked for, and what its command writes."""

import pytest

from benchmarks import records, reported
from benchmarks.alignment import DEFAULT_METHODS, DEFAULT_SAMPLINGS
from benchmarks.runs import fitting
from benchmarks.specs import fits
from benchmarks.workplace import Sampling


@pytest.mark.parametrize("name", reported.PARTS)
def test_every_method_of_a_part_is_tuned_and_fits_its_samplings(name):
    part = reported.PARTS[name]
    assert len(set(part.methods)) == len(part.methods)
    for text in part.samplings:
        sampling = Sampling.parse(text)
        assert [method for method in part.methods if not fits(method, sampling)] == []
        assert len(fitting(list(part.methods), sampling)) == len(part.methods)


@pytest.mark.parametrize("text", DEFAULT_SAMPLINGS)
def test_every_default_sampling_is_tuned(text):
    assert fitting(list(DEFAULT_METHODS), Sampling.parse(text))


def test_tables_and_plots_of_all_parts_that_are_there(tmp_path):
    part = reported.Part(("euler/simple/2",), ("plain", "best-of:n=2"), prompts=1, images=1)
    reported.do(part, tmp_path / "sixteen.jsonl")
    assert len(records.read(tmp_path / "sixteen.jsonl")[1]) == 12
    reported.write(tmp_path)
    tables = (tmp_path / "tables.md").read_text()
    assert "## sixteen" in tables
    assert "## ancestral" not in tables
    assert tables.count("| best-of:n=2 |") == 3
    assert [file.suffix for file in (tmp_path / "plots" / "sixteen").iterdir()] == [".svg"]
