"""Every page with parts that are written from the code, as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.pages import commands, refusals
from tests.pages.marked import filled

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PARTS: Final[Mapping[str, Callable[[], Mapping[str, str]]]] = {
    "cli.md": commands.parts,
    "refusals.md": refusals.parts,
}
"""By the file's name in docs/."""


def as_it_should_be(name: str) -> str:
    """The text of that page. Raises NoPlace."""
    return filled(name, (DOCS / name).read_text("utf-8"), PARTS[name]())
