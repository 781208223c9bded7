"""A documented row, and the small table language that rows are written in.

    field    source    note          columns are parted by two spaces or more
    field?   …                       the answer may have null here
    field-   …                       the answer may have an empty text here
    field~   …                       null or empty is all that is ever answered here: to be present is enough
    field    source    note ABSENT: why Outlay does not serve it
    field    source    note NO RULE: why there is nothing here that could be broken on two sides

A row is one of four kinds. An endpoint, a status and a carried field are seen on the wire, their value compared by the
test that the page names. Whatever has a limit, a list, "required", a code or a text is a rule: a test claims it, shows
both sides of it, and notices when it is broken (tests/rules).

The trap: a row's id is what observers make of an exchange, letter by letter. A slip in an id is a row that nothing can
ever exercise, and the comparison says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

SOURCES = ("seed", "docs", "vendor code", "inference", "decision")
ABSENT = "ABSENT: "
NO_RULE = "NO RULE: "
KINDS = ("endpoint", "status", "carried", "rule")
_SEEN = {"endpoint": "endpoint", "status": "status", "response": "carried", "shape": "carried", "claim": "carried"}
"""By the first word of a row's id; every other row is a rule, unless it says why it is none."""
STRICT_KINDS = (
    "endpoint",
    "response",
    "null response",
    "empty response",
    "status",
    "code",
    "failure",
    "http",
    "shape",
)
"""What is seen of these and stands in no row is undocumented. Of the others (what callers sent, and texts) a caller may
send more than is documented."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`absent`: why Outlay deliberately does not serve it; then it must not be seen. `no_rule`: why it is carried."""

    id: str
    group: str
    source: str
    note: str = ""
    absent: str = ""
    no_rule: str = ""
    may_be_null: bool = False
    may_be_empty: bool = False
    presence_is_enough: bool = False

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return _SEEN.get(self.id.partition(" ")[0], "carried" if self.no_rule else "rule")

    def seen_as(self) -> frozenset[str]:
        """Any of these observations exercises the row."""
        if self.presence_is_enough:
            return frozenset({self.id, f"null {self.id}", f"empty {self.id}"})
        return frozenset({self.id})

    def documents(self) -> frozenset[str]:
        """Observations that this row allows."""
        if self.absent:
            return frozenset()
        allowed = {self.id}
        if self.may_be_null or self.presence_is_enough:
            allowed.add(f"null {self.id}")
        if self.may_be_empty or self.presence_is_enough:
            allowed.add(f"empty {self.id}")
        return frozenset(allowed)


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """`left_out`: what of the API is not in the table, and why."""

    name: str
    title: str
    left_out: str
    rows: tuple[Row, ...]


def table(group: str, kind: str, text: str) -> tuple[Row, ...]:
    """The rows of one table; `kind` is put in front of each name."""
    return tuple(_row(group, kind, line) for line in text.strip().splitlines() if line.strip())


def _row(group: str, kind: str, line: str) -> Row:
    name, source, note = (*re.split(r"\s{2,}", line.strip(), maxsplit=2), "")[:3]
    assert all(part in SOURCES for part in source.split(", ")), line
    note, _, absent = note.partition(ABSENT)
    note, _, no_rule = note.partition(NO_RULE)
    mark = name[-1] if name[-1] in "?-~" else ""
    return Row(
        id=f"{kind} {name.removesuffix(mark)}" if mark else f"{kind} {name}",
        group=group,
        source=source,
        note=note.strip(),
        absent=absent.strip(),
        no_rule=no_rule.strip(),
        may_be_null=mark == "?",
        may_be_empty=mark == "-",
        presence_is_enough=mark == "~",
    )


def joined(*tables: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(row for rows in tables for row in rows)
