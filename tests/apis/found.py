"""Finds what tests know of each API: one folder here for each folder of `outlay.dialects`.

The trap: a part is imported when somebody asks for it and not before, because a run of a few tests needs few of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from outlay.dialects import all_dialects
from tests.coverage.rows import Api

if TYPE_CHECKING:
    from tests.apis.contract import Documented

FOLDER = "tests.apis"


class MissingPart(AssertionError):
    """An API's folder lacks what every one of them has."""


def all_names() -> tuple[str, ...]:
    """Of every API, in order of name."""
    return tuple(sorted(all_dialects()))


@cache
def part_of(name: str, part: str) -> ModuleType:
    """`tests.apis.<name>.<part>`; a part may be inside of a folder: `rules.desk`. Raises MissingPart."""
    module = f"{FOLDER}.{name}.{part}"
    if not _is_there(module):
        raise _missing(f"{module.replace('.', '/')}.py")
    return import_module(module)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a folder above it
        return False


def parts_of(part: str) -> Mapping[str, ModuleType]:
    """Of the folders that have it, by name: for what not every API needs."""
    return {name: part_of(name, part) for name in all_names() if _is_there(f"{FOLDER}.{name}.{part}")}


def documented_of(name: str) -> Documented:
    """What the documents of this API say."""
    documented: Documented = part_of(name, "documented").DOCUMENTED
    return documented


def has_file(name: str, file: str) -> bool:
    return (Path(__file__).parent / name / file).exists()


def file_of(name: str, file: str) -> Path:
    """A file beside those parts that is no module. Raises MissingPart."""
    path = Path(__file__).parent / name / file
    if not has_file(name, file):
        raise _missing(f"tests/apis/{name}/{file}")
    return path


def _missing(path: str) -> MissingPart:
    return MissingPart(f"{path} is missing: every dialect folder needs one, see CONTRIBUTING.md")


def all_rows() -> tuple[Api, ...]:
    """Every documented row of the APIs' payout sides, as the providers' documents have them.

    Notifications (chapter 7 of each document) are not in the tables: Outlay does not send any yet. The signatures have
    vectors of their own, which are tested one by one.
    """
    return tuple(part_of(name, "rows").API for name in all_names())
