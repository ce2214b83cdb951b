"""The analytic world: its denoiser against dense matrices, its octaves, forms, drafts and guided runs."""

import itertools
import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from benchmarks.fields import octaves
from benchmarks.fields.__main__ import FORMS, WORLDS, kept, rules, table
from benchmarks.fields.drafts import KINDS, draw
from benchmarks.fields.forms import Flow, Model, VarianceExploding
from benchmarks.fields.runs import as_measured, fixed, outcome, prepare, run
from benchmarks.fields.world import Fields


def dense_covariance(fields):
    """The covariance of one channel as a sum of cosines over all frequencies, without a Fourier transform."""
    axes = fields.shape[1:]
    cells = torch.tensor(list(itertools.product(*map(range, axes))), dtype=torch.float64)
    phases = 2 * math.pi * (cells / torch.tensor(axes)) @ cells.T
    waves = torch.cos(phases[:, None, :] - phases[None, :, :])
    return (waves * fields.spectrum.flatten().double()).mean(2)


@pytest.mark.parametrize("shape", [(1, 4, 6), (2, 4, 4), (1, 2, 4, 4)])
@pytest.mark.parametrize(("a", "b"), [(1.0, 0.7), (1.0, 5.0), (0.4, 0.6), (0.0, 1.0)])
def test_the_denoiser_is_exact(shape, a, b):
    fields = Fields(shape, components=3)
    covariance = torch.block_diag(*[dense_covariance(fields)] * shape[0])
    noisy = a**2 * covariance + b**2 * torch.eye(len(covariance), dtype=torch.float64)
    means = fields.to_pictures(fields.means).double().flatten(1)
    x = (a * fields.draw(5, torch.Generator().manual_seed(1)) + b * 0.9).double()
    flat = x.flatten(1)
    log_shares = torch.stack([MultivariateNormal(a * mean, noisy).log_prob(flat) for mean in means], 1)
    shares = log_shares.softmax(1)
    posteriors = torch.stack(
        [mean + (a * covariance @ torch.linalg.solve(noisy, (flat - a * mean).T)).T for mean in means], 1
    )
    expected = (shares[..., None] * posteriors).sum(1).view_as(x)
    found = fields.denoise(x.float(), a, b)
    torch.testing.assert_close(found, expected.float(), atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("name", WORLDS)
def test_its_own_pictures_have_unit_power_and_variance_in_every_size(name):
    fields = Fields(WORLDS[name][0])
    pictures = fields.draw(8, torch.Generator().manual_seed(0))
    # The coarsest octave has the fewest coefficients.
    assert octaves.power(fields, pictures).mean(0).tolist() == pytest.approx([1.0] * octaves.count(fields), abs=0.25)
    assert float(pictures.var()) == pytest.approx(1.0, abs=0.2)


def test_octaves_hold_about_the_same_variance():
    fields = Fields((4, 128, 128))
    octave = octaves.octave_of(fields)
    shares = [float(fields.spectrum[octave == index].sum() / fields.spectrum.sum()) for index in range(6)]
    assert all(0.1 < share < 0.25 for share in shares)


def test_agreement_is_one_with_itself_and_none_with_another():
    fields = Fields((4, 64, 64))
    one, other = fields.draw(16, torch.Generator().manual_seed(0)).split(8)
    assert octaves.agreement(fields, one, one).mean().item() == pytest.approx(1.0, abs=1e-5)
    assert octaves.agreement(fields, one, other).mean(0).abs().max() < 0.1
    coarse = fields.to_pictures(fields.to_frequencies(other).masked_fill(octaves.octave_of(fields) < 2, 0))
    fine = fields.to_pictures(fields.to_frequencies(one).masked_fill(octaves.octave_of(fields) >= 2, 0))
    assert octaves.agreement(fields, one, fine + coarse).mean(0).round().tolist() == [1, 1, 0, 0, 0]


def test_both_forms_are_one_model():
    fields = Fields((4, 16, 16))
    exploding, flow = Model(fields, VarianceExploding()), Model(fields, Flow(3))
    time = torch.tensor(0.6)
    x = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        flow.denoise(x, time), exploding.denoise(x / (1 - time), time / (1 - time)), atol=1e-4, rtol=1e-4
    )
    assert FORMS["flow6"].levels(4).tolist() == pytest.approx([1, 18 / 19, 6 / 7, 2 / 3, 0])


@pytest.mark.parametrize("form", ["flow1", "flow6"])
def test_many_steps_draw_from_the_world(form):
    model = Model(Fields((4, 16, 16)), FORMS[form])
    pictures = model.drafts(48, 250, torch.Generator().manual_seed(0))
    assert octaves.power(model.fields, pictures).mean(0).tolist() == pytest.approx([1.0] * 3, abs=0.08)
    assert float(model.fields.wanted_shares(pictures).mean()) == pytest.approx(0.5, abs=0.25)


def test_every_kind_of_draft_is_what_it_is_called():
    model = Model(Fields((4, 64, 64)), VarianceExploding())
    power = {
        kind: octaves.power(model.fields, draw(model, kind, 8, torch.Generator().manual_seed(0))).mean(0)
        for kind in KINDS
    }
    assert power["2"][-1] < power["4"][-1] < power["8"][-1]
    assert power["blurred"][-1] < 0.5 * power["8"][-1]
    assert power["noisy"][-1] > 1.5 * power["8"][-1]
    assert (power["flat"][1:] < 0.6 * power["8"][1:]).all()
    assert (power["harsh"][1:] > 1.5 * power["8"][1:]).all()
    torch.testing.assert_close(power["shifted"][1:], power["8"][1:], atol=0.2, rtol=0.2)


@pytest.mark.parametrize("form", FORMS)
def test_strength_zero_is_plain_and_more_keeps_more_of_a_draft(form):
    task = prepare(Model(Fields((4, 16, 16)), FORMS[form]), "8", 8, 4, 20, 0)
    assert run(task, fixed(float("inf"))) == run(task, None)
    little, much = run(task, fixed(4.0)), run(task, fixed(0.25))
    assert kept(little) + 0.5 < kept(much) <= 3
    assert 0 < much.asked < little.asked <= 20
    assert much.wanted > 0.99


@pytest.mark.parametrize("world", ["16x16x4", "64x64x4", "clip"])
@pytest.mark.parametrize("form", ["ve", "flow3", "flow13"])
def test_strength_one_follows_the_layout_and_about_three_octaves_at_every_size_and_shift(world, form):
    task = prepare(Model(Fields(WORLDS[world][0]), FORMS[form]), "8", 8, 4, 20, 0)
    found = run(task, as_measured(256))
    assert found.wanted > 0.97
    assert 1.5 < kept(found) < 4
    assert 0 < found.asked < 20
    # The model always draws the last step.
    assert kept(run(task, as_measured(256, 0.25))) < kept(found) <= kept(run(task, as_measured(256, 2.0)))


def test_the_best_drafts_are_wanted():
    task = prepare(Model(Fields((4, 16, 16)), VarianceExploding()), "8", 16, 4, 8, 0)
    best = outcome(task, task.drafts[task.rewards.argmax()][None])
    assert best.wanted > 0.99
    assert best.agreement == pytest.approx([1.0] * 3, abs=1e-4)


def test_a_table_has_a_row_for_each_rule():
    text = table("16x16x4", "flow3", "blurred", rules([2.0, 0.5], [], 128), 1)
    assert [row.split("|")[1].strip() for row in text.splitlines()[4:]] == [
        "drafts",
        "best drafts",
        "plain",
        "hand-over 2",
        "hand-over 0.5",
    ]
