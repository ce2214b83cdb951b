"""Tiny networks of the CLIP and SigLIP families with weights from a seed, pictures and prompts, for both sides of the
comparison with the official code: official_clip.py and test_clip_parity.py. Needs only numpy.

The weights come from numpy's RandomState, whose numbers are frozen; torch's may change between versions.
"""

from pathlib import Path
from zlib import crc32

import numpy as np

VOCABULARY = Path(__file__).parent / "vocabulary"
WORDS = 814
WIDTH, LAYERS, PATCH, PROJECTION = 128, 3, 32, 96
SIGLIP_WIDTH, SIGLIP_PATCH, SIGLIP_HIDDEN = 64, 14, 160
HEAD_WIDTHS = (1024, 128, 64, 16, 1)

# Height and width: the squares that CLIP and SigLIP see unresized; wide, tall, odd margins; smaller than any square.
SIZES = [(224, 224), (384, 384), (384, 672), (640, 358), (416, 608), (150, 201)]

PROMPTS = [
    "a photo of a cat, sitting on (the left) of 2 dogs; it's red",
    "\u201cthe cat\u2019s hat\u201d &amp; the \ufb01ne &lt;3 \uff43\uff41\uff54",
    "Caf\u00e9 \u00dcBER na\u00efve \u4e2d\u6587 \U0001f600 3.14",
    "the cat and the dog are in the house. " * 20,
    "",
]


def pictures() -> list[np.ndarray]:
    """One picture (H, W, 3) of whole numbers in uint8 per size: waves, hard edges and noise."""
    out = []
    for index, (height, width) in enumerate(SIZES):
        random = np.random.RandomState(index)
        y, x = np.mgrid[0:height, 0:width]
        values = np.zeros((height, width, 3))
        for _ in range(12):
            fy, fx = random.standard_normal(2) * 12
            values += random.standard_normal(3) * np.sin(fy * y / height + fx * x / width + random.rand())[..., None]
        values = 128 + 24 * values + 6 * random.standard_normal(values.shape)
        for _ in range(4):
            top, left = (random.rand(2) * (height * 0.7, width * 0.7)).astype(int)
            values[top : top + height // 5, left : left + width // 5] = random.rand(3) * 255
        out.append(np.clip(np.round(values), 0, 255).astype(np.uint8))
    return out


def seeded(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """float32 tensors by name. Embeddings are small, as trained ones are, so that a wrong epsilon shows."""
    tensors = {}
    for name, shape in shapes.items():
        noise = np.random.RandomState(crc32(name.encode())).standard_normal(shape)
        if name == "logit_scale":
            noise = np.asarray(4.6)
        elif "embedding" in name or name.endswith("probe"):
            noise = 0.02 * noise
        elif len(shape) >= 2:
            noise = (
                1.5 * noise / np.sqrt(shape[0] if name in ("text_projection", "visual.proj") else np.prod(shape[1:]))
            )
        elif name.endswith("bias"):
            noise = 0.1 * noise
        else:
            noise = 1 + 0.1 * noise
        tensors[name] = noise.astype(np.float32)
    return tensors


def open_clip_weights(words: int = WORDS) -> dict[str, np.ndarray]:
    """In open_clip's layout; its text towers are four times as wide inside as outside, the picture tower here twice."""
    shapes: dict[str, tuple[int, ...]] = {
        "positional_embedding": (77, WIDTH),
        "text_projection": (WIDTH, PROJECTION),
        "logit_scale": (),
        "visual.class_embedding": (WIDTH,),
        "visual.positional_embedding": ((224 // PATCH) ** 2 + 1, WIDTH),
        "visual.proj": (WIDTH, PROJECTION),
        "visual.conv1.weight": (WIDTH, 3, PATCH, PATCH),
        "token_embedding.weight": (words, WIDTH),
    }
    for name in ("visual.ln_pre", "visual.ln_post", "ln_final"):
        shapes |= {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}
    for tower, hidden in (("visual.", 2 * WIDTH), ("", 4 * WIDTH)):
        for layer in range(LAYERS):
            prefix = f"{tower}transformer.resblocks.{layer}."
            shapes |= {
                f"{prefix}attn.in_proj_weight": (3 * WIDTH, WIDTH),
                f"{prefix}attn.in_proj_bias": (3 * WIDTH,),
                f"{prefix}attn.out_proj.weight": (WIDTH, WIDTH),
                f"{prefix}attn.out_proj.bias": (WIDTH,),
                f"{prefix}mlp.c_fc.weight": (hidden, WIDTH),
                f"{prefix}mlp.c_fc.bias": (hidden,),
                f"{prefix}mlp.c_proj.weight": (WIDTH, hidden),
                f"{prefix}mlp.c_proj.bias": (WIDTH,),
            }
            for norm in ("ln_1", "ln_2"):
                shapes |= {f"{prefix}{norm}.weight": (WIDTH,), f"{prefix}{norm}.bias": (WIDTH,)}
    return seeded(shapes)


def _layer_shapes(prefix: str, width: int, hidden: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for norm in ("layer_norm1", "layer_norm2"):
        shapes |= {f"{prefix}{norm}.weight": (width,), f"{prefix}{norm}.bias": (width,)}
    for part in "qkv":
        shapes |= {
            f"{prefix}self_attn.{part}_proj.weight": (width, width),
            f"{prefix}self_attn.{part}_proj.bias": (width,),
        }
    return shapes | {
        f"{prefix}self_attn.out_proj.weight": (width, width),
        f"{prefix}self_attn.out_proj.bias": (width,),
        f"{prefix}mlp.fc1.weight": (hidden, width),
        f"{prefix}mlp.fc1.bias": (hidden,),
        f"{prefix}mlp.fc2.weight": (width, hidden),
        f"{prefix}mlp.fc2.bias": (width,),
    }


def hugging_face_weights(words: int = WORDS) -> dict[str, np.ndarray]:
    """In the layout of Hugging Face's CLIPModel."""
    shapes: dict[str, tuple[int, ...]] = {
        "logit_scale": (),
        "text_model.embeddings.token_embedding.weight": (words, WIDTH),
        "text_model.embeddings.position_embedding.weight": (77, WIDTH),
        "vision_model.embeddings.class_embedding": (WIDTH,),
        "vision_model.embeddings.patch_embedding.weight": (WIDTH, 3, PATCH, PATCH),
        "vision_model.embeddings.position_embedding.weight": ((224 // PATCH) ** 2 + 1, WIDTH),
        "visual_projection.weight": (PROJECTION, WIDTH),
        "text_projection.weight": (PROJECTION, WIDTH),
    }
    for name in ("text_model.final_layer_norm", "vision_model.pre_layrnorm", "vision_model.post_layernorm"):
        shapes |= {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}
    for tower, hidden in (("vision", 2 * WIDTH), ("text", 4 * WIDTH)):
        for layer in range(LAYERS):
            shapes |= _layer_shapes(f"{tower}_model.encoder.layers.{layer}.", WIDTH, hidden)
    return seeded(shapes)


def siglip_weights() -> dict[str, np.ndarray]:
    """In the layout of Hugging Face's SiglipModel, picture tower alone; 384 pixels in 27 x 27 patches of 14."""
    head = "vision_model.head."
    shapes: dict[str, tuple[int, ...]] = {
        "vision_model.embeddings.patch_embedding.weight": (SIGLIP_WIDTH, 3, SIGLIP_PATCH, SIGLIP_PATCH),
        "vision_model.embeddings.patch_embedding.bias": (SIGLIP_WIDTH,),
        "vision_model.embeddings.position_embedding.weight": (27 * 27, SIGLIP_WIDTH),
        f"{head}probe": (1, 1, SIGLIP_WIDTH),
        f"{head}attention.in_proj_weight": (3 * SIGLIP_WIDTH, SIGLIP_WIDTH),
        f"{head}attention.in_proj_bias": (3 * SIGLIP_WIDTH,),
        f"{head}attention.out_proj.weight": (SIGLIP_WIDTH, SIGLIP_WIDTH),
        f"{head}attention.out_proj.bias": (SIGLIP_WIDTH,),
        f"{head}mlp.fc1.weight": (SIGLIP_HIDDEN, SIGLIP_WIDTH),
        f"{head}mlp.fc1.bias": (SIGLIP_HIDDEN,),
        f"{head}mlp.fc2.weight": (SIGLIP_WIDTH, SIGLIP_HIDDEN),
        f"{head}mlp.fc2.bias": (SIGLIP_WIDTH,),
    }
    for name in ("vision_model.post_layernorm", f"{head}layernorm"):
        shapes |= {f"{name}.weight": (SIGLIP_WIDTH,), f"{name}.bias": (SIGLIP_WIDTH,)}
    for layer in range(LAYERS):
        shapes |= _layer_shapes(f"vision_model.encoder.layers.{layer}.", SIGLIP_WIDTH, SIGLIP_HIDDEN)
    return seeded(shapes)


def head_weights(features: int, numbers: tuple[int, ...], prefix: str) -> dict[str, np.ndarray]:
    """The linear layers of an aesthetic head, under the numbers that its file gives them."""
    shapes: dict[str, tuple[int, ...]] = {}
    for number, inputs, outputs in zip(numbers, (features, *HEAD_WIDTHS), HEAD_WIDTHS, strict=False):
        shapes |= {f"{prefix}{number}.weight": (outputs, inputs), f"{prefix}{number}.bias": (outputs,)}
    return seeded(shapes)


def laion_linear() -> dict[str, np.ndarray]:
    return head_weights(PROJECTION, (0, 2, 4, 6, 7), "layers.")


def laion_relu() -> dict[str, np.ndarray]:
    return head_weights(PROJECTION, (0, 3, 6, 9, 11), "layers.")


def v2_5_head() -> dict[str, np.ndarray]:
    return head_weights(SIGLIP_WIDTH, (0, 2, 4, 6, 8), "scoring_head.")
