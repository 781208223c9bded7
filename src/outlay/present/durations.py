"""Spans of time as people write them, `1d12h`, and as they read them, `3 h 20 min`."""

from __future__ import annotations

import re
from typing import Final

_PARTS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000))
_FORM: Final = re.compile("".join(f"(?:([0-9]{{1,9}}){unit})?" for unit, _ in _PARTS), re.ASCII)
_SHOWN: Final = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000))
_MOST_SHOWN: Final = 2


def duration_from(text: str) -> int | None:
    """Milliseconds of a span longer than nothing; None where the text is none."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    return sum(int(count) * size for count, (_, size) in zip(form.groups("0"), _PARTS, strict=True)) or None


def span_text(span_ms: int) -> str:
    """The two largest parts: `3 d 2 h`."""
    parts = []
    for unit, size in _SHOWN:
        count, span_ms = divmod(span_ms, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:_MOST_SHOWN]) or "0 s"


def exact_text(span_ms: int) -> str:
    """As `duration_from` reads it: `1d12h`; milliseconds are dropped."""
    parts = []
    for unit, size in _PARTS:
        count, span_ms = divmod(span_ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
