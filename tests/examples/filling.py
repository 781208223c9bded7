"""Put what is fresh into a printed request: its placeholders, ids, nonces, times.

The trap: a placeholder that nobody knows must not go out as it stands, or the entry would be answered for the wrong
reason. It fails the test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server
from tests.examples.comparer import differences

_PLACEHOLDER = re.compile(r"<[^<>]+>")
LONGEST_ID = 32
SHOWN_LINE = 700


class Played:
    """A request as it was sent, its answer, and what that has to be."""

    def __init__(self, server: Server, call: Call, expected: Any, status: int = 200) -> None:
        self.call = call
        self.answer: Answer = send(server.base_url, call)
        self._expected = expected
        self._status = status

    def faults(self) -> list[str]:
        if self.answer.status != self._status:
            return [f"HTTP {self.answer.status} instead of {self._status}"]
        return differences(self._expected, self.answer.json())

    def line(self) -> str:
        """All of it on one line."""
        asked = f"{self.call.method} {self.call.target} {self.call.body.decode()}".strip()
        return f"{_short(asked)} → HTTP {self.answer.status} {_short(self.answer.body.decode())}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_LINE else f"{text[:SHOWN_LINE]}…"


def filled(text: str, values: Mapping[str, str]) -> str:
    """`values`: by placeholder, with its brackets."""
    return _PLACEHOLDER.sub(lambda found: values[found[0]], text)


def filled_headers(headers: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str | bytes]:
    return {name: filled(value, values) for name, value in headers.items()}


def fresh_id(printed: str) -> str:
    """Another one that begins alike."""
    return f"{re.sub('[^A-Za-z]', '', printed)[:8]}{uuid4().hex}"[:LONGEST_ID]


def period(printed_begin: str, printed_end: str, now: datetime) -> tuple[str, str]:
    """The printed window, moved so that it ends with today; one without a length begins thirty days earlier. `now`: in
    the zone of the window. The printed form stays: a day, a day and a time of it, or a time with its zone."""
    begin, end = (datetime.fromisoformat(text) for text in (printed_begin, printed_end))
    if begin == end:
        return _in_form(printed_begin, now - timedelta(days=30)), _in_form(printed_end, now + timedelta(hours=1))
    # At least from yesterday, so that midnight may pass between an order and the list.
    days = max((end.date() - begin.date()).days, 1)
    first = datetime.combine(now.date() - timedelta(days=days), begin.time())
    return _in_form(printed_begin, first), _in_form(printed_end, datetime.combine(now.date(), end.time()))


def _in_form(printed: str, at: datetime) -> str:
    if "T" in printed:
        return at.isoformat(timespec="seconds")
    if " " in printed:
        return at.isoformat(" ", "milliseconds")
    return at.date().isoformat()
