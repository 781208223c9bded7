"""Parts of a page between two marks, which a reader of the page does not see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

_PART: Final = re.compile(r"^<!-- (?P<name>[^\n]+): from the code -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)


class NoPlace(AssertionError):
    """A page lacks the marks of a part, has them twice, or has those of a part that there is none of."""


def filled(page: str, text: str, parts: Mapping[str, str]) -> str:
    """The text with these parts between their marks, and all else as it was. Raises NoPlace."""
    places = Counter(match["name"] for match in _PART.finditer(text))
    if missing := [name for name in parts if name not in places]:
        raise NoPlace(
            f"docs/{page}: put these where they belong, then `./run pages`:\n" + "\n".join(map(_empty, missing))
        )
    if unknown := [name for name in places if name not in parts]:
        raise NoPlace(f"docs/{page}: the code has none of these, take their marks away: {', '.join(unknown)}")
    if twice := [name for name, count in places.items() if count > 1]:
        raise NoPlace(f"docs/{page}: these stand there twice: {', '.join(twice)}")
    return _PART.sub(lambda match: _marked(match["name"], parts[match["name"]]), text)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [_line(heads), f"|{'---|' * len(heads)}", *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|"


def _marked(name: str, part: str) -> str:
    return f"{_first_mark(name)}\n{part}\n<!-- end -->"


def _empty(name: str) -> str:
    return f"{_first_mark(name)}\n<!-- end -->"


def _first_mark(name: str) -> str:
    return f"<!-- {name}: from the code -->"
