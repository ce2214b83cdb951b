"""Lists of prompts: a text file, or GenEval's and GenEval 2's own lists."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lidar_core.errors import LidarError


@dataclass(frozen=True)
class Prompt:
    """index: from 0; it sets seeds and folders. metadata: the list's own line, which evaluators read."""

    index: int
    text: str
    metadata: dict[str, Any]

    @property
    def folder(self) -> str:
        return f"{self.index:05d}"


def read_prompts(path: Path) -> list[Prompt]:
    """One prompt per line: a text, or in a .jsonl file an object with "prompt"."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise LidarError(f"{path} holds no prompt: write one on each line.")
    return [_prompt(index, line.strip(), path) for index, line in enumerate(lines)]


def _prompt(index: int, line: str, path: Path) -> Prompt:
    if path.suffix != ".jsonl":
        return Prompt(index, line, {"tag": "prompt", "prompt": line, "include": []})
    try:
        metadata = json.loads(line)
        return Prompt(index, metadata["prompt"], metadata)
    except (ValueError, KeyError, TypeError):
        raise LidarError(f'Line {index + 1} of {path} is no JSON object with a "prompt".') from None
