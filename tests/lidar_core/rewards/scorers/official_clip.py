"""Writes clip_golden.json: tokens and scores of the official code on the tiny weights of tiny_clip.py.

Needs packages that the pack does not, in environments of their own. First

    pip install torch torchvision transformers==4.50.3 ftfy regex "pillow<13"
    pip install --no-deps open_clip_torch==3.3.0 timm

(Pillow 13 resizes some tall pictures along the height first, and gives other numbers than all versions before it)
and checkouts of github.com/tgxs002/HPSv2, github.com/discus0434/aesthetic-predictor-v2-5 and ComfyUI, whose
comfy/sd1_tokenizer holds CLIP's real vocabulary. Then

    cd tests/lidar_core/rewards/scorers
    python official_clip.py HPSV2_CHECKOUT AESTHETIC_CHECKOUT COMFYUI_CHECKOUT [--check]

--check writes nothing and says how far this environment is from the committed file: run it under another version of
transformers. What is official here: HPSv2's own copy of open_clip with its transform and tokenizer; PickScore's model
card (Hugging Face's AutoModel and AutoProcessor, which are CLIPModel, CLIPImageProcessor, CLIPTokenizerFast); open_clip
and Hugging Face's CLIP for CLIPScore; torchvision's preprocessing, as OpenAI's clip has it, and the published list of
layers for LAION's heads; the module of aesthetic-predictor-v2-5. Its sources are used where they lie, none is copied.
"""

import gzip
import importlib
import itertools
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np
import open_clip
import tiny_clip
import torch
import torchvision.transforms as transforms
import transformers
from PIL import Image
from torch import nn
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizerFast, SiglipVisionConfig

HERE = Path(__file__).parent
GOLDEN = HERE / "clip_golden.json"
IMAGES = [Image.fromarray(picture) for picture in tiny_clip.pictures()]


def torched(weights: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.asarray(tensor)) for name, tensor in weights.items()}


def zipped_merges(folder: str) -> str:
    """The tiny vocabulary's merges as open_clip reads them."""
    path = Path(folder) / "merges.txt.gz"
    path.write_bytes(gzip.compress((tiny_clip.VOCABULARY / "merges.txt").read_bytes()))
    return str(path)


def open_clip_model(package: ModuleType, quick_gelu: bool = False) -> nn.Module:
    vision = {
        "layers": tiny_clip.LAYERS,
        "width": tiny_clip.WIDTH,
        "head_width": 64,
        "mlp_ratio": 2.0,
        "patch_size": tiny_clip.PATCH,
        "image_size": 224,
    }
    text = {
        "context_length": 77,
        "vocab_size": tiny_clip.WORDS,
        "width": tiny_clip.WIDTH,
        "heads": tiny_clip.WIDTH // 64,
        "layers": tiny_clip.LAYERS,
    }
    model = package.CLIP(tiny_clip.PROJECTION, vision, text, quick_gelu=quick_gelu, output_dict=True).eval()
    model.load_state_dict(torched(tiny_clip.open_clip_weights()))
    return model


@torch.no_grad()
def open_clip_scores(model: nn.Module, transform: transforms.Compose, ids: torch.Tensor) -> list[list[float]]:
    """(prompts, pictures) cosines, as HPSv2's img_score.py reads them off the model, a picture at a time."""
    rows = []
    for tokens in ids:
        features = [model(transform(image)[None], tokens[None]) for image in IMAGES]
        rows.append([(out["image_features"] @ out["text_features"].T).item() for out in features])
    return rows


def hpsv2(checkout: str, folder: str) -> dict:
    # The package's own __init__ imports what only its downloads and training need.
    for name, place in (("hpsv2", "hpsv2"), ("hpsv2.src", "hpsv2/src"), ("hpsv2.src.open_clip", "hpsv2/src/open_clip")):
        package = ModuleType(name)
        package.__path__ = [str(Path(checkout) / place)]
        sys.modules[name] = package
    tokenizer = importlib.import_module("hpsv2.src.open_clip.tokenizer")
    tokenizer._tokenizer = tokenizer.SimpleTokenizer(bpe_path=zipped_merges(folder))
    transform = importlib.import_module("hpsv2.src.open_clip.transform").image_transform(
        224, is_train=False, resize_longest_max=True
    )
    model = open_clip_model(importlib.import_module("hpsv2.src.open_clip.model"))
    ids = tokenizer.tokenize(tiny_clip.PROMPTS)
    return {"tokens": until_end(ids), "scores": open_clip_scores(model, transform, ids)}


def open_clip_score(folder: str) -> dict:
    tokenizer = open_clip.SimpleTokenizer(bpe_path=zipped_merges(folder))
    transform = open_clip.image_transform(224, is_train=False)
    ids = tokenizer(tiny_clip.PROMPTS)
    return {
        "tokens": until_end(ids),
        "scores": open_clip_scores(open_clip_model(open_clip.model), transform, ids),
        "quick_gelu": open_clip_scores(open_clip_model(open_clip.model, quick_gelu=True), transform, ids),
    }


def until_end(ids: torch.Tensor) -> list[list[int]]:
    """The ids of each row up to its end token, the largest."""
    return [row[: row.argmax() + 1].tolist() for row in ids]


def hugging_face_model(activation: str) -> CLIPModel:
    shared = {"hidden_size": tiny_clip.WIDTH, "num_hidden_layers": tiny_clip.LAYERS, "hidden_act": activation}
    shared["num_attention_heads"] = tiny_clip.WIDTH // 64
    ends = {
        "bos_token_id": tiny_clip.WORDS - 2,
        "eos_token_id": tiny_clip.WORDS - 1,
        "pad_token_id": tiny_clip.WORDS - 1,
    }
    config = CLIPConfig(
        text_config={**shared, **ends, "vocab_size": tiny_clip.WORDS, "intermediate_size": 4 * tiny_clip.WIDTH},
        vision_config={
            **shared,
            "intermediate_size": 2 * tiny_clip.WIDTH,
            "patch_size": tiny_clip.PATCH,
            "image_size": 224,
        },
        projection_dim=tiny_clip.PROJECTION,
    )
    model = CLIPModel(config).eval()
    missing, unexpected = model.load_state_dict(torched(tiny_clip.hugging_face_weights()), strict=False)
    assert not unexpected, unexpected
    assert all(name.endswith("position_ids") for name in missing), missing
    return model


def tensor_of(features: object) -> torch.Tensor:
    """transformers 5 wraps what 4 gave as it is."""
    return features if isinstance(features, torch.Tensor) else features.pooler_output


def hugging_face_tokenizer(folder: Path) -> CLIPTokenizerFast:
    """transformers 5 gave the arguments new names."""
    vocabulary, merges = str(folder / "vocab.json"), str(folder / "merges.txt")
    return CLIPTokenizerFast(vocab_file=vocabulary, merges_file=merges, vocab=vocabulary, merges=merges)


def real_vocabulary(comfyui: str) -> dict:
    tokenizer = hugging_face_tokenizer(Path(comfyui) / "comfy" / "sd1_tokenizer")
    as_it_stands = [tokenizer(prompt, truncation=True, max_length=77)["input_ids"] for prompt in tiny_clip.PROMPTS]
    return {
        "cleaned tokens": until_end(open_clip.SimpleTokenizer()(tiny_clip.PROMPTS)),
        "tokens as it stands": as_it_stands,
    }


@torch.no_grad()
def hugging_face(activation: str, scaled: bool) -> dict:
    """As PickScore's model card does it; `scaled` or not by logit_scale."""
    model = hugging_face_model(activation)
    tokenizer = hugging_face_tokenizer(tiny_clip.VOCABULARY)
    processor = CLIPImageProcessor()
    tokens, scores = [], []
    for prompt in tiny_clip.PROMPTS:
        inputs = tokenizer(prompt, padding=True, truncation=True, max_length=77, return_tensors="pt")
        text = tensor_of(model.get_text_features(**inputs))
        text = text / torch.norm(text, dim=-1, keepdim=True)
        tokens.append(inputs["input_ids"][0].tolist())
        row = []
        for image in IMAGES:
            pixels = processor(images=image, return_tensors="pt")
            features = tensor_of(model.get_image_features(**pixels))
            features = features / torch.norm(features, dim=-1, keepdim=True)
            factor = model.logit_scale.exp() if scaled else 1.0
            row.append((factor * (text @ features.T)[0]).item())
        scores.append(row)
    return {"tokens": tokens, "scores": scores}


@torch.no_grad()
def laion(relu: bool) -> dict:
    """simple_inference.py's steps; its layers, with the rectifiers that the ReLU file was trained with."""
    model = hugging_face_model("quick_gelu")
    sizes = (tiny_clip.PROJECTION, *tiny_clip.HEAD_WIDTHS)
    layers: list[nn.Module] = []
    for place, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        layers.append(nn.Linear(inputs, outputs))
        if relu and place < 4:
            layers.append(nn.ReLU())
        if place < 3:
            layers.append(nn.Dropout(0.2))
    head = nn.Module()
    head.layers = nn.Sequential(*layers)
    head.load_state_dict(torched(tiny_clip.laion_relu() if relu else tiny_clip.laion_linear()))
    head.eval()
    transform = transforms.Compose(
        [
            transforms.Resize(224, interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
        ]
    )
    scores = []
    for image in IMAGES:
        features = tensor_of(model.get_image_features(pixel_values=transform(image)[None])).numpy()
        features = features / np.linalg.norm(features, axis=-1, keepdims=True)
        scores.append(head.layers(torch.from_numpy(features)).item())
    return {"scores": [scores]}


@torch.no_grad()
def aesthetic_v2_5(checkout: str) -> dict:
    sys.path.insert(0, str(Path(checkout) / "src"))
    official = importlib.import_module("aesthetic_predictor_v2_5.siglip_v2_5")
    config = SiglipVisionConfig(
        hidden_size=tiny_clip.SIGLIP_WIDTH,
        intermediate_size=tiny_clip.SIGLIP_HIDDEN,
        num_hidden_layers=tiny_clip.LAYERS,
        num_attention_heads=1,
        image_size=384,
        patch_size=tiny_clip.SIGLIP_PATCH,
    )
    model = official.AestheticPredictorV2_5Model(config).eval()
    weights = torched(tiny_clip.siglip_weights())
    if not any(name.startswith("vision_model.") for name in model.state_dict()):
        weights = {name.removeprefix("vision_model."): tensor for name, tensor in weights.items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected, unexpected
    assert all(name.startswith("layers.") or name.endswith("position_ids") for name in missing), missing
    model.layers.load_state_dict(torched(tiny_clip.v2_5_head()))
    # The values of preprocessor_config.json of google/siglip-so400m-patch14-384.
    processor = official.AestheticPredictorV2_5Processor(
        size={"height": 384, "width": 384}, resample=3, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    scores = []
    for image in IMAGES:
        pixels = processor(images=image, return_tensors="pt").pixel_values
        scores.append(model(pixels, return_dict=True).logits.item())
    return {"scores": [scores]}


def main() -> None:
    checkouts = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    with tempfile.TemporaryDirectory() as folder:
        found = {
            "HPSv2.1": hpsv2(checkouts[0], folder),
            "PickScore": hugging_face("gelu", scaled=True),
            "CLIPScore (gelu)": open_clip_score(folder),
            "CLIPScore (quick_gelu)": hugging_face("quick_gelu", scaled=False),
            "LAION linear": laion(relu=False),
            "LAION relu": laion(relu=True),
            "real vocabulary": real_vocabulary(checkouts[2]),
        }
    if transformers.__version__.startswith("4."):
        found["Aesthetic v2.5"] = aesthetic_v2_5(checkouts[1])
    if "--check" in sys.argv:
        golden = json.loads(GOLDEN.read_text())
        for name, entry in found.items():
            for key, values in entry.items():
                expected = golden[name][key]
                same = values == expected if "tokens" in key else abs(np.subtract(values, expected)).max()
                print(name, key, same)
        return
    packages = ("torch", "torchvision", "transformers", "open_clip_torch", "pillow")
    found["made with"] = {name: version(name) for name in packages}
    GOLDEN.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
