"""The printed requests, answers and notifications, as `examples.json` in the folder of each API holds them.

README.md tells what the keys and the placeholders mean. Each entry is either sent or left out for a reason that is told
here; there is no third kind, so a new entry cannot be passed over silently.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tests.apis.found import all_names, file_of, has_file

HERE = Path(__file__).resolve().parent
PAGES = HERE / "pages"
APIS = tuple(name for name in all_names() if has_file(name, "examples.json"))
"""Whose vendor prints some."""

A_NOTIFICATION = "a notification: Outlay sends it"
ONE_MORE_NOTIFICATION = "asks for a notification"
FOR_ITS_SIGNATURE = "a pay-in body, printed for its signature"
SHAPE_OF_AN_ERROR = "the shape of an error, and no request"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`body` and `response` are UNSET where the page prints none; null is printed."""

    name: str
    source: str
    method: str
    path: str
    headers: dict[str, str]
    direction: str = "to Outlay"
    account: dict[str, str] = {}
    body: Any = msgspec.UNSET
    response: Any = msgspec.UNSET
    response_status: int = 200
    response_note: str = ""
    expect: dict[str, Any] = {}
    note: str = ""
    api: str = ""

    @property
    def title(self) -> str:
        return f"{self.api} {self.name}"

    @property
    def left_out(self) -> str | None:
        """Why it is not sent."""
        if self.direction == "to merchant":
            return A_NOTIFICATION
        if self.path.endswith("/triggerNotify"):
            return ONE_MORE_NOTIFICATION
        if self.path == "(none)":
            return FOR_ITS_SIGNATURE
        return SHAPE_OF_AN_ERROR if self.path.startswith("(") else None


@cache
def entries(api: str) -> tuple[Entry, ...]:
    read = msgspec.json.decode(file_of(api, "examples.json").read_bytes(), type=list[Entry])
    return tuple(msgspec.structs.replace(entry, api=api) for entry in read)


def every_entry() -> list[Entry]:
    return [entry for api in APIS for entry in entries(api)]


def sent(*apis: str) -> list[Entry]:
    return [entry for api in apis or APIS for entry in entries(api) if entry.left_out is None]
