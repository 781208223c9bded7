"""Merchants with money, and the calls that they make on the hot paths: the same for one tree's benchmark and for two.

Their accounts have review, so that no background work runs while creates are measured.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from outlay.cli.client import call
from outlay.wire.samples import SampleOrder, Session
from tests.bench.load import Shot, shot
from tests.bench.names import SampleMoment, fund_account, issue_credential, open_account

if TYPE_CHECKING:  # of this tree: the other one that is measured may have no such name
    from outlay.service.runtime import Runtime
    from outlay.wire.dialect import AnyDialect

MANY = 100
AMOUNT = "1.00"
FUNDS_MINOR = 10**14
QUERY, CREATE_HOT, CREATE_MANY = PATHS = ("query", "create, hot account", f"create, {MANY} accounts")

Shots = Callable[[int], list[Shot]]
"""So many requests, signed now."""


def environment() -> dict[str, str]:
    """For a server that is measured: it must never touch a database of the user's own."""
    own = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    return own | {"OUTLAY_LOG": "quiet", "OUTLAY_SANDBOX_DELAY_MS": "0"}


async def hot_paths(base_url: str, runtime: Runtime, dialect: AnyDialect) -> Mapping[str, Shots]:
    """By their names; makes the merchants."""
    sessions = [await merchant(base_url, runtime, dialect, needs_review=True) for _ in range(MANY)]
    hot = sessions[0]
    live = dialect.samples.live_headers
    order = _order(dialect)
    first = dialect.samples.create(hot, order, _moment())
    created = (await asyncio.to_thread(call, base_url, first)).body

    def queries(requests: int) -> list[Shot]:
        sent = [dialect.samples.query(hot, order, created, _moment()) for _ in range(requests)]
        return [shot(base_url, request, order.reference, live) for request in sent]

    return {
        f"{dialect.name}: {QUERY}": queries,
        f"{dialect.name}: {CREATE_HOT}": lambda requests: creates(base_url, dialect, [hot], requests),
        f"{dialect.name}: {CREATE_MANY}": lambda requests: creates(base_url, dialect, sessions, requests),
    }


async def merchant(base_url: str, runtime: Runtime, dialect: AnyDialect, *, needs_review: bool) -> Session:
    samples = dialect.samples
    account = await open_account(runtime, name="Bench", country=samples.country, needs_review=needs_review)
    if not hasattr(account, "account_id"):
        raise RuntimeError(f"no account: {account}")
    await fund_account(runtime, account.account_id, samples.currency, FUNDS_MINOR, "bench")
    issued = await issue_credential(runtime, dialect, account.account_id)
    if not hasattr(issued, "shown"):
        raise RuntimeError(f"no credential: {issued}")
    opening = samples.opening(issued.shown)
    opened = (await asyncio.to_thread(call, base_url, opening)).body if opening else b""
    return Session(issued.shown, opened)


def creates(base_url: str, dialect: AnyDialect, sessions: list[Session], requests: int) -> list[Shot]:
    """Each merchant in its turn."""
    made = []
    for number in range(requests):
        order = _order(dialect)
        request = dialect.samples.create(sessions[number % len(sessions)], order, _moment())
        made.append(shot(base_url, request, order.reference, dialect.samples.live_headers))
    return made


def _order(dialect: AnyDialect) -> SampleOrder:
    return SampleOrder(f"B-{secrets.token_hex(12)}", dialect.samples.currency, AMOUNT)


def _moment() -> Any:
    return SampleMoment(time.time_ns() // 1_000_000, secrets.token_bytes(16))
