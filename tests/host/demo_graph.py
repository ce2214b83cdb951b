"""Small API prompts of the embedded world."""

import io

from PIL import Image


def node(info, kind, **inputs):
    """A node whose other inputs have their defaults."""
    defaults = {}
    for name, (input_type, *rest) in info[kind]["input"].get("required", {}).items():
        options = rest[0] if rest else {}
        if "default" in options:
            defaults[name] = options["default"]
        elif isinstance(input_type, list) and input_type:
            defaults[name] = input_type[0]
        elif options.get("options"):
            defaults[name] = options["options"][0]
    return {"class_type": kind, "inputs": {**defaults, **inputs}}


def demo_graph(info, text="two red circles", batch=1, **sampler):
    """LiDAR KSampler on the embedded world, saving its pictures; sampler: other inputs of LiDAR KSampler."""
    inputs = {
        "model": ["world", 0],
        "vae": ["world", 2],
        "reward": ["world", 3],
        "positive": ["positive", 0],
        "negative": ["negative", 0],
        "latent_image": ["latent", 0],
        "lookahead": ["config", 0],
        "steps": 3,
        "cfg": 1.5,
        "sampler_name": "euler",
        "scheduler": "karras",
        **sampler,
    }
    return {
        "world": node(info, "LiDARDemoLoader"),
        "positive": node(info, "CLIPTextEncode", text=text, clip=["world", 1]),
        "negative": node(info, "CLIPTextEncode", text="", clip=["world", 1]),
        "latent": node(info, "EmptyLatentImage", width=128, height=128, batch_size=batch),
        "config": node(info, "LiDARLookaheadConfig", samples=4, steps=2, cfg=1.5),
        "sampler": node(info, "LiDARKSampler", **inputs),
        "decoded": node(info, "VAEDecode", samples=["sampler", 0], vae=["world", 2]),
        "saved": node(info, "SaveImage", images=["decoded", 0], filename_prefix="demo"),
    }


def pictures(server, history, name="saved"):
    """The pixels of the pictures that a node saved, as bytes."""
    return [pixels(server.image(entry)) for entry in history["outputs"][name]["images"]]


def pixels(file):
    """The pixels of a picture file's content, as bytes."""
    return Image.open(io.BytesIO(file)).convert("RGB").tobytes()


def error_of(history):
    """The sentence that the user sees."""
    (error,) = [data for name, data in history["status"]["messages"] if name == "execution_error"]
    return error["exception_message"]


def succeeded(history):
    assert history["status"]["status_str"] == "success", history["status"]["messages"]
    return history
