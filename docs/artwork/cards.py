"""Draws the templates' cards: python docs/artwork/cards.py

Each says in words and in a drawing what its template does. The demo's shows pictures of the demo world instead.
"""

from collections.abc import Callable
from pathlib import Path

from draw import BEST, FAINT, FINE, RUN, background, dot, draw_fan
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 480
PALE = (240, 242, 255)
FOLDER = Path(__file__).parents[2] / "workflows"

Drawing = Callable[[Image.Image], None]


def tile(picture: Image.Image, x: float, y: float, side: float, good: bool, masked: bool = False) -> None:
    """A picture in a picture: a sun over hills, bright if it is a good one; x, y and side in the card's pixels."""
    draw = ImageDraw.Draw(picture, "RGBA")
    x, y, side = x * FINE, y * FINE, side * FINE
    draw.rounded_rectangle([x, y, x + side, y + side], side / 12, fill=(30, 36, 66) if not good else (38, 62, 96))
    draw.polygon(
        [(x, y + side), (x, y + 0.7 * side), (x + 0.35 * side, y + 0.45 * side), (x + 0.75 * side, y + side)],
        fill=RUN if good else FAINT,
    )
    dot(draw, (x + 0.7 * side, y + 0.3 * side), 0.12 * side, BEST if good else FAINT)
    if masked:
        draw.ellipse([x + 0.45 * side, y + 0.05 * side, x + 0.95 * side, y + 0.55 * side], outline=PALE, width=FINE * 4)
    if good:
        draw.rounded_rectangle([x, y, x + side, y + side], side / 12, outline=BEST, width=FINE * 4)


def arrow(picture: Image.Image, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A horizontal arrow."""
    draw = ImageDraw.Draw(picture)
    (x, y), (to, _) = [(across * FINE, down * FINE) for across, down in (start, end)]
    draw.line([(x, y), (to - 10 * FINE, y)], fill=PALE, width=FINE * 4)
    draw.polygon([(to, y), (to - 16 * FINE, y - 9 * FINE), (to - 16 * FINE, y + 9 * FINE)], fill=PALE)


def words(picture: Image.Image, text: str, at: tuple[float, float], size: float, colour: tuple[int, ...]) -> None:
    font = ImageFont.load_default(size * FINE)
    ImageDraw.Draw(picture).text((at[0] * FINE, at[1] * FINE), text, font=font, fill=colour, anchor="lm")


def fan(picture: Image.Image) -> None:
    draw_fan(picture, 160 * FINE, 10 * FINE, 320 * FINE)


def before_and_after(picture: Image.Image) -> None:
    tile(picture, 80, 50, 220, good=False)
    tile(picture, 340, 50, 220, good=True)


def which_is_better(picture: Image.Image) -> None:
    tile(picture, 80, 50, 220, good=False)
    tile(picture, 340, 50, 220, good=False)
    for x in (190, 450):
        words(picture, "?", (x - 24, 150), 110, BEST)


def best_of_batch(picture: Image.Image) -> None:
    for place in range(4):
        tile(picture, 40 + 90 * place, 110, 80, good=place == 2)
    arrow(picture, (405, 150), (455, 150))
    tile(picture, 465, 80, 140, good=True)


def small_then_large(picture: Image.Image) -> None:
    """Many quick pictures, one careful one."""
    for place in range(12):
        tile(picture, 50 + 70 * (place % 4), 50 + 75 * (place // 4), 60, good=place == 6)
    arrow(picture, (340, 155), (395, 155))
    tile(picture, 405, 60, 190, good=True)


def inpainting(picture: Image.Image) -> None:
    tile(picture, 80, 50, 220, good=False, masked=True)
    arrow(picture, (310, 160), (360, 160))
    tile(picture, 370, 50, 220, good=True)


def two_rewards(picture: Image.Image) -> None:
    tile(picture, 370, 60, 200, good=True)
    for y, name in ((105, "prompt"), (215, "colour")):
        words(picture, name, (70, y), 34, PALE)
        arrow(picture, (230, y), (355, y))


def other_scores(picture: Image.Image) -> None:
    tile(picture, 60, 60, 200, good=False)
    arrow(picture, (275, 160), (345, 160))
    for y, score in ((95, "0.31"), (160, "0.87"), (225, "0.54")):
        words(picture, score, (375, y), 44, BEST if score == "0.87" else FAINT)


def saved_pool(picture: Image.Image) -> None:
    for place in range(6):
        tile(picture, 50 + 75 * (place % 3), 85 + 80 * (place // 3), 65, good=place == 1)
    arrow(picture, (290, 158), (340, 158))
    draw = ImageDraw.Draw(picture)
    box = [part * FINE for part in (355, 85, 465, 230)]
    draw.rounded_rectangle(box, 10 * FINE, outline=PALE, width=4 * FINE)
    words(picture, "file", (377, 158), 32, PALE)
    arrow(picture, (475, 158), (525, 158))
    tile(picture, 530, 110, 95, good=True)


CARDS: dict[str, tuple[str, str, Drawing]] = {
    "lidar_before_after": ("Before and after", "One seed, plain and with LiDAR, side by side.", before_and_after),
    "lidar_best_of_batch": (
        "Best of a batch",
        "Draw several pictures, keep the best.",
        best_of_batch,
    ),
    "lidar_blind_vote": ("Blind vote", "Plain or LiDAR? You choose without knowing.", which_is_better),
    "lidar_checklist": ("Checklist", "Counts, colours and places, asked one by one.", other_scores),
    "lidar_demo_distilled": ("Demo, distilled", "A fast copy of the model looks ahead. No download.", small_then_large),
    "lidar_external_scorer": ("Any scorer", "Numbers of another pack choose the sample.", other_scores),
    "lidar_flux_hyper": ("Flux", "A Hyper LoRA looks ahead, Flux draws the picture.", small_then_large),
    "lidar_inpaint": ("Inpainting", "The masked part follows the best samples.", inpainting),
    "lidar_music": ("Music", "Several quick drafts of a song, follow the best.", fan),
    "lidar_qwen_image": ("Qwen-Image", "A Lightning LoRA looks ahead, Qwen-Image draws.", small_then_large),
    "lidar_reuse_pool": ("Saved pool", "Look ahead once, save it, use it for many pictures.", saved_pool),
    "lidar_sd15_paper": ("SD 1.5, as published", "The paper's own rule and settings.", fan),
    "lidar_sd35": ("SD3.5", "Look ahead 12 times, follow the best.", fan),
    "lidar_sdxl": ("SDXL", "Look ahead 16 times, follow the best.", fan),
    "lidar_sdxl_distilled": ("SDXL, fast lookahead", "DMD2, Lightning or LCM looks ahead.", small_then_large),
    "lidar_wan": ("Wan video", "Several quick videos, follow the best.", small_then_large),
    "lidar_two_rewards": ("Two rewards", "The prompt and the looks decide together.", two_rewards),
    "lidar_z_image_turbo": ("Z-Image-Turbo", "Look ahead 16 times in 4 steps, follow the best.", fan),
}


def card(title: str, line: str, drawing: Drawing) -> Image.Image:
    picture = background(WIDTH * FINE, HEIGHT * FINE)
    drawing(picture)
    words(picture, title, (36, 360), 50, PALE)
    words(picture, line, (36, 425), 24, RUN)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    for name, (title, line, drawing) in CARDS.items():
        card(title, line, drawing).save(FOLDER / f"{name}.jpg", quality=88)
