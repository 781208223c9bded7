"""What the workers have before them, by rail and kind, and what they could not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from outlay.core.shown import WorkShown
from outlay.core.unreadable import UnreadablePayout
from outlay.service.runtime import Looking
from outlay.store import unreadable, work

MOST_UNREADABLE: Final = 1_000
"""Payouts that a person is told of at once."""


async def read_work(looks: Looking) -> WorkShown:
    now_ms = looks.now_ms()
    backlog = await work.list_backlog(looks.database, now_ms)
    return WorkShown(now_ms, backlog, await list_unreadable(looks))


async def list_unreadable(looks: Looking, account_id: UUID | None = None) -> Sequence[UnreadablePayout]:
    """As the workers have met them, the oldest first: of one account or of all."""
    every = await unreadable.read_unreadable(looks.database, MOST_UNREADABLE)
    return [each for each in every if account_id in (None, each.account_id)]
