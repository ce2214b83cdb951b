"""The latents of LiDAR Lookahead are those of its pictures, and come again from a kept pool."""

import io

import torch
from PIL import Image

from .demo_graph import demo_graph, node, succeeded
from .test_workflows import pixels


def test_the_latents_decode_to_the_pictures_best_first(server):
    info = server.get("/object_info")
    graph = demo_graph(info)
    inputs = graph["sampler"]["inputs"]
    shared = ("model", "vae", "reward", "positive", "negative", "latent_image", "lookahead")
    for name in ("sampler", "decoded", "saved"):
        del graph[name]
    graph["look"] = node(info, "LiDARLookahead", **{name: inputs[name] for name in shared})
    graph["decoded"] = node(info, "VAEDecode", samples=["look", 4], vae=["world", 2])
    graph["saved"] = node(info, "SaveImage", images=["look", 1], filename_prefix="samples")
    graph["again"] = node(info, "SaveImage", images=["decoded", 0], filename_prefix="again")
    for seed in (0, 1, 0):
        # A prompt that the host has not cached, whose pool is kept the second time.
        graph["config"]["inputs"]["lookahead_seed"] = 870 + seed
        outputs = succeeded(server.run(graph))["outputs"]
        pictures, decoded = (
            [pixels(Image.open(io.BytesIO(server.image(entry)))) for entry in outputs[name]["images"]]
            for name in ("saved", "again")
        )
        assert len(pictures) == 4
        # Decoded in batches of other sizes, they may round differently.
        for picture, again in zip(pictures, decoded, strict=True):
            assert torch.allclose(picture.int(), again.int(), atol=2)
