import random

import pytest
import torch

from lidar_core.world.grammar import COLOURS, SHAPES, family_prompts, parse, sample_prompt
from lidar_core.world.scenes import PALETTE, Scene, Thing, lay_out, render, signed_distance
from lidar_core.world.verifier import sightings, verify


def grid(size=400):
    line = (torch.arange(size) + 0.5) / size * 2.6 - 1.3
    v, u = torch.meshgrid(line, line, indexing="ij")
    return u, v


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        ("circle", 3.14159),
        ("square", 1.7**2),
        ("triangle", 2.0 * 1.8 / 2),
        ("cross", 2 * 1.9 * 0.66 - 0.66**2),
        ("star", 10 * 0.5 * 1.1 * 0.5 * 0.587785),
    ],
)
def test_shapes_cover_the_area_that_geometry_gives(shape, area):
    u, v = grid()
    covered = (signed_distance(shape, u, v) > 0).float().mean().item() * 2.6**2
    # The grid's cells have the side 0.0065; an outline of length 8 leaves an error of about 0.01.
    assert covered == pytest.approx(area, abs=0.03)


@pytest.mark.parametrize("shape", SHAPES)
def test_distances_are_in_units_of_length_near_the_outline(shape):
    u, v = grid()
    distance = signed_distance(shape, u, v)
    dy, dx = torch.gradient(distance, spacing=2.6 / 400)
    near = (distance.abs() < 0.05) & (dx.hypot(dy) > 0)
    assert dx.hypot(dy)[near].median().item() == pytest.approx(1, abs=0.02)


def test_a_scene_is_drawn_in_its_colours_where_it_says():
    scene = Scene((Thing("square", "blue", 40, 90, 20), Thing("circle", "yellow", 90, 30, 15)), 0.9)
    (picture,) = render([scene])
    torch.testing.assert_close(picture[:, 90, 40], PALETTE[COLOURS.index("blue")])
    torch.testing.assert_close(picture[:, 30, 90], PALETTE[COLOURS.index("yellow")])
    torch.testing.assert_close(picture[:, 5, 5], torch.full((3,), 0.9))


def test_the_verifier_agrees_with_every_render_of_its_own_prompt():
    rng = random.Random(0)
    prompts = [sample_prompt(rng) for _ in range(60)]
    pictures = render([lay_out(prompt, rng) for prompt in prompts])
    wrong = [
        str(prompt) for prompt, picture in zip(prompts, pictures, strict=True) if not verify(prompt, picture[None])
    ]
    assert wrong == []


def things(*descriptions):
    return Scene(tuple(Thing(*description) for description in descriptions), 0.9)


RED_CIRCLE, BLUE_SQUARE = ("circle", "red", 35, 40, 18), ("square", "blue", 95, 45, 18)


@pytest.mark.parametrize(
    ("text", "scene", "right"),
    [
        ("a circle", things(RED_CIRCLE), True),
        ("a red circle", things(RED_CIRCLE), True),
        ("a green circle", things(RED_CIRCLE), False),
        ("a square", things(RED_CIRCLE), False),
        ("a circle", things(RED_CIRCLE, BLUE_SQUARE), False),
        ("a circle and a square", things(RED_CIRCLE, BLUE_SQUARE), True),
        ("a square and a circle", things(RED_CIRCLE, BLUE_SQUARE), True),
        ("a blue circle and a red square", things(RED_CIRCLE, BLUE_SQUARE), False),
        ("a circle left of a square", things(RED_CIRCLE, BLUE_SQUARE), True),
        ("a circle right of a square", things(RED_CIRCLE, BLUE_SQUARE), False),
        ("a circle above a square", things(RED_CIRCLE, BLUE_SQUARE), False),
        ("a circle above a square", things(RED_CIRCLE, ("square", "blue", 40, 100, 15)), True),
        ("two red circles", things(RED_CIRCLE, ("circle", "red", 90, 90, 15)), True),
        ("three red circles", things(RED_CIRCLE, ("circle", "red", 90, 90, 15)), False),
        ("two red circles", things(RED_CIRCLE, ("circle", "green", 90, 90, 15)), False),
        ("two circles", things(RED_CIRCLE, ("circle", "green", 90, 90, 15)), True),
        # Touching objects are one blob of two colours, which is nothing the world knows.
        ("a circle and a square", things(RED_CIRCLE, ("square", "blue", 66, 40, 18)), False),
    ],
)
def test_the_verifier_knows_right_from_wrong(text, scene, right):
    assert verify(parse(text), render([scene])).tolist() == [right]


def test_blends_and_fragments_have_no_shape():
    u, v = torch.meshgrid(torch.linspace(-3, 3, 128), torch.linspace(-3, 3, 128), indexing="xy")
    half = torch.minimum(signed_distance("circle", u, v), -u)
    picture = torch.where(half > 0, PALETTE[0][:, None, None], torch.tensor(0.9))
    ((seen,),) = sightings(picture[None])
    assert seen.shape is None
    assert seen.colour == "red"


def test_layouts_keep_to_the_prompt_and_repeat_by_seed():
    prompt = family_prompts("position")[7]
    assert lay_out(prompt, random.Random(3)) == lay_out(prompt, random.Random(3))
    assert lay_out(prompt, random.Random(3)) != lay_out(prompt, random.Random(4))
