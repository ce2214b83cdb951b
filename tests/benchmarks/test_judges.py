"""The measures of benchmarks.judges on pictures whose truth is known."""

import random

import pytest
import torch

from benchmarks.judges import Drawn, NotShrunk, PlaceBlind, best_of, features, hidden_taste, judged, standing
from benchmarks.judges_tables import tables
from benchmarks.prompts import Case, cases
from lidar_core.pools.pool import Pool
from lidar_core.rewards.mix import RewardMix
from lidar_core.rewards.reward import SingleReward
from lidar_core.rewards.taste import learned
from lidar_core.world.grammar import FAMILIES, parse
from lidar_core.world.scenes import Scene, Thing, lay_out, render


class First(SingleReward):
    """The red of the first pixel."""

    name, spread, reads_prompt = "first", 1.0, False

    def values(self, images, prompt):
        return images[:, 0, 0, 0]


def drawn(values, right):
    pictures = torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 2, 2, 3)
    pool = Pool(torch.zeros(len(values), 1), torch.zeros(len(values)), tuple(range(len(values))), "a star")
    return Drawn(cases("reported", 1)[0], pool, pictures, torch.tensor(right))


def test_the_best_of_one_is_any_and_the_best_of_all_is_the_best():
    one = drawn([0.1, 0.4, 0.3, 0.2], [True, False, True, True])
    recipe, parts = First().recipe, First().score(one.pictures, "").parts
    every = best_of(one, recipe, parts, 1)
    assert every.reward == pytest.approx(0, abs=1e-6)
    assert every.right == 0.75
    assert best_of(one, recipe, parts, 2).right == 0.5
    best = best_of(one, recipe, parts, 4)
    assert best.right == 0
    assert best.reward == pytest.approx(0.15 / torch.tensor([0.1, 0.4, 0.3, 0.2]).std().item())


def test_standing():
    assert standing(torch.tensor([3.0]), torch.tensor([1.0, 2.0, 3.0])) == pytest.approx(1)
    assert standing(torch.ones(2), torch.ones(4)) == 0


def test_pictures_are_compared_with_their_prompts_samples():
    """By a mix, too, whose z-scores are those of samples and pictures together."""
    scene = render([Scene((Thing("circle", "red", 40.0, 64.0, 20.0),), shade) for shade in (0.8, 0.85, 0.9, 0.95)])
    pictures = scene.movedim(1, -1)
    pool = Pool(torch.zeros(3, 1), torch.zeros(3), (0, 1, 2), "a red circle")
    case = Case("reported", 0, parse("a red circle"))
    one = Drawn(case, pool, pictures[:3], torch.ones(3, dtype=torch.bool))
    mix = RewardMix([First(), NotShrunk(First())], [1.0, 1.0], "weighted sum")
    point = judged(one, mix, mix.score(one.pictures, "").parts, pictures[3:])
    whole = mix.score(pictures, "").values
    assert point.reward == pytest.approx(standing(whole[3:], whole[:3]))
    assert point.right == 1


def test_a_reward_that_is_not_shrunk_has_the_same_values_and_no_spread():
    bare = NotShrunk(First())
    images = torch.rand(3, 2, 2, 3)
    assert torch.equal(bare.values(images, ""), First().values(images, ""))
    assert (bare.spread, First().spread) == (0, 1)


def row(case, prompt, family, auc, gain):
    best = {"1": [0.0, 0.5, 0.0], "4": [1.0, 0.5 + gain, 0.0]}
    push = "n = 16, strength 1"
    harder = "n = 16, strength 4"
    names = ("scorer", "taste", "scorer + taste", "scorer gates taste")
    pushed = {name: {push: [1.0, 0.5 + gain, 0.75]} for name in names}
    pushed["scorer"][harder] = [2.0, 0.5 - gain, 0.0]
    return {
        "case": case,
        "prompt": prompt,
        "family": family,
        "right": 0.5,
        "agreement": 0.775,
        "correlation": 0.25 + gain,
        "auc": dict.fromkeys(names, auc),
        "best": dict.fromkeys(names, best),
        "plain": {name: [0.0, 0.5, 0.25] for name in names},
        "pushed": pushed,
    }


def test_the_tables_have_means_intervals_and_the_number_of_prompts():
    rows = [row(0, "a star", FAMILIES[0], 0.75, 0.25), row(1, "a cross", FAMILIES[1], None, 0.5)]
    text = tables(rows)
    assert "2 prompts; 50 % of the lookahead samples are verified." in text
    assert f"| reward | {FAMILIES[0]} (1) | {FAMILIES[1]} (0) |" in text
    assert "| scorer | +0.00, 50 % | +1.00, 88 % |" in text
    # Gains of 25 and 50 points, and as much lost when pushed harder.
    assert "| scorer | +0.00, 50 % | +1.00, 88 % (+25 to +50) | +2.00, 12 % (-50 to -25) |" in text
    assert "| taste | +0.75 | +0.50 to +0.50 | 88 % |" in text
    assert "left out 0.78; correlation with the hidden taste within a new prompt 0.62 (0.50 to 0.75)" in text


def picture(x, radius):
    thing = Thing("circle", "red", x, 64.0, radius)
    return render([Scene((thing,), 0.9)]).movedim(1, -1)


def test_the_hidden_taste_is_for_large_things_to_the_left():
    assert hidden_taste(picture(40.0, 20.0)) > hidden_taste(picture(80.0, 20.0))
    assert hidden_taste(picture(64.0, 24.0)) > hidden_taste(picture(64.0, 18.0))


def test_forty_comparisons_teach_a_taste_that_raises_it_on_new_prompts():
    """Of 16 renders of a prompt, the best by the learned taste is good by the hidden taste."""
    rng = random.Random(0)
    rated = render([lay_out(parse("a star"), rng) for _ in range(80)]).movedim(1, -1)
    felt = hidden_taste(rated)
    pairs = [sorted(rng.sample(range(80), 2), key=lambda place: -felt[place]) for _ in range(40)]
    taste = learned(features(rated), pairs)
    gained = []
    for prompt in ("a blue square", "a red circle", "a cross", "two circles", "a star and a green cross"):
        for _ in range(4):
            pictures = render([lay_out(parse(prompt), rng) for _ in range(16)]).movedim(1, -1)
            best = taste.scores(features(pictures)).argmax()
            gained.append(standing(hidden_taste(pictures)[best], hidden_taste(pictures)))
    # The best of 16 normal values stands at 1.77 on average; 20 choices leave 0.2 of noise.
    assert sum(gained) / len(gained) > 0.8
    assert taste.agreement > 0.7


def test_a_judge_that_is_blind_to_places_asks_for_both_things():
    asked = []

    class Scorer:
        spread = 1.0

        def values(self, images, prompt):
            asked.append(prompt)

    blind = PlaceBlind(Scorer())
    for prompt in ("a star left of a circle", "a star above a circle", "two stars"):
        blind.values(None, prompt)
    assert asked == ["a star and a circle", "a star and a circle", "two stars"]
