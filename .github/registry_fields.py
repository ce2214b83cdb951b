"""Completes pyproject.toml with what only the place of publication knows; the publishing job runs it in its checkout.

Reads GITHUB_REPOSITORY (owner/name), GITHUB_SHA and PUBLISHER_ID from the environment.
"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ICON, BANNER = "docs/artwork/icon.png", "docs/artwork/banner.png"
# What each must look like, and what to do where it does not.
VARIABLES = {
    "GITHUB_REPOSITORY": (r"[\w.-]+/[\w.-]+", "owner/name of the repository on GitHub, which its actions set"),
    "GITHUB_SHA": (r"[0-9a-f]{40}", "the published commit, which GitHub's actions set"),
    "PUBLISHER_ID": (
        r"[A-Za-z0-9][\w.-]*",
        "your publisher's id on registry.comfy.org: add it to the repository as the actions variable PUBLISHER_ID",
    ),
}


def completed(settings: str, environment: dict[str, str]) -> str:
    """pyproject.toml's text with its urls, pictures and publisher."""
    values = []
    for name, (pattern, meaning) in VARIABLES.items():
        value = environment.get(name, "")
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{name} is {value!r}, but should be {meaning}.")
        values.append(value)
    repository, commit, publisher = values
    page = f"https://github.com/{repository}"
    files = f"https://raw.githubusercontent.com/{repository}/{commit}"
    if "[project.urls]" in settings:
        raise ValueError("pyproject.toml has [project.urls] already; run this once, in a fresh checkout.")
    before, header, after = settings.partition("\n[tool.comfy]\n")
    if not header:
        raise ValueError("pyproject.toml has no line [tool.comfy], below which the publisher and the pictures belong.")
    return f"""{before}
[project.urls]
Repository = "{page}"
Documentation = "{page}#readme"
"Bug Tracker" = "{page}/issues"
{header}PublisherId = "{publisher}"
Icon = "{files}/{ICON}"
Banner = "{files}/{BANNER}"
{after}"""


if __name__ == "__main__":
    path = ROOT / "pyproject.toml"
    try:
        path.write_text(completed(path.read_text(encoding="utf-8"), dict(os.environ)), encoding="utf-8")
    except ValueError as error:
        sys.exit(str(error))
