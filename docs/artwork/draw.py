"""Draws the pack's icon and banner: python docs/artwork/draw.py

A sampling run starts in noise at the left. Its lookahead samples fan out faintly; one of them scores best, and the run
bends towards it.
"""

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FINE = 4  # Drawn that much larger, and reduced: pillow draws no smooth edges.
NIGHT, DUSK = (16, 20, 40), (44, 38, 84)
FAINT, BEST, RUN = (124, 132, 178), (255, 206, 84), (96, 226, 214)
ANGLES = (-76, -36, -2, 20, 43, 67)
CHOSEN = 1

Point = tuple[float, float]


def curve(start: Point, bend: Point, end: Point) -> list[Point]:
    """A quadratic Bezier curve."""
    points = []
    for step in range(401):
        t = step / 400
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        points.append((a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]))
    return points


def dot(draw: ImageDraw.ImageDraw, at: Point, radius: float, colour: tuple[int, ...]) -> None:
    draw.ellipse([at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius], fill=colour)


def background(width: int, height: int) -> Image.Image:
    """Night to dusk, from the left above to the right below."""
    ramp = Image.linear_gradient("L")
    mask = Image.blend(ramp.resize((width, height)), ramp.rotate(90).resize((width, height)), 0.5)
    return Image.composite(Image.new("RGB", (width, height), DUSK), Image.new("RGB", (width, height), NIGHT), mask)


def draw_fan(picture: Image.Image, left: float, top: float, side: float) -> None:
    """The scene in a square of `side` pixels."""
    draw = ImageDraw.Draw(picture, "RGBA")

    def at(x: float, y: float) -> Point:
        return left + x * side, top + y * side

    start = (0.13, 0.56)
    ends = [
        (start[0] + 0.66 * math.cos(math.radians(angle)), start[1] - 0.06 + 0.44 * math.sin(math.radians(angle)))
        for angle in ANGLES
    ]
    for number, end in enumerate(ends):
        if number != CHOSEN:
            draw.line([at(*start), at(*end)], fill=(*FAINT, 105), width=round(0.012 * side))
            dot(draw, at(*end), 0.036 * side, FAINT)
    best = ends[CHOSEN]
    for point in curve(at(*start), at(0.60, 0.66), at(*best)):
        dot(draw, point, 0.026 * side, RUN)
    dot(draw, at(*start), 0.05 * side, RUN)
    for radius, strength in ((0.165, 28), (0.135, 48)):
        dot(draw, at(*best), radius * side, (*BEST, strength))
    dot(draw, at(*best), 0.095 * side, BEST)


def icon(side: int = 400) -> Image.Image:
    large = side * FINE
    picture = background(large, large)
    draw_fan(picture, 0, 0, large)
    corners = Image.new("L", picture.size)
    ImageDraw.Draw(corners).rounded_rectangle([0, 0, large - 1, large - 1], large * 0.2, fill=255)
    picture.putalpha(corners)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def banner(width: int = 1260, height: int = 540) -> Image.Image:
    fine_width, fine_height = width * FINE, height * FINE
    picture = background(fine_width, fine_height)
    draw_fan(picture, 0.03 * fine_width, 0.02 * fine_height, 0.96 * fine_height)
    draw = ImageDraw.Draw(picture)
    for words, size, y, colour in (
        ("LiDAR Sampling", 0.145, 0.40, (240, 242, 255)),
        ("Look ahead, score, follow the best.", 0.058, 0.58, RUN),
    ):
        font = ImageFont.load_default(size * fine_height)
        draw.text((0.44 * fine_width, y * fine_height), words, font=font, fill=colour, anchor="lm")
    return picture.resize((width, height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    folder = Path(__file__).parent
    icon().save(folder / "icon.png", optimize=True)
    banner().save(folder / "banner.png", optimize=True)
