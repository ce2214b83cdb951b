"""CLAP on a small scale: seeded weights by the names of LAION's files, and a vocabulary. Needs torch and tokenizers."""

from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

PROMPTS = [
    "",
    "a calm piano piece with soft strings",
    "Heavy METAL, 180 bpm; screaming guitars & double bass-drum!",
    "caf\u00e9 jazz \u2014 \u201csmooth\u201d saxophone",
    "a very long description " * 20,
]
WIDTH, DEPTHS, HEADS = 16, (2, 1, 1, 1), (1, 2, 2, 4)
TEXT_WIDTH, TEXT_HIDDEN, TEXT_LAYERS, JOINT = 64, 96, 2, 32
WORDS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_MERGES = ("t h", "a n", "i n", "\u0120 a", "o u", "in g", "\u0120a n", "p i", "pi an", "s o", "f t", "so ft")


def vocabulary() -> dict[str, int]:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merged = ["".join(merge.split()) for merge in _MERGES]
    return {word: index for index, word in enumerate([*WORDS[:4], *letters, *merged, WORDS[4]])}


def save_tokenizer(path: Path) -> Path:
    """A tokenizer.json of RoBERTa's form."""
    tokenizer = Tokenizer(models.BPE(vocabulary(), [tuple(merge.split()) for merge in _MERGES]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in WORDS])
    tokenizer.save(str(path))
    return path


def file_shapes() -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that decides a score, in LAION's layout."""
    shapes: dict[str, tuple[int, ...]] = {}

    def pair(name: str, *shape: int) -> None:
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = shape[:1]

    pair("audio_branch.bn0", 64)
    shapes["audio_branch.bn0.running_mean"] = (64,)
    shapes["audio_branch.bn0.running_var"] = (64,)
    pair("audio_branch.patch_embed.proj", WIDTH, 1, 4, 4)
    pair("audio_branch.patch_embed.norm", WIDTH)
    for stage, (depth, heads) in enumerate(zip(DEPTHS, HEADS, strict=True)):
        width = WIDTH << stage
        for block in (f"audio_branch.layers.{stage}.blocks.{index}" for index in range(depth)):
            pair(f"{block}.norm1", width)
            shapes[f"{block}.attn.relative_position_bias_table"] = (225, heads)
            pair(f"{block}.attn.qkv", 3 * width, width)
            pair(f"{block}.attn.proj", width, width)
            pair(f"{block}.norm2", width)
            pair(f"{block}.mlp.fc1", 4 * width, width)
            pair(f"{block}.mlp.fc2", width, 4 * width)
        if stage < len(DEPTHS) - 1:
            shapes[f"audio_branch.layers.{stage}.downsample.reduction.weight"] = (2 * width, 4 * width)
            pair(f"audio_branch.layers.{stage}.downsample.norm", 4 * width)
    pair("audio_branch.norm", WIDTH << len(DEPTHS) - 1)
    text = "text_branch"
    shapes[f"{text}.embeddings.word_embeddings.weight"] = (len(vocabulary()), TEXT_WIDTH)
    shapes[f"{text}.embeddings.position_embeddings.weight"] = (100, TEXT_WIDTH)
    shapes[f"{text}.embeddings.token_type_embeddings.weight"] = (1, TEXT_WIDTH)
    pair(f"{text}.embeddings.LayerNorm", TEXT_WIDTH)
    for layer in (f"{text}.encoder.layer.{index}" for index in range(TEXT_LAYERS)):
        for name in ("query", "key", "value"):
            pair(f"{layer}.attention.self.{name}", TEXT_WIDTH, TEXT_WIDTH)
        pair(f"{layer}.attention.output.dense", TEXT_WIDTH, TEXT_WIDTH)
        pair(f"{layer}.attention.output.LayerNorm", TEXT_WIDTH)
        pair(f"{layer}.intermediate.dense", TEXT_HIDDEN, TEXT_WIDTH)
        pair(f"{layer}.output.dense", TEXT_WIDTH, TEXT_HIDDEN)
        pair(f"{layer}.output.LayerNorm", TEXT_WIDTH)
    pair(f"{text}.pooler.dense", TEXT_WIDTH, TEXT_WIDTH)
    for side, width in (("audio", WIDTH << len(DEPTHS) - 1), ("text", TEXT_WIDTH)):
        pair(f"{side}_projection.0", JOINT, width)
        pair(f"{side}_projection.2", JOINT, JOINT)
    shapes["logit_scale_a"] = shapes["logit_scale_t"] = ()
    return shapes


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """In LAION's layout, with what its files hold besides: indices and masks that the network makes itself."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in file_shapes().items():
        values = 2 * torch.rand(shape, generator=generator) - 1
        if name.endswith("running_mean"):
            found[name] = -30 + 10 * values
        elif name.endswith("running_var"):
            found[name] = 400 + 200 * values
        elif len(shape) == 1 and name.endswith("weight"):
            found[name] = 1 + 0.2 * values
        elif name.endswith("bias") or not shape:
            found[name] = 0.1 * values
        elif "embeddings" in name:
            # Small, so that the epsilon of the LayerNorm after them makes a difference.
            found[name] = 0.02 * values
        elif "bias_table" in name:
            found[name] = values
        else:
            found[name] = 1.7 * values / torch.tensor(shape[1:]).prod() ** 0.5
    found["audio_branch.bn0.num_batches_tracked"] = torch.tensor(7)
    for stage, depth in enumerate(DEPTHS):
        for block in range(depth):
            prefix = f"audio_branch.layers.{stage}.blocks.{block}"
            found[f"{prefix}.attn.relative_position_index"] = _positions()
    return found


def _positions(window: int = 8) -> torch.Tensor:
    """(64, 64) rows of the bias table, as Swin counts them."""
    places = torch.cartesian_prod(torch.arange(window), torch.arange(window))
    apart = places[:, None] - places + window - 1
    return apart[..., 0] * (2 * window - 1) + apart[..., 1]
