"""Writes an API prompt that has each node whose inputs need no file, with all its inputs, as this version saves it.

COMFYUI_PATH=... python -m tests.host.saved_prompts, at the root of the repository, with the Python that runs ComfyUI,
before a release is made. tests/host/test_saved_prompts.py runs what every release saved.
"""

import json
import re
import tempfile
from pathlib import Path

from .conftest import PACKS, ROOT, Server
from .demo_graph import demo_graph, node, succeeded

FOLDER = Path(__file__).parent / "saved"


def whole(info, kind, **inputs):
    """A node with its optional widgets too."""
    made = node(info, kind, **inputs)
    for name, (_, *rest) in info[kind]["input"].get("optional", {}).items():
        if rest and "default" in rest[0]:
            made["inputs"].setdefault(name, rest[0]["default"])
    return made


def prompt(info):
    graph = demo_graph(info, batch=2, keep=1)
    for name in ("sampler", "config"):
        graph[name] = whole(info, graph[name]["class_type"], **graph[name]["inputs"])
    texts = {"positive": ["positive", 0], "negative": ["negative", 0]}
    image = {"latent_image": ["latent", 0]}
    steps = {"steps": 3, "cfg": 1.5, "sampler_name": "euler", "scheduler": "karras"}
    model, vae = ["world", 0], ["world", 2]
    graph |= {
        "metric": whole(info, "LiDARRewardMetric", metric="saturation"),
        "mix": whole(info, "LiDARRewardMix", reward_1=["world", 3], reward_2=["metric", 0]),
        "lookahead": whole(
            info,
            "LiDARLookahead",
            model=model,
            vae=vae,
            reward=["mix", 0],
            cfg=1.5,
            lookahead=["config", 0],
            **texts,
            **image,
        ),
        "kept": whole(info, "LiDARSavePool", pool=["lookahead", 0], filename_prefix="lidar_pools/saved"),
        "loaded": whole(info, "LiDARLoadPool", pool_name="", pattern="lidar_pools/saved_*", after=["kept", 0]),
        "merged": whole(info, "LiDARMergePools", **{"pools.pool_1": ["loaded", 0], "pools.pool_2": ["lookahead", 0]}),
        "guidance": whole(info, "LiDARGuidance", model=model, pool=["merged", 0]),
        "noise": whole(info, "LiDARPoolNoise", pool=["merged", 0], seed=1),
        "guider": node(info, "CFGGuider", model=["guidance", 0], cfg=1.5, **texts),
        "euler": node(info, "KSamplerSelect", sampler_name="euler"),
        "sigmas": node(info, "BasicScheduler", model=model, scheduler="karras", steps=3),
        "from best noise": node(
            info,
            "SamplerCustomAdvanced",
            noise=["noise", 0],
            guider=["guider", 0],
            sampler=["euler", 0],
            sigmas=["sigmas", 0],
            **image,
        ),
        "pictures": node(info, "VAEDecode", samples=["from best noise", 0], vae=vae),
        "best": whole(
            info,
            "LiDARScoreImages",
            images=["pictures", 0],
            reward=["world", 3],
            prompt="two red circles",
            latents=["from best noise", 0],
        ),
        "scored": whole(
            info,
            "LiDARPoolFromScores",
            latents=["from best noise", 0],
            scores=["best", 2],
            prompt="two red circles",
        ),
        "paper": whole(info, "LiDARPaperGuidance", model=model, pool=["scored", 0]),
        "by the paper": node(info, "KSampler", model=["paper", 0], **texts, **image, **steps),
        "decoded by the paper": node(info, "VAEDecode", samples=["by the paper", 0], vae=vae),
        "saved by the paper": node(info, "SaveImage", images=["decoded by the paper", 0], filename_prefix="demo"),
    }
    return graph


def main():
    (version,) = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), packs={"lidar-sampling": PACKS["lidar-sampling"]})
        try:
            saved = prompt(server.get("/object_info"))
            succeeded(server.run(saved))
        finally:
            server.stop()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{version}.json").write_text(json.dumps(saved, indent=2) + "\n")


if __name__ == "__main__":
    main()
