"""The report of a run: report.md and report.html, beside the pictures or in a small folder of its own."""

import json
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path

from lidar_core.errors import LidarError

from .folders import geneval2_images
from .tables import Results, Table, tables

_SHOWN_PROMPTS = 24
_SMALL_SIDE = 256
STYLE = (
    "body{font:15px sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse;margin:1em 0}"
    "td,th{border:1px solid #bbb;padding:.3em .6em;text-align:left}img{max-width:16em;display:block}"
)


def write_pages(found: Results, shown: int = _SHOWN_PROMPTS) -> list[Path]:
    """Write the report and, for GenEval 2's evaluator, each arm's list of pictures; return the files."""
    files = _pages(found, _side_by_side(found, shown, picture_of))
    for arm in found.arms:
        files[f"{arm}/geneval2.json"] = json.dumps(geneval2_images(found.out, arm), indent=1)
    return _written(found.out, files)


def write_small_pages(found: Results, folder: Path, shown: int = _SHOWN_PROMPTS) -> list[Path]:
    """Write the report with the pictures that it shows into `folder`, as WebP of at most 256 pixels a side."""
    try:
        from PIL import Image
    except ImportError:
        raise LidarError("--small needs Pillow: use the Python that runs ComfyUI, or install Pillow.") from None
    for arm in found.arms:
        (folder / arm).mkdir(parents=True, exist_ok=True)
        for index in found.indices[:shown]:
            with Image.open(found.out / picture_of(arm, index)) as picture:
                picture.thumbnail((_SMALL_SIDE, _SMALL_SIDE))
                picture.save(folder / _small_picture_of(arm, index))
    return _written(folder, _pages(found, _side_by_side(found, shown, _small_picture_of)))


def _pages(found: Results, pictures: Table) -> dict[str, str]:
    return {"report.md": _markdown(found, pictures), "report.html": _html(found, pictures)}


def _written(folder: Path, files: dict[str, str]) -> list[Path]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def _side_by_side(found: Results, shown: int, name: Callable[[str, int], str]) -> Table:
    rows = [
        [next(iter(found.arms.values()))[index]["prompt"], *(name(arm, index) for arm in found.arms)]
        for index in found.indices[:shown]
    ]
    return Table("The first picture of each prompt, from the same seed", ["prompt", *found.arms], rows)


def picture_of(arm: str, index: int) -> str:
    return f"{arm}/{index:05d}/samples/0000.png"


def _small_picture_of(arm: str, index: int) -> str:
    return f"{arm}/{index:05d}.webp"


_NOTE = (
    "plain, longer and lidar start from the same noise; best-of and select choose among that and other noise, pool "
    "among lookahead samples. All but plain and lidar spend about the seconds of select. All but plain and longer "
    "follow the guiding reward, so that it cannot say who is better: read a held-out judge or an evaluator."
)


def _markdown(found: Results, pictures: Table) -> str:
    shown = Table(
        pictures.title,
        pictures.header,
        [[row[0].replace("|", "\\|"), *(f"![]({name})" for name in row[1:])] for row in pictures.rows],
    )
    parts = ["# LiDAR on this model", _NOTE, *(_markdown_table(table) for table in [*tables(found), shown])]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: Table) -> str:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    lines = [line(table.header), "|---" * len(table.header) + "|", *map(line, table.rows)]
    return f"## {table.title}\n\n" + "\n".join(lines)


def _html(found: Results, pictures: Table) -> str:
    def image(name: str) -> str:
        return f'<img loading="lazy" src="{escape(name)}" alt="">'

    shown = [[escape(row[0]), *map(image, row[1:])] for row in pictures.rows]
    parts = [_html_table(table, [[escape(cell) for cell in row] for row in table.rows]) for table in tables(found)]
    parts.append(_html_table(pictures, shown))
    return (
        f'<!doctype html><meta charset="utf-8"><title>LiDAR on this model</title><style>{STYLE}</style>\n'
        f"<h1>LiDAR on this model</h1><p>{escape(_NOTE)}</p>\n" + "\n".join(parts) + "\n"
    )


def _html_table(table: Table, rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<h2>{escape(table.title)}</h2>\n<table><tr>{head}</tr>\n{body}</table>"
