"""The results file, resuming, intervals, tables and plots."""

import json
import lzma
import math

import pytest
import torch

from benchmarks import records, tune
from benchmarks.cells import by_setting, plotted_cost
from benchmarks.intervals import interval, ratio_interval
from benchmarks.plots import curves_of, plots
from benchmarks.prompts import cases
from benchmarks.report import reach_tables, tables
from benchmarks.runs import diversity, in_part, refuse_other_code, run, share
from benchmarks.specs import Spec
from benchmarks.workplace import Sampling

SAMPLING = "euler_ancestral/simple/2"


def cell(spec, case, verified, rewards=(0.0, 0.0), samples=None, nfe=8):
    name = spec.split(":")[0]
    cost = {"nfe": nfe, "backward": 0, "decodes": 2, "scores": 2, "gradients": 0}
    return {
        "split": "reported",
        "case": case,
        "family": "colours" if case % 2 else "counting",
        "prompt": f"prompt {case}",
        "images": 2,
        "sampling": SAMPLING,
        "spec": spec,
        "name": name,
        "options": {"samples": samples} if samples else {},
        "verified": list(verified),
        "rewards": list(rewards),
        "diversity": 12.0,
        "flaws": [5.0, 8.0] if spec.startswith("lidar") else [6.0, 7.5],
        "cost": cost | {"seconds": 3.0, "memory": 7.0},
    }


def test_a_run_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    out, sampling = tmp_path / "results.jsonl", [Sampling.parse(SAMPLING)]
    first = run(out, "tuning", 1, 2, sampling, ["plain"], quiet=True)
    lines = out.read_text().splitlines()
    assert len(first) == len(lines) == 6
    # Stopped in the middle of writing the last line.
    out.write_text("\n".join(lines[:5]) + "\n" + lines[5][:40])
    again = run(out, "tuning", 1, 2, sampling, ["plain", "best-of:n=2"], quiet=True)
    _, cells = records.read(out)
    assert len(again) == len(cells) == 12
    assert len({records.key(row) for row in cells}) == 12
    plain = [row for row in again if row["spec"] == "plain"]
    assert [row["rewards"] for row in plain] == [row["rewards"] for row in first]
    monkeypatch.setattr("benchmarks.runs.measure", None)
    assert run(out, "tuning", 1, 2, sampling, ["best-of:n=2", "plain"], quiet=True)


def test_a_cell_holds_what_was_asked_and_found(tmp_path):
    (row, *_) = run(tmp_path / "r.jsonl", "tuning", 1, 3, [Sampling.parse(SAMPLING)], ["best-of:n=2"], quiet=True)
    assert len(row["verified"]) == len(row["rewards"]) == 3
    assert row["cost"]["nfe"] == 2 * 3 * 2 * 2
    assert row["options"] == {"n": 2}
    assert row["diversity"] > 0


def test_feynman_kac_is_left_out_where_no_noise_is_drawn(tmp_path):
    samplings = [Sampling.parse("euler/simple/2"), Sampling.parse("dpmpp_2m/karras/2")]
    assert run(tmp_path / "r.jsonl", "tuning", 1, 1, samplings, ["fk:tuned", "universal:repeats=2,scale=0"], quiet=True)
    _, cells = records.read(tmp_path / "r.jsonl")
    assert {(row["sampling"], row["name"]) for row in cells} == {("euler/simple/2", "universal")}


def test_parts_share_out_the_prompts_with_all_families_in_each():
    everything = cases("tuning", 5)
    parts = [[case for case in everything if in_part(case, number, 2)] for number in (1, 2)]
    assert sorted(case.index for part in parts for case in part) == list(range(30))
    assert [len({case.prompt.family for case in part}) for part in parts] == [6, 6]
    assert share("2/3") == (2, 3)
    with pytest.raises(ValueError):  # noqa: PT011
        share("0/3")


def test_results_of_other_code_are_refused(tmp_path):
    out = tmp_path / "r.jsonl"
    records.append(out, records.run_header(["--quick"]))
    refuse_other_code(out)
    records.append(out, {"run": [], "code": "0000"})
    with pytest.raises(ValueError, match="holds results of other code"):
        refuse_other_code(out)


def test_a_broken_line_in_the_middle_is_named(tmp_path):
    (tmp_path / "r.jsonl").write_text('{"run": []}\n{"a\n{"run": []}\n')
    with pytest.raises(ValueError, match="Line 2 of"):
        records.read(tmp_path / "r.jsonl")


def test_intervals_agree_with_the_normal_approximation():
    values = torch.randn(400, generator=torch.Generator().manual_seed(0)).double()
    low, high = interval(values.tolist(), range(400))
    half = 1.96 * values.std().item() / 20
    # 10,000 draws give the ends to a few hundredths of the half width.
    assert low == pytest.approx(values.mean().item() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean().item() + half, abs=0.1 * half)


def test_values_of_one_prompt_are_not_counted_as_independent():
    values = torch.randn(50, generator=torch.Generator().manual_seed(0)).tolist()
    once = interval(values, range(50))
    four_times = interval(
        [value for value in values for _ in range(4)], [prompt for prompt in range(50) for _ in range(4)]
    )
    assert four_times == pytest.approx(once)
    assert all(math.isnan(end) for end in interval([1.0, 2.0], ["same", "same"]))


def test_a_ratios_interval_draws_both_parts_together():
    generator = torch.Generator().manual_seed(0)
    under = (1 + torch.rand(60, generator=generator)).tolist()
    assert ratio_interval([3 * value for value in under], under, range(60)) == pytest.approx((3.0, 3.0))
    independent = ratio_interval((1 + torch.rand(60, generator=generator)).tolist(), under, range(60))
    assert independent[0] < 1 < independent[1]
    assert independent[1] - independent[0] > 0.05


def timed(spec, case, verified, seconds):
    row = cell(spec, case, verified)
    row["cost"]["seconds"] = seconds
    return row


def test_the_cheapest_setting_that_reaches_the_reference_is_named():
    found = {
        "universal": ((True, True), (True, False), 10.0),
        "lidar:keep_of=4": ((True, True), (True, True), 5.0),
        "lidar:keep_of=2": ((True, True), (True, False), 2.0),
        "lidar": ((True, False), (True, False), 1.0),
        "plain": ((False, False), (False, False), 0.5),
        "plain:longer=2": ((True, False), (False, False), 1.0),
    }
    cells = [
        timed(spec, case, verified[case % 2], verified[2] * (1 + case))
        for spec, verified in found.items()
        for case in range(6)
    ]
    text = reach_tables(cells, "universal")
    assert "| cheapest with at least 75 % |" in text
    assert "| lidar:keep_of=2 | 75 % | +0 to +0 | 3.50 | 5.0 | 5.0 to 5.0 |" in text
    assert "| plain: none; best is plain:longer=2 | 25 % |" in text
    assert "keep_of=4" not in text
    assert reach_tables(cells, "fk").strip() == ""


def test_curves_join_settings_that_differ_in_one_option_alone():
    def setting(spec, **options):
        return [cell(spec, 0, (True, True)) | {"options": options}]

    group = {
        "lidar": setting("lidar", keep_of=1, samples=16),
        "lidar:keep_of=2": setting("lidar:keep_of=2", keep_of=2, samples=16),
        "lidar:samples=4": setting("lidar:samples=4", keep_of=1, samples=4),
        "lidar:samples=4,keep_of=2": setting("lidar:samples=4,keep_of=2", keep_of=2, samples=4),
        "plain": setting("plain", longer=1),
    }
    curves = {name: [value for value, _ in points] for name, points in curves_of(group, "keep_of").items()}
    assert curves == {"lidar": [1, 2], "lidar:samples=4": [1, 2]}
    assert set(curves_of(group, "samples")) == {"lidar", "lidar:keep_of=2"}
    assert curves_of(group, "longer") == {}


def test_tables_state_means_pairs_and_costs_of_the_common_cases():
    cells = [cell("plain", case, (True, False), (1.0, 3.0)) for case in range(4)]
    cells += [cell("lidar", case, (True, True), (2.0, 4.0), nfe=40) for case in range(3)]
    text = tables(cells)
    assert f"### {SAMPLING}, split reported" in text
    assert "3 prompts (3 different ones), 2 pictures each." in text
    assert "| plain | 50 % | 50 to 50 |  | 6.8 |  | 2.00 |  | 3.00 | 12 |" in text
    assert "| lidar | 100 % | 100 to 100 | +50 to +50 | 6.5 | -0.2 to -0.2 | 3.00 | +1.0 to +1.0 | 4.00 | 12 |" in text
    assert "| lidar | 20 | 0 | 1 | 1 | 0 | 1.50 | 7 |" in text
    assert [len(rows) for rows in next(iter(by_setting(cells).values())).values()] == [3, 3]


def test_other_options_splits_and_numbers_of_pictures_are_never_mixed():
    cells = [cell("lidar", 0, (True, True), samples=samples) for samples in (4, 8)]
    cells.append(cell("lidar", 0, (False, False)) | {"split": "tuning"})
    cells.append(cell("lidar", 0, (False,)) | {"images": 1})
    groups = by_setting(cells)
    assert [list(group) for group in groups.values()] == [["lidar", "lidar (2)"], ["lidar"], ["lidar"]]
    assert "- lidar (2): samples 8" in tables(cells)


def test_a_differentiated_call_is_plotted_as_three():
    row = cell("universal", 0, (True, True), nfe=8)
    row["cost"]["backward"] = 6
    assert plotted_cost(row, "nfe") == (8 + 2 * 6) / 2
    assert plotted_cost(row, "seconds") == 1.5


def test_plots_are_drawn_from_the_cells(tmp_path):
    cells = [cell("plain", case, (True, False)) for case in range(3)]
    for samples in (4, 16):
        cells += [cell(f"lidar:samples={samples}", case, (True, True), samples=samples) for case in range(3)]
    files = plots(cells, tmp_path)
    assert [file.name for file in files] == [
        "euler_ancestral-simple-2-reported-cost.svg",
        "euler_ancestral-simple-2-reported-samples.svg",
    ]
    texts = [file.read_text() for file in files]
    assert all("<svg" in text and ">verified, %</text>" in text for text in texts)
    assert "lidar:samples=4" in texts[0]
    assert ">plain</text>" in texts[1]


def test_a_methods_budgets_are_joined_over_cost(tmp_path):
    cells = [cell("plain", case, (True, False)) for case in range(3)]
    for n in (2, 4):
        cells += [cell(f"best-of:n={n}", case, (True, True), nfe=8 * n) | {"options": {"n": n}} for case in (0, 1)]
    (file,) = plots(cells, tmp_path)
    text = file.read_text()
    assert ">best-of by n</text>" in text
    assert "best-of:n=2" not in text


def test_diversity_is_the_mean_difference_between_pictures():
    pictures = torch.tensor([0.0, 0.0, 1.0])[:, None, None, None].expand(3, 4, 4, 3)
    assert diversity(pictures) == pytest.approx(255 * 2 / 3)
    assert diversity(pictures[:1]) == 0


def test_tuning_keeps_the_best_and_says_what_it_tried(tmp_path, monkeypatch):
    reached = {1: 0.0, 2: 1.0, 3: 1.0}

    def measured(out, split, per_family, images, samplings, texts, quiet):
        assert split == "tuning"
        longer = [Spec.parse(text).options["longer"] for text in texts]
        return [cell(text, 0, [reached[value]], [float(-value)]) for text, value in zip(texts, longer, strict=True)]

    monkeypatch.setattr(tune, "run", measured)
    stages = [{"longer": (1, 2, 3)}]
    record = tune.tune(tmp_path / "r.jsonl", "plain", Sampling.parse(SAMPLING), 1, 1, "accuracy", stages)
    assert record["options"] == {"longer": 2}
    assert len(record["tried"]) == 3
    file = tmp_path / "tuned.json"
    tune.save(Sampling.parse(SAMPLING), "plain", record, file)
    monkeypatch.setattr("benchmarks.specs.TUNED", file)
    assert Spec.parse("plain:tuned", SAMPLING).options == {"longer": 2}
    assert Spec.parse("plain:tuned,longer=3", SAMPLING).options == {"longer": 3}
    with pytest.raises(ValueError, match="plain is not tuned for euler/karras/9: run python -m benchmarks.tune"):
        Spec.parse("plain:tuned", "euler/karras/9")
    assert json.loads(file.read_text())[SAMPLING]["plain"]["by"] == "accuracy"


def test_beside_a_choice_lie_it_and_its_neighbours():
    stage = {"scale": (0.03, 0.1, 0.3, 1.0, 3.0), "potential": ("max", "add"), "joint": (False, True)}
    near = tune.beside(stage, {"scale": 0.3, "potential": "add"})
    assert near == stage | {"scale": (0.1, 0.3, 1.0)}
    assert tune.beside(stage, {"scale": 0.03})["scale"] == (0.03, 0.1)


def test_an_untried_choice_says_whose_it_is():
    other = "euler_ancestral/simple/20"
    chosen = tune.tuned_options("universal", other)
    assert tune.untried("universal", Sampling.parse("euler/flow/28"), other) == {"options": chosen, "as": other}
    many = tune.untried("universal", Sampling.parse("ddim/simple/100"), other)
    assert many == {"options": {"every": 5} | chosen, "as": other}


def test_results_may_be_packed(tmp_path):
    records.append(tmp_path / "r.jsonl", records.run_header(["--quick"]))
    before = records.read(tmp_path / "r.jsonl")
    (tmp_path / "r.jsonl.xz").write_bytes(lzma.compress((tmp_path / "r.jsonl").read_bytes()))
    (tmp_path / "r.jsonl").unlink()
    assert records.read(tmp_path / "r.jsonl") == before
    assert records.read(tmp_path / "other.jsonl") == ([], [])
