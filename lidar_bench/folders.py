"""The folder of a run. OUT/ARM/00012/ holds the finished prompt 12, in the layout of GenEval's evaluator."""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .prompts import Prompt

Record = dict[str, Any]
"""What is known of one finished folder: arm, prompt, pictures, rewards by judge, seconds, model_calls, server."""

RECORD = "lidar_bench.json"


def finished(out: Path, arm: str, prompt: Prompt) -> bool:
    return (out / arm / prompt.folder / RECORD).is_file()


def finish(out: Path, arm: str, prompt: Prompt, pictures: list[bytes], record: Record) -> None:
    """Write the complete folder elsewhere, and rename it into place last."""
    place = out / arm / prompt.folder
    unfinished = out / f"unfinished-{uuid.uuid4().hex}"
    samples = unfinished / "samples"
    samples.mkdir(parents=True)
    try:
        for number, picture in enumerate(pictures):
            (samples / f"{number:04d}.png").write_bytes(picture)
        (unfinished / "metadata.jsonl").write_text(json.dumps(prompt.metadata) + "\n", encoding="utf-8")
        (unfinished / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
        place.parent.mkdir(exist_ok=True)
        os.replace(unfinished, place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def records(out: Path, arm: str) -> dict[int, Record]:
    """The records of an arm's finished prompts, by prompt index."""
    return {int(folder.name): json.loads((folder / RECORD).read_text()) for folder in _finished_folders(out / arm)}


def geneval2_images(out: Path, arm: str) -> dict[str, str]:
    """GenEval 2's list: the first picture of each prompt."""
    return {
        record["prompt"]: str((out / arm / f"{index:05d}" / "samples" / "0000.png").resolve())
        for index, record in records(out, arm).items()
    }


def _finished_folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(inner for inner in folder.iterdir() if inner.name.isdigit() and (inner / RECORD).is_file())
