"""Many rows as parameters of one statement: an array for each of their columns, of which `unnest(…)` gives the rows
back; and the texts of values that are documents or arrays themselves.

Which columns a table has belongs to tables, what is made of a row that was read to rows.

The driver asks of each member of a list whether it is a list itself, three times over, and that costs more than all
else it does with it: a tenth of what a create takes here. So a list goes as the text of an array, which is put together
at once; only the bytes of a digest go as the driver would send them.

The trap: PostgreSQL's text of an array is JSON in other brackets, but for what a backslash means. There it makes any
character stand for itself, so of JSON's escapes only those of a quote and of a backslash say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

JSON: Final = "json"
"""Of a column whose values are texts of JSON as `to_json` writes them."""
_SEPARATOR: Final = "\x1e"
"""In no such text: it would be escaped there."""
_SLOTS: Final[Mapping[str, str]] = {
    "bytea": "${number}::bytea[]",
    JSON: "string_to_array(${number}::text, chr(30), '')",
}
_encoder = msgspec.json.Encoder()


def slots(kinds: Iterable[str], first: int = 1) -> str:
    """What stands in `unnest(…)` for columns of these kinds, PostgreSQL's types or JSON, whose parameters are numbered
    from `first` on."""
    named = enumerate(kinds, first)
    return ", ".join(
        _SLOTS.get(kind, "${number}::text::{kind}[]").format(number=number, kind=kind) for number, kind in named
    )


def parameters(kinds: Iterable[str], columns: Iterable[Sequence[Any]]) -> list[Any]:
    """One for each column. All in one loop: a create has sixty columns, most of them with a single value."""
    made: list[Any] = []
    for kind, values in zip(kinds, columns, strict=True):
        if kind == "bytea":
            made.append(values)
        elif kind == JSON:
            made.append(_SEPARATOR.join([value or "" for value in values]))
        else:
            text = _encoder.encode(values).decode()
            if kind == "text" and "\\" in text and "\\" in text.replace("\\\\", "").replace('\\"', ""):
                made.append(array_text(values))
            else:
                made.append(f"{{{text[1:-1]}}}")
    return made


def arrays(kinds: Iterable[str], rows: Iterable[Sequence[Any]]) -> list[Any]:
    """The parameters of all columns of these rows."""
    return parameters(kinds, zip(*rows, strict=True))


def array_text(values: Iterable[str | int | None]) -> str:
    """A list as PostgreSQL's text of an array, whatever its texts are made of."""
    return "{" + ",".join("NULL" if value is None else _quoted(str(value)) for value in values) + "}"


def to_json(value: object) -> str:
    return _encoder.encode(value).decode()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
