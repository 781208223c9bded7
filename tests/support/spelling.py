"""JSON at its longest: every character of every text an escape, every member on an indented line of its own."""

from __future__ import annotations

import json
from typing import Any

_BREAK = "\r\n"


def spelt_out(value: Any, level: int = 0) -> bytes:
    return _spelt(value, level).encode("ascii")


def _spelt(value: Any, level: int) -> str:
    inner, outer = _BREAK + " " * 4 * (level + 1), _BREAK + " " * 4 * level
    match value:
        case str():
            units = value.encode("utf-16-be", "surrogatepass")
            return '"' + "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)) + '"'
        case dict():
            members = [f"{_spelt(name, 0)}: {_spelt(item, level + 1)}" for name, item in value.items()]
            return "{" + inner + f",{inner}".join(members) + outer + "}" if members else "{}"
        case list():
            return "[" + inner + f",{inner}".join(_spelt(item, level + 1) for item in value) + outer + "]"
        case _:
            return json.dumps(value)
