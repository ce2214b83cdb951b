"""ImageReward on a small scale: seeded weights by the file's own names, pictures and prompts. Needs torch alone.

Everything is drawn from torch.rand, which gives the same numbers on every machine.
"""

import torch
from torch.nn import functional

SIZES = [(224, 224), (512, 512), (768, 1344), (1216, 832), (640, 224), (301, 397)]
"""(width, height) of the golden pictures; the first needs no resizing."""

PROMPTS = [
    "",
    "a red cat on a blue chair",
    "Three small dogs, two big dogs; one very, very BIG dog!",
    "\u201cCurly quotes\u201d and it\u2019s a \u2018trap\u2019 \u2013 an em\u2014dash\u2026",
    "black &amp; white photo of a &lt;b&gt;bold&lt;/b&gt; sign that says &quot;HI&quot;",
    "na\u00efve caf\u00e9, \u00dcn\u00efc\u00f6d\u00e9 fa\u00e7ade, pi\u00f1ata",
    "\u4e00\u53ea\u7ea2\u8272\u7684\u732b\u5750\u5728\u6905\u5b50\u4e0a",
    "\u043a\u043e\u0442 \u0441\u0438\u0434\u0438\u0442 \u043d\u0430 \u0441\u0442\u0443\u043b\u0435",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "a (masterpiece:1.2), [bokeh], {wide|tall} 8k -- ar 16:9 \\ / _under_score_ #tag @home 50%",
    "a literal [MASK] and [SEP] and [ENC] in the text",
    "line one\nline two\ttabbed  double  blank\u00a0nbsp\u200bzero",
    "\U0001f600 a smiling face \U0001f469\u200d\U0001f680",
    "an oil painting of an old lighthouse on a rocky cliff at dusk, waves crashing below, seagulls in the sky, warm "
    "light from the windows, a small red boat in the distance, dramatic clouds, in the style of the masters",
    "w" * 120,
]


def file_shapes(
    picture_width: int = 1024,
    picture_hidden: int = 4096,
    blocks: int = 24,
    width: int = 768,
    hidden: int = 3072,
    layers: int = 12,
) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of an ImageReward file with towers of this size, the real file's by default."""
    shapes: dict[str, tuple[int, ...]] = {}

    def linear(name: str, outputs: int, inputs: int) -> None:
        shapes[f"{name}.weight"] = (outputs, inputs)
        shapes[f"{name}.bias"] = (outputs,)

    def norm(name: str, size: int) -> None:
        shapes[f"{name}.weight"] = (size,)
        shapes[f"{name}.bias"] = (size,)

    picture = "blip.visual_encoder"
    shapes[f"{picture}.cls_token"] = (1, 1, picture_width)
    shapes[f"{picture}.pos_embed"] = (1, 197, picture_width)
    shapes[f"{picture}.patch_embed.proj.weight"] = (picture_width, 3, 16, 16)
    shapes[f"{picture}.patch_embed.proj.bias"] = (picture_width,)
    for index in range(blocks):
        block = f"{picture}.blocks.{index}"
        norm(f"{block}.norm1", picture_width)
        linear(f"{block}.attn.qkv", 3 * picture_width, picture_width)
        linear(f"{block}.attn.proj", picture_width, picture_width)
        norm(f"{block}.norm2", picture_width)
        linear(f"{block}.mlp.fc1", picture_hidden, picture_width)
        linear(f"{block}.mlp.fc2", picture_width, picture_hidden)
    norm(f"{picture}.norm", picture_width)

    text = "blip.text_encoder"
    shapes[f"{text}.embeddings.position_ids"] = (1, 512)
    shapes[f"{text}.embeddings.word_embeddings.weight"] = (30524, width)
    shapes[f"{text}.embeddings.position_embeddings.weight"] = (512, width)
    norm(f"{text}.embeddings.LayerNorm", width)
    for index in range(layers):
        layer = f"{text}.encoder.layer.{index}"
        for attention, source in (("attention", width), ("crossattention", picture_width)):
            linear(f"{layer}.{attention}.self.query", width, width)
            linear(f"{layer}.{attention}.self.key", width, source)
            linear(f"{layer}.{attention}.self.value", width, source)
            linear(f"{layer}.{attention}.output.dense", width, width)
            norm(f"{layer}.{attention}.output.LayerNorm", width)
        linear(f"{layer}.intermediate.dense", hidden, width)
        linear(f"{layer}.output.dense", width, hidden)
        norm(f"{layer}.output.LayerNorm", width)
    linear("blip.vision_proj", 256, picture_width)
    linear("blip.text_proj", 256, width)
    sizes = [width, 1024, 128, 64, 16, 1]
    for name, inputs, outputs in zip((0, 2, 4, 6, 7), sizes[:-1], sizes[1:], strict=True):
        linear(f"mlp.layers.{name}", outputs, inputs)
    return shapes


TINY = {"picture_width": 128, "picture_hidden": 192, "blocks": 2, "width": 64, "hidden": 96, "layers": 2}


def tiny_weights(seed: int = 0, **sizes: int) -> dict[str, torch.Tensor]:
    """Weights, of the tiny sizes if no others are named, for which scores spread by about 1 over pictures and prompts.

    What enters a LayerNorm first is small, so that its epsilon makes a difference that the golden scores show.
    """
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in file_shapes(**(sizes or TINY)).items():
        if name.endswith("position_ids"):
            weights[name] = torch.arange(shape[1])[None]
            continue
        values = 2 * torch.rand(shape, generator=generator) - 1
        if ".norm" in name or "LayerNorm" in name:
            values = (1 if name.endswith("weight") else 0) + 0.2 * values
        elif "embeddings" in name or name.endswith(("cls_token", "pos_embed")) or "patch_embed" in name:
            values = 0.02 * values
        elif name.endswith("weight"):
            values = values * (2 if "mlp.layers" in name else 1.5) / shape[1] ** 0.5
        else:
            values = 0.1 * values
        weights[name] = values
    return weights


def picture(width: int, height: int, seed: int) -> torch.Tensor:
    """(height, width, 3) uint8: soft colours, a hard-edged box, a line grid, and noise in one corner."""
    generator = torch.Generator().manual_seed(seed)
    soft = torch.rand(1, 3, 6, 6, generator=generator, dtype=torch.float64)
    soft = functional.interpolate(soft, (height, width), mode="bilinear", align_corners=True)[0].movedim(0, -1)
    values = (255 * soft).round().to(torch.uint8)
    left, top = (
        int(share * size) for share, size in zip(torch.rand(2, generator=generator), (width, height), strict=True)
    )
    values[top // 2 : top // 2 + height // 3, left // 2 : left // 2 + width // 4] = torch.randint(
        256, (3,), generator=generator, dtype=torch.uint8
    )
    values[height // 2 :: 16, : width // 3] = 0
    corner = values[-height // 5 :, -width // 5 :]
    corner.copy_(torch.randint(256, corner.shape, generator=generator, dtype=torch.uint8))
    return values


def pictures() -> list[torch.Tensor]:
    return [picture(width, height, 100 + index) for index, (width, height) in enumerate(SIZES)]
