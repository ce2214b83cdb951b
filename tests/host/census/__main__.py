"""Writes docs/models.md from the cases: python -m tests.host.census, at the root of the repository."""

from pathlib import Path

from .cases import CASES

PAGE = Path(__file__).parents[3] / "docs" / "models.md"
HEAD = """# Models

Every model class of ComfyUI 0.33, and what LiDAR does with it. `tests/host/test_census.py` builds each as a tiny model
with random weights and holds it to this table; real checkpoints have not been tried.

- *Guided*: the test checks that LiDAR looks ahead, that a reward receives the model's output, that LiDAR computes
  with the host's own noising, that the sampling ends at the best lookahead sample if it follows it without limit, that
  strength 0 changes nothing, and that both rules run with a deterministic and a stochastic sampler.
- *Refused*: a message says why before anything is sampled.

If a newer ComfyUI adds a class, the test fails until somebody has looked at it. Until then the class is guided if it
noises latents in a known way, and refused otherwise.

| model | class in ComfyUI | makes | LiDAR |
|---|---|---|---|
"""
WHY = {
    "which LiDAR cannot guide": "refused: it does not noise latents in a known way",
    "makes one video of the whole batch": "refused: one video is the whole batch",
    "layers of RGBA": "refused: no reward scores layers of RGBA",
    "holds nested latents": "refused: nested latents",
    "which no reward here can score": "refused by the lookahead: no reward scores it. Guided by LiDAR Pool from Scores",
}
# How README's sentence about models says it, and the models that it names.
IN_README = {
    "which LiDAR cannot guide": "image-to-image processes such as Lotus, CogVideoX",
    "makes one video of the whole batch": "models whose batch is one video (SVD, SV3D)",
    "layers of RGBA": "layers of RGBA",
    "holds nested latents": "nested latents of sound beside video",
    "which no reward here can score": "3-D shapes",
}
GUIDED_IN_README = (
    "SD 1.5",
    "Flux 2",
    "Qwen-Image",
    "Z-Image",
    "Wan",
    "LTXV",
    "HunyuanVideo",
    "Cosmos",
    "ACE-Step",
    "Stable Audio",
    "MiniMax Music",
)


def page():
    rows = [
        f"| {name} | {case.host_class} | {case.made} | {WHY[case.refused] if case.refused else 'guided'} |"
        for name, case in CASES.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
