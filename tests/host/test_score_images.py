"""LiDAR Score Images in queued graphs: after LiDAR KSampler, and of a list."""

from .test_server import succeeded

DEMO = {"class_type": "LiDARDemoLoader", "inputs": {}}


def encoder(text):
    return {"class_type": "CLIPTextEncode", "inputs": {"clip": ["demo", 1], "text": text}}


def shown(of, slot=0):
    return {"class_type": "PreviewImage", "inputs": {"images": [of, slot]}}


def test_keep_on_the_sampler_hands_on_one_of_the_batch(server):
    prompt = {
        "demo": DEMO,
        "positive": encoder("two red circles"),
        "negative": encoder(""),
        "latent": {"class_type": "EmptyLatentImage", "inputs": {"width": 128, "height": 128, "batch_size": 3}},
        "config": {
            "class_type": "LiDARLookaheadConfig",
            "inputs": {
                "samples": 3,
                "steps": 2,
                "cfg": 1.5,
                "sampler_name": "euler",
                "scheduler": "karras",
                "lookahead_seed": 0,
            },
        },
        "lidar": {
            "class_type": "LiDARKSampler",
            "inputs": {
                "model": ["demo", 0],
                "seed": 77,
                "steps": 3,
                "cfg": 1.5,
                "sampler_name": "euler",
                "scheduler": "karras",
                "positive": ["positive", 0],
                "negative": ["negative", 0],
                "latent_image": ["latent", 0],
                "denoise": 1.0,
                "vae": ["demo", 2],
                "reward": ["demo", 3],
                "strength": 2.0,
                "start": "fresh noise",
                "keep": 1,
                "reward_prompt": "",
                "lookahead": ["config", 0],
            },
        },
        "decoded": {"class_type": "VAEDecode", "inputs": {"samples": ["lidar", 0], "vae": ["demo", 2]}},
        "shown": shown("decoded"),
    }
    assert len(succeeded(server.run(prompt))["outputs"]["shown"]["images"]) == 1


def test_one_of_a_list_is_handed_on(server):
    def picture(colour):
        inputs = {"width": 64, "height": 64, "batch_size": 1, "color": colour}
        return {"class_type": "EmptyImage", "inputs": inputs}

    prompt = {
        "demo": DEMO,
        "dark": picture(0x111111),
        "light": picture(0xEEEEEE),
        "both": {"class_type": "ImageBatch", "inputs": {"image1": ["dark", 0], "image2": ["light", 0]}},
        "list": {"class_type": "RebatchImages", "inputs": {"images": ["both", 0], "batch_size": 1}},
        "metric": {
            "class_type": "LiDARRewardMetric",
            "inputs": {"metric": "brightness", "direction": "more", "target": 0.5},
        },
        "best": {
            "class_type": "LiDARScoreImages",
            "inputs": {"images": ["list", 0], "reward": ["metric", 0], "prompt": "", "keep": 1},
        },
        "shown": shown("best"),
    }
    assert len(succeeded(server.run(prompt))["outputs"]["shown"]["images"]) == 1
