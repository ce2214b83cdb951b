"""Writes clap_golden.json with LAION's official code of CLAP on the tiny weights.

Needs laion-clap 1.1.7 and transformers 4.50.3, in an environment of its own:

    pip install torch torchvision librosa torchlibrosa transformers==4.50.3
    pip install --no-deps laion-clap==1.1.7
    python tests/lidar_core/rewards/scorers/official_clap.py

The official package is cut down to the network and to what its `get_audio_features` and `float32_to_int16` do to a
sound of at most 10 seconds: its own modules import data loaders and download tokenizers. Its networks are made small
by replacing the two functions that build them. Longer sounds are cut into windows here, as the pack says it cuts them,
because the official code takes a random one.
"""

import ast
import importlib.util
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torch
import torch.nn.functional as F  # noqa: N812
from tiny_clap import (
    DEPTHS,
    HEADS,
    JOINT,
    PROMPTS,
    TEXT_HIDDEN,
    TEXT_LAYERS,
    TEXT_WIDTH,
    WIDTH,
    save_tokenizer,
    vocabulary,
    weights,
)
from tiny_sounds import sounds
from transformers import RobertaConfig, RobertaModel, RobertaTokenizerFast

HERE = Path(__file__).parent
LENGTH = 480000


def official_folder() -> Path:
    return Path(importlib.util.find_spec("laion_clap").submodule_search_locations[0])


def official_model() -> torch.nn.Module:
    folder = official_folder()
    package = ModuleType("clap_module")
    package.__path__ = [str(folder / "clap_module")]
    sys.modules["clap_module"] = package
    htsat = importlib.import_module("clap_module.htsat")
    module = importlib.import_module("clap_module.model")

    def small_htsat(config, enable_fusion, fusion_type):
        return htsat.HTSAT_Swin_Transformer(
            embed_dim=WIDTH, depths=list(DEPTHS), num_heads=list(HEADS), window_size=8, config=config
        )

    text = RobertaConfig(
        vocab_size=len(vocabulary()),
        hidden_size=TEXT_WIDTH,
        num_hidden_layers=TEXT_LAYERS,
        num_attention_heads=1,
        intermediate_size=TEXT_HIDDEN,
        max_position_embeddings=100,
        type_vocab_size=1,
        # What roberta-base says.
        layer_norm_eps=1e-5,
    )
    module.create_htsat_model = small_htsat
    module.RobertaModel = SimpleNamespace(from_pretrained=lambda _: RobertaModel(text))
    config = json.loads((folder / "clap_module" / "model_configs" / "HTSAT-base.json").read_text())
    roberta = {**config["text_cfg"], "model_type": "roberta"}
    model = module.CLAP(WIDTH << len(DEPTHS) - 1, config["audio_cfg"], roberta, joint_embed_shape=JOINT)
    # It is made for roberta-base's width.
    model.text_projection[0] = torch.nn.Linear(TEXT_WIDTH, JOINT)
    lacking, further = model.load_state_dict(weights(), strict=False)
    assert not further, further
    unused = ("transform", "extractor", "attn_mask", "tscam_conv", "head", "position_ids")
    assert all(any(word in name for word in unused) for name in lacking), lacking
    return model.eval()


def official_features() -> dict[str, object]:
    """get_audio_features and the rounding to 16 bits, out of their module."""
    import contextlib

    import numpy as np

    source = (official_folder() / "training" / "data.py").read_text()
    names = ("get_audio_features", "int16_to_float32", "float32_to_int16")
    functions = [node for node in ast.parse(source).body if getattr(node, "name", "") in names]
    found = {"torch": torch, "F": F, "np": np, "suppress": contextlib.suppress}
    exec(compile(ast.Module(functions, []), "data.py", "exec"), found)  # noqa: S102
    return found


def main() -> None:
    model, features = official_model(), official_features()
    with tempfile.TemporaryDirectory() as folder:
        file = str(save_tokenizer(Path(folder) / "tokenizer.json"))
        tokenizer = RobertaTokenizerFast(tokenizer_file=file)
    texts = tokenizer(PROMPTS, padding="max_length", truncation=True, max_length=77, return_tensors="pt")
    with torch.inference_mode():
        prompts = model.get_text_embedding({key: texts[key] for key in ("input_ids", "attention_mask")})
        scores = {}
        for name, (wave, rate) in sounds().items():
            if rate != 48000:
                continue
            mono = wave.mean(0).numpy()
            mono = torch.from_numpy(features["int16_to_float32"](features["float32_to_int16"](mono))).float()
            overflow = max(0, len(mono) - LENGTH)
            count = -(-len(mono) // LENGTH)
            starts = [round(index * overflow / max(1, count - 1)) for index in range(count)]
            inputs = [
                features["get_audio_features"]({}, mono[start : start + LENGTH], LENGTH, "rand_trunc", "repeatpad", {})
                for start in starts
            ]
            scores[name] = (model.get_audio_embedding(inputs) @ prompts.T).mean(0).tolist()
    golden = {
        "made with": {
            name: version(name) for name in ("laion_clap", "torchlibrosa", "librosa", "transformers", "torch")
        },
        "ids": [
            row[mask.bool()].tolist() for row, mask in zip(texts["input_ids"], texts["attention_mask"], strict=True)
        ],
        "scores": scores,
    }
    (HERE / "clap_golden.json").write_text(
        "{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in golden.items()) + "\n}\n"
    )


if __name__ == "__main__":
    main()
