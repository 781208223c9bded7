"""Periods of TeemoPay's list, in Brazil's time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.apis.software import now_ms


def local(days: float = 0, at_ms: int | None = None) -> str:
    """Brazil's time so many days from now, or from another moment."""
    now = at_ms if at_ms is not None else now_ms()
    at = datetime(1970, 1, 1) + timedelta(milliseconds=now, days=days, hours=-3)
    return at.isoformat(" ", "milliseconds")


def period(**fields: Any) -> dict[str, Any]:
    return {"type": "PAYOUT", "beginTime": local(-1), "endTime": local(1)} | fields
