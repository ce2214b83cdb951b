import pytest
import torch

from lidar_core.errors import LidarError
from lidar_core.rewards.scorers.kinds import KINDS, kind_of
from lidar_core.rewards.scorers.taste import tensors_of
from lidar_core.rewards.taste import Taste

from . import tiny_audiobox, tiny_clap, tiny_clip
from .test_clip_parity import checkpoint

OPEN_CLIP, HUGGING_FACE = tiny_clip.open_clip_weights(), tiny_clip.hugging_face_weights()

NAMES = {
    "HPS_v2_compressed.pt": "HPSv2",
    "HPS_v2.1_compressed.pt": "HPSv2.1",
    "hpsv21/model.safetensors": "HPSv2.1",
    "hps-v2-1.safetensors": "HPSv2.1",
    "HPSv2/model.safetensors": "HPSv2",
    "hps_v2_1024px.pt": "HPSv2",
    "PickScore_v1.safetensors": "PickScore",
    "pickscore\\model.safetensors": "PickScore",
    "yuvalkirstain/PickScore_v1/laion-CLIP-H.safetensors": "CLIPScore (gelu)",
    "pickscore_from_laion_h.safetensors": "PickScore",
    "CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors": "CLIPScore (gelu)",
    "CLIP-ViT-bigG-14-laion2B-39B-b160k/open_clip_pytorch_model.bin": "CLIPScore (gelu)",
    "clip-vit-large-patch14/model.safetensors": "CLIPScore (quick_gelu)",
    "DFN5B-CLIP-ViT-H-14-378.safetensors": "CLIPScore (quick_gelu)",
}


@pytest.mark.parametrize("weights", [OPEN_CLIP, HUGGING_FACE], ids=["open_clip", "Hugging Face"])
@pytest.mark.parametrize("name", NAMES)
def test_files_with_the_same_tensors_are_told_apart_by_name(name, weights):
    assert kind_of(checkpoint(weights, name)) == NAMES[name]


UNCLEAR = [
    "model.safetensors",
    "my favourite scorer.pt",
    "hps.safetensors",
    "hps_v2_or_pickscore.safetensors",
    "picky.pt",
    "clip-vit-large-patch14-laion.safetensors",
]


@pytest.mark.parametrize("name", UNCLEAR)
def test_an_unclear_name_is_asked_about_and_never_guessed(name):
    with pytest.raises(LidarError, match=r"can be PickScore, .* or .*: they .* Say which .* type"):
        kind_of(checkpoint(OPEN_CLIP, name))
    assert kind_of(checkpoint(OPEN_CLIP, name), "HPSv2.1") == "HPSv2.1"


def test_metadata_says_what_a_name_does_not():
    from dataclasses import replace

    file = replace(checkpoint(HUGGING_FACE, "model.safetensors"), metadata={"format": "pt", "title": "PickScore v1"})
    assert kind_of(file) == "PickScore"
    assert kind_of(replace(file, name="hpsv2.safetensors")) == "HPSv2"


@pytest.mark.parametrize(
    ("weights", "kind"),
    [
        (tiny_clip.laion_linear(), "LAION aesthetic"),
        (tiny_clip.laion_relu(), "LAION aesthetic"),
        ({**tiny_clip.laion_linear(), **HUGGING_FACE}, "LAION aesthetic"),
        ({f"mlp.{name}": value for name, value in tiny_clip.laion_linear().items()}, "LAION aesthetic"),
        (tiny_clip.v2_5_head(), "Aesthetic v2.5"),
        ({**tiny_clip.v2_5_head(), **tiny_clip.siglip_weights()}, "Aesthetic v2.5"),
    ],
)
def test_heads_are_known_by_their_tensors_whatever_the_name(weights, kind):
    assert kind_of(checkpoint(weights, "HPSv2.safetensors")) == kind


REFUSED = {
    "of no kind that LiDAR knows.*some.lora.weight.*docs/rewards.md": {"some.lora.weight": OPEN_CLIP["logit_scale"]},
    "MPS, whose score .* use PickScore": {
        f"mps.{name}": OPEN_CLIP["visual.proj"] for name in ("cross_model.layers.0.x", "model.visual_projection.weight")
    },
    "HPSv3, which needs": {"rm_head.0.weight": OPEN_CLIP["visual.proj"]},
    "SigLIP, .* Aesthetic v2.5 head": tiny_clip.siglip_weights(),
    "without its projection": {name: value for name, value in HUGGING_FACE.items() if name.startswith("vision_model.")},
    "without its projection, which": {
        name: value for name, value in HUGGING_FACE.items() if name.startswith("text_model.")
    },
}


@pytest.mark.parametrize("message", REFUSED)
def test_other_files_are_refused_with_what_to_use(message):
    with pytest.raises(LidarError, match=message):
        kind_of(checkpoint(REFUSED[message], "file.safetensors"))


def test_a_chosen_type_that_cannot_be_is_refused():
    with pytest.raises(LidarError, match='"head" is not PickScore but LAION aesthetic: choose that in type'):
        kind_of(checkpoint(tiny_clip.laion_linear(), "head"), "PickScore")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ImageReward"])
def test_every_kind_can_be_chosen_for_some_file(kind):
    taste = tensors_of(Taste(torch.zeros(8), 0.0, 0.5, 5))
    sounds = (tiny_clap.weights(), tiny_audiobox.weights())
    files = (OPEN_CLIP, tiny_clip.laion_linear(), tiny_clip.v2_5_head(), taste, *sounds)
    chosen = []
    for weights in files:
        try:
            chosen.append(kind_of(checkpoint(weights), kind))
        except LidarError:
            continue
    assert chosen == [kind]
