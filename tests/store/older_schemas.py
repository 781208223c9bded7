"""Databases as earlier versions left them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from outlay.store.migrate import partitioned
from tests.support.databases import Server, Shape
from tests.support.old_rights import give_old_rights

DIGEST = b"\x07" * 32

AMOUNT, FEE = 100, 7

IDS = {"waiting": 1, "approved": 2, "rejected": 3, "expired": 4, "plain": 5}


async def first_schema(connection: Any, shape: Shape) -> None:
    """As the first version of Outlay left it."""
    await connection.execute(
        "create table alembic_version (version_num varchar(32) not null primary key);"
        "insert into alembic_version values ('0001')"
    )
    sql = (files("outlay.store") / "migrations" / "0001_foundation.sql").read_text("utf-8")
    await connection.execute(partitioned(sql, shape.partitions))
    await give_old_rights(connection, "0001")


async def old_rows(connection: Any, account_id: UUID) -> None:
    """One payout of each kind that the second schema looks at, with all that belongs to it."""
    await connection.execute(
        "insert into accounts (account_id, name, country, needs_review, rail, created_ms)"
        " values ($1, 'Kopi & Co', 'SG', true, 'sandbox', 1)",
        account_id,
    )
    await connection.execute("insert into terms values ($1, 'BRL', 7, 0, 1, 1000)", account_id)
    await connection.execute(
        "insert into credentials (account_id, key_id, dialect, sealed, created_ms) values ($1, 'k', 'd', '\\x00', 1)",
        account_id,
    )
    for name, payout_id in IDS.items():
        state = {"waiting": "in_review", "rejected": "failed", "expired": "expired"}.get(name, "reserved")
        reason = "review_rejected" if name == "rejected" else None
        ended = 9 if state in ("failed", "expired") else None
        later = {"approved": "approved", "rejected": "rejected", "expired": "expired"}.get(name)
        await connection.execute(
            "insert into payouts (account_id, payout_id, reference, currency, amount_minor, fee_minor, fee_fixed_minor,"
            " fee_rate_ppm, beneficiary, memo, rail, created_ms, state, failure_reason, failure_text, completed_ms,"
            " fact_count) values ($1, $2, $3, 'BRL', 100, 7, 7, 0, '{\"destination\":\"pix\"}', '{}', 'sandbox', 2, $4,"
            " $5, $6, $7, $8)",
            account_id, payout_id, name, state, reason, reason and "odd", ended, 2 if later else 1,
        )  # fmt: skip
        await connection.execute(
            "insert into claims values ($1, $2, 'create', $3, $4, 2)", account_id, name, DIGEST, payout_id
        )
        for number, kind in enumerate(["ordered", *([later] if later else [])], 1):
            await connection.execute(
                "insert into facts values ($1, $2, $3, $4, 2, '{}')", account_id, payout_id, number, kind
            )
        moves = [(1, "available", "held")] + ([(2, "held", "available")] if ended else [])
        for number, source, target in moves:
            await connection.execute(
                "insert into postings values ($1, $2, $3, 1, $4, $5, 'BRL', 107, 2)",
                account_id, payout_id, number, source, target,
            )  # fmt: skip
        if state == "reserved":
            await connection.execute("insert into work values ($1, $2, 2)", account_id, payout_id)
    await connection.execute("insert into fundings values ($1, 'wire', 9, 'BRL', 1000, 1)", account_id)
    await connection.execute(
        "insert into postings values ($1, 9, 1, 1, 'funding', 'available', 'BRL', 1000, 1)", account_id
    )
    held = 3 * (AMOUNT + FEE)
    for book, minor in (("funding", -1000), ("available", 1000 - held), ("held", held)):
        await connection.execute("insert into balances values ($1, 'BRL', $2, $3)", account_id, book, minor)


@contextmanager
def old_database(server: Server, shape: Shape) -> Iterator[tuple[str, UUID]]:
    dsn, account_id = server.new_database(), uuid4()

    async def make() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await first_schema(connection, shape)
            await old_rows(connection, account_id)
        finally:
            await connection.close()

    asyncio.run(make())
    yield dsn, account_id
