"""Payouts that are there before a command is tried on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def payouts_in(document: Any) -> Iterator[dict[str, Any]]:
    """Every payout that a document shows, wherever it stands in it: what has an id and says how it stands."""
    if isinstance(document, dict):
        if {"payout_id", "state"} <= set(document):
            yield document
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from payouts_in(part)
