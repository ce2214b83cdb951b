"""Writes audiobox_golden.json with the official code of Audiobox-Aesthetics on the tiny weights.

Needs audiobox_aesthetics 0.0.4 with torchaudio, which the pack does not: in an environment of its own,

    pip install torch torchaudio huggingface_hub requests tqdm rich
    pip install --no-deps audiobox_aesthetics==0.0.4
    python tests/lidar_core/rewards/scorers/official_audiobox.py

Its network is made small by its own configuration. Windows, masks and the mean over windows are its predictor's.
"""

import json
from importlib.metadata import version
from pathlib import Path

import torch
import torchaudio
from audiobox_aesthetics import infer
from audiobox_aesthetics.model import aes
from tiny_audiobox import TINY, TINY_NORMED, weights
from tiny_sounds import sounds

HERE = Path(__file__).parent


def predictor(sizes: dict[str, int]) -> infer.AesPredictor:
    aes.DEFAULT_AUDIO_CFG.update(
        {
            "encoder_layers": sizes["layers"],
            "encoder_embed_dim": sizes["width"],
            "encoder_ffn_embed_dim": sizes["hidden"],
            "encoder_attention_heads": sizes["heads"],
            "conv_feature_layers": "[({0},10,5)] + [({0},3,2)] * 4 + [({0},2,2)] * 2".format(sizes["channels"]),
        }
    )
    model = aes.AesMultiOutput(
        proj_num_layer=sizes["depth"],
        proj_ln=sizes["normed"],
        nth_layer=sizes["layers"] + 1,
        target_transform={axis: {"mean": 0.0, "std": 1.0} for axis in aes.AXES_NAME},
    )
    model.load_state_dict(weights(sizes))
    found = infer.AesPredictor.__new__(infer.AesPredictor)
    found.model, found.device, found.data_col, found.sample_rate = model.eval(), torch.device("cpu"), "path", 16000
    found.target_transform = {axis: infer.Normalize(0.0, 1.0) for axis in aes.AXES_NAME}
    return found


def main() -> None:
    golden: dict[str, object] = {
        "made with": {name: version(name) for name in ("audiobox_aesthetics", "torch", "torchaudio")}
    }
    for key, sizes in (("plain", TINY), ("normed", TINY_NORMED)):
        scorer = predictor(sizes)
        golden[key] = {
            name: scorer.forward([{"path": wave, "sample_rate": rate}])[0] for name, (wave, rate) in sounds().items()
        }
    # Of its resampling, whose formula the pack has again.
    wave, rate = sounds()["44.1 kHz"]
    resampled = torchaudio.functional.resample(wave[0], rate, 16000)
    golden["resampled"] = {"length": len(resampled), "samples": resampled[1000:1020].tolist()}
    (HERE / "audiobox_golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
