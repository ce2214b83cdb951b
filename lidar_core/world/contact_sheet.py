"""One picture of a whole demo: rows of pictures with their rewards."""

import torch
from PIL import Image, ImageDraw, ImageFont

_TILE, _GAP, _CAPTION, _TITLE, _COLUMNS = 128, 6, 16, 30, 8
_TITLES = {
    "plain": "Plain sampling",
    "lidar": "LiDAR, same seeds",
    "lookahead": "Lookahead pool, best first",
}
_INK, _GOOD, _BAD, _PAPER = (40, 40, 46), (22, 128, 60), (176, 40, 40), (255, 255, 255)


def contact_sheet(
    prompt: str,
    tiles: dict[str, list[Image.Image]],
    rewards: dict[str, torch.Tensor],
    verified: dict[str, torch.Tensor],
) -> Image.Image:
    """Rows of plain, LiDAR and lookahead pictures; rewards are green where the verifier finds the picture right."""
    rows = {name: -(-len(tiles[name]) // _COLUMNS) for name in _TITLES}
    width = _COLUMNS * (_TILE + _GAP) + _GAP
    height = _TITLE + sum(_TITLE + count * (_TILE + _CAPTION + _GAP) for count in rows.values()) + _GAP
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    big, small = ImageFont.load_default(16), ImageFont.load_default(12)
    draw.text((_GAP, 8), f'"{prompt}"', _INK, big)
    top = _TITLE
    for name, title in _TITLES.items():
        right, total = int(verified[name].sum()), len(tiles[name])
        heading = f"{title}: mean reward {rewards[name].mean():.2f}, {right} of {total} as the prompt says"
        draw.text((_GAP, top + 8), heading, _INK, big)
        top += _TITLE
        for index, tile in enumerate(tiles[name]):
            left = _GAP + index % _COLUMNS * (_TILE + _GAP)
            y = top + index // _COLUMNS * (_TILE + _CAPTION + _GAP)
            sheet.paste(tile, (left, y))
            colour = _GOOD if verified[name][index] else _BAD
            draw.text((left + 2, y + _TILE + 1), f"{rewards[name][index]:.2f}", colour, small)
        top += rows[name] * (_TILE + _CAPTION + _GAP)
    return sheet
