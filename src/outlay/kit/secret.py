"""A text that never shows itself: in logs, tracebacks and reprs a secret reads `***`."""

from __future__ import annotations

from typing import Final

MASK: Final = "***"


class Secret:
    """Wraps a secret text; only `reveal()` gives it out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__
