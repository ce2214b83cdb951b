"""Writes image_reward_golden.json with ImageReward's official code on the tiny weights.

Needs image-reward 1.5, transformers 4.50.3, timm 0.6.13, fairscale 0.4.13 and torchvision, which the pack does not:
in an environment of its own,

    pip install torch torchvision tokenizers==0.21.4 "huggingface-hub<1" "pillow<13" pyyaml regex requests tqdm
    pip install --no-deps image-reward==1.5 transformers==4.50.3 timm==0.6.13 fairscale==0.4.13
    python tests/lidar_core/rewards/scorers/official_image_reward.py

With --full it writes nothing but compares both codes at the real file's size, which takes 8 GB of memory.

Pillow 13 resizes some pictures in another order than all versions before it, which gives other numbers.
The official package is cut down to what scores: its own __init__ imports a trainer, diffusers and OpenAI's clip. Its
networks are made small by their own constructors' arguments, and its tokenizer reads the vocabulary that the pack
ships. The scores come from its ImageReward.score, picture by picture, from PIL images on.
"""

import importlib.util
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import torch
from PIL import Image
from tiny_image_reward import PROMPTS, SIZES, TINY, pictures, tiny_weights
from transformers import BertTokenizer

HERE = Path(__file__).parent
VOCABULARY = HERE.parents[3] / "lidar_core" / "rewards" / "bert_vocabulary" / "vocab.txt"
FULL = {
    "picture_width": 1024,
    "picture_hidden": 4096,
    "blocks": 24,
    "width": 768,
    "hidden": 3072,
    "layers": 12,
}


def med_config(sizes: dict[str, int]) -> dict[str, object]:
    """What the released med_config.json says, but for the size."""
    return {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": sizes["width"],
        "initializer_range": 0.02,
        "intermediate_size": sizes["hidden"],
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 512,
        "model_type": "bert",
        "num_attention_heads": sizes["width"] // 64,
        "num_hidden_layers": sizes["layers"],
        "pad_token_id": 0,
        "add_type_embeddings": False,
        "vocab_size": 30524,
        "encoder_width": sizes["picture_width"],
        "add_cross_attention": True,
    }


def official_modules() -> ModuleType:
    """ImageReward.ImageReward without its package's imports."""
    folder = Path(importlib.util.find_spec("ImageReward").submodule_search_locations[0])
    for name, place in (("ImageReward", folder), ("ImageReward.models", folder / "models")):
        package = ModuleType(name)
        package.__path__ = [str(place)]
        sys.modules[name] = package
    return importlib.import_module("ImageReward.ImageReward")


def official_tokenizer() -> BertTokenizer:
    tokenizer = BertTokenizer(str(VOCABULARY))
    tokenizer.add_special_tokens({"bos_token": "[DEC]"})
    tokenizer.add_special_tokens({"additional_special_tokens": ["[ENC]"]})
    return tokenizer


def official_scorer(sizes: dict[str, int]) -> torch.nn.Module:
    module = official_modules()
    pretrain = sys.modules["ImageReward.models.BLIP.blip_pretrain"]
    vision = sys.modules["ImageReward.models.BLIP.vit"]
    tower = vision.VisionTransformer(
        img_size=224,
        patch_size=16,
        embed_dim=sizes["picture_width"],
        depth=sizes["blocks"],
        num_heads=sizes["picture_width"] // 64,
        mlp_ratio=sizes["picture_hidden"] / sizes["picture_width"],
        drop_path_rate=0.1,
    )
    pretrain.create_vit = lambda *_: (tower, sizes["picture_width"])
    pretrain.init_tokenizer = official_tokenizer
    mlp = module.MLP
    module.MLP = lambda _: mlp(sizes["width"])
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(med_config(sizes), file)
        file.flush()
        scorer = module.ImageReward(file.name)
    scorer.load_state_dict(tiny_weights(**sizes))
    return scorer.eval()


def compare_full() -> None:
    sys.path.append(str(HERE.parents[3]))
    from lidar_core.networks.checkpoint import Checkpoint
    from lidar_core.rewards.scorers.kinds import scorer_of
    from lidar_core.rewards.scorers.scorer import Ingredients

    official = official_scorer(FULL)
    file = Checkpoint.of(tiny_weights(**FULL), "ImageReward.pt")
    own = scorer_of(Ingredients(file, clip_vocabulary=Path("none")))
    for size, values in list(zip(SIZES, pictures(), strict=True))[:2]:
        for prompt in (PROMPTS[0], PROMPTS[1], PROMPTS[13]):
            expected = official.score(prompt, Image.fromarray(values.numpy()))
            found = own.values(values[None] / 255, prompt).item()
            print(f"{size}: official {expected:.6f}, own {found:.6f}, difference {abs(found - expected):.1e}")


def main() -> None:
    if "--full" in sys.argv:
        with torch.inference_mode():
            compare_full()
        return
    scorer = official_scorer(TINY)
    tokenizer = scorer.blip.tokenizer
    with torch.inference_mode():
        images = [Image.fromarray(values.numpy()) for values in pictures()]
        scores = [[scorer.score(prompt, image) for image in images] for prompt in PROMPTS]
    golden = {
        "made with": {
            package: version(package)
            for package in ("image-reward", "transformers", "timm", "fairscale", "torch", "torchvision", "pillow")
        },
        "ids": [tokenizer(prompt, truncation=True, max_length=35).input_ids for prompt in PROMPTS],
        "scores": scores,
    }
    lines = [f'"made with": {json.dumps(golden["made with"])}']
    for key in ("ids", "scores"):
        lines.append(f'"{key}": [\n' + ",\n".join(json.dumps(row) for row in golden[key]) + "\n]")
    (HERE / "image_reward_golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
