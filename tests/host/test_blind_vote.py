"""LiDAR Blind Vote in queued graphs: its pairs, their sides, and batches that make no pairs."""

import io

from PIL import Image

from .demo_graph import error_of, succeeded


def graph(first, second):
    """Colours of the first and of the second pictures."""
    prompt = {}

    def batch(name, colours):
        for number, colour in enumerate(colours):
            inputs = {"width": 64, "height": 32, "batch_size": 1, "color": colour}
            prompt[f"{name}{number}"] = {"class_type": "EmptyImage", "inputs": inputs}
        link = [f"{name}0", 0]
        for number in range(1, len(colours)):
            both = {"image1": link, "image2": [f"{name}{number}", 0]}
            prompt[f"{name}_{number}"] = {"class_type": "ImageBatch", "inputs": both}
            link = [f"{name}_{number}", 0]
        return link

    inputs = {"first": batch("first", first), "second": batch("second", second), "first_name": "A", "second_name": "B"}
    return {**prompt, "vote": {"class_type": "LiDARBlindVote", "inputs": inputs}}


def shown(server, first, second):
    (vote,) = succeeded(server.run(graph(first, second)))["outputs"]["vote"]["lidar_vote"]
    return vote


REDS = [shade << 16 for shade in range(100, 220, 10)]
GREENS = [shade << 8 for shade in range(100, 220, 10)]


def test_each_pair_has_its_pictures_in_order_and_a_side_that_its_pixels_choose(server):
    vote = shown(server, REDS, GREENS)
    assert vote["names"] == ["A", "B"]
    pairs = vote["pairs"]
    assert len({pair["id"] for pair in pairs}) == len(REDS)
    # Twelve sides that are all the same come by chance once in 2048 times; these colours are fixed.
    assert {pair["left"] for pair in pairs} == {0, 1}
    for pair, red, green in zip(pairs, REDS, GREENS, strict=True):
        for entry, colour in zip(pair["pictures"], (red, green), strict=True):
            picture = Image.open(io.BytesIO(server.image({**entry, "filename": entry["full"]}))).convert("RGB")
            assert picture.size == (64, 32)
            found = picture.getpixel((30, 15))
            # JPEG.
            assert all(abs(value - (colour >> shift & 255)) < 6 for value, shift in zip(found, (16, 8, 0), strict=True))

    again = shown(server, REDS[3:5], GREENS[3:5])["pairs"]
    assert [(pair["id"], pair["left"]) for pair in again] == [(pair["id"], pair["left"]) for pair in pairs[3:5]]
    swapped = shown(server, GREENS[:1], REDS[:1])["pairs"][0]
    assert swapped["id"] != pairs[0]["id"]


def test_batches_of_different_sizes_make_no_pairs(server):
    assert error_of(server.run(graph(REDS[:2], GREENS[:3]))).startswith(
        "first holds 2 pictures but second holds 3, so they make no pairs: wire two batches of one size"
    )
