import math

import pytest
import torch

from benchmarks.feynman_kac import POTENTIALS, FeynmanKac, log_potentials
from benchmarks.prompts import cases
from benchmarks.workplace import Sampling, Workplace


@pytest.mark.parametrize("potential", POTENTIALS)
def test_potentials_are_those_of_the_paper(potential):
    """Against the definitions, particle by particle and reward by reward."""
    rewards = torch.tensor([[0.3, -2.0, 1.0], [1.5, -1.0, -0.5], [0.2, -3.0, 2.0]], dtype=torch.float64)
    lam = 0.7
    history = FeynmanKac(potential=potential).unseen(rewards[0])
    for time in range(3):
        logs, history = log_potentials(potential, lam, rewards[time], history)
        for particle in range(3):
            past = rewards[: time + 1, particle].tolist()
            before = past[-2] if time else 0.0
            expected = {"max": max(past), "add": sum(past), "difference": past[-1] - before}[potential]
            assert math.exp(logs[particle].item()) == pytest.approx(math.exp(lam * expected), rel=1e-12)


def test_the_differences_multiply_to_the_last_reward():
    rewards = torch.randn(5, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    total, history = torch.zeros(8, dtype=torch.float64), torch.zeros(8, dtype=torch.float64)
    for row in rewards:
        logs, history = log_potentials("difference", 2.0, row, history)
        total += logs
    torch.testing.assert_close(total, 2.0 * rewards[-1])


def test_particles_are_drawn_in_proportion_to_their_potentials(world, student, monkeypatch):
    """2,000 particles with four known first rewards, through one draw before the first step."""
    work = Workplace(world, student, cases("tuning", 1)[1], Sampling.parse("ddim/karras/1"), images=1)
    kinds, count = torch.tensor([0.0, 1.0, 2.0, -1.0]), 2000
    seen = []
    monkeypatch.setattr(work, "seeds", lambda turn=0: (turn,))
    monkeypatch.setattr(
        world, "denoise", lambda x, sigma, text, cfg: torch.arange(len(x)).view(-1, 1, 1, 1).expand_as(x)
    )

    def rewards(latents):
        seen.append(latents[:, 0, 0, 0].long() % 4)
        return kinds[seen[-1]]

    monkeypatch.setattr(work, "rewards", rewards)
    work.run(FeynmanKac(particles=count, lam=0.8, first=0.0, last=0.0, draws=1))
    shares = torch.bincount(seen[1], minlength=4) / count
    expected = (0.8 * kinds).exp() / (0.8 * kinds).exp().sum()
    # Standard errors of the shares are at most 0.011.
    torch.testing.assert_close(shares, expected, atol=0.045, rtol=0)


def test_a_particle_brings_its_ancestors_rewards(world, student, monkeypatch):
    """Particles are numbers that never change: the second draw must see each particle's own first reward."""
    work = Workplace(world, student, cases("tuning", 1)[1], Sampling.parse("ddim/karras/4"), images=2)
    firsts = torch.tensor([0.5, 2.0, -1.0, 0.1, 1.0, 0.3, -0.2, 0.9])
    noises, seen = [torch.arange(8.0).view(8, 1, 1, 1) / work.runner.schedule(4)[0]], []
    monkeypatch.setattr(work.runner, "noise", lambda seeds: lambda: noises.pop() if noises else torch.zeros(8, 1, 1, 1))
    monkeypatch.setattr(work.runner, "denoiser", lambda prompt: lambda x, sigma: x)

    def watched(potential, lam, rewards, history):
        seen.append((rewards, history.clone()))
        return log_potentials(potential, lam, rewards, history)

    monkeypatch.setattr("benchmarks.feynman_kac.log_potentials", watched)
    monkeypatch.setattr(work, "rewards", lambda latents: firsts[latents.flatten().round().long()])
    got, _ = work.run(FeynmanKac(particles=4, potential="max", first=0.25, last=0.5, draws=2))
    (_, before), (rewards, history) = seen
    assert before.tolist() == [float("-inf")] * 8
    torch.testing.assert_close(history, rewards)
    assert not torch.equal(history, firsts)
    # Rows 0, 2, 4, 6 are the first picture's particles: their best can only be one of theirs.
    assert [value % 2 for value in got.flatten().round().tolist()] == [0, 1]


def test_all_weight_at_the_last_step_is_the_best_of_each_pictures_own_particles(workplace):
    work = workplace()
    turns = torch.stack([work.plain(turn) for turn in range(3)])
    rewards = torch.stack([work.rewards(latents) for latents in turns])
    method = FeynmanKac(particles=3, lam=1e6, first=2 / 3, last=2 / 3, draws=1)
    got, _ = work.run(method)
    torch.testing.assert_close(got, turns[rewards.argmax(0), torch.arange(2)], atol=1e-3, rtol=1e-3)


def test_pictures_keep_to_their_own_particles_unless_joint(workplace):
    work = workplace()
    apart, _ = work.run(FeynmanKac(particles=2, lam=1e6, first=2 / 3, last=2 / 3, draws=1))
    joint, _ = work.run(FeynmanKac(particles=2, lam=1e6, first=2 / 3, last=2 / 3, draws=1, joint=True))
    assert not torch.allclose(apart[0], apart[1], atol=1e-2)
    torch.testing.assert_close(joint[0], joint[1])


def test_a_sampler_without_noise_is_refused(workplace):
    with pytest.raises(ValueError, match="needs a sampler that draws noise"):
        workplace("euler/karras/3").run(FeynmanKac())


def test_draws_are_evenly_spaced():
    assert FeynmanKac().steps(100) == {20, 40, 60, 80}
