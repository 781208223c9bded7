"""What versions before 0.6 kept of an order by its API's names is carried over to neutral fields: as if the same
request had been read today, and without losing what nobody knows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import given
from msgspec.structs import replace

from outlay.core.bank_account import BankAccountDetails, OwnBankAccount
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import DestinationKind
from outlay.core.origin import NO_REMARKS, Origin, Remarks
from outlay.core.payout import Order, Payout
from outlay.dialects.lesspay.values.batches import read_batch
from outlay.dialects.lesspay.values.orders import read_order as read_lesspay
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.values.orders import read_order as read_teemopay
from outlay.dialects.uqpay.values.orders import read_order as read_uqpay
from outlay.kit.jsontext import JsonObject, parse_object
from outlay.service.merchant.order_payout import _to_own
from outlay.store.database import Database
from outlay.store.migrate import migrate, partitioned
from outlay.store.read.reader import PayoutFound, PayoutQuestion, Reader
from outlay.wire.problems import Fault
from tests.apis.lesspay.valid_bodies import lesspay_batches, lesspay_payouts
from tests.apis.strategies import Body
from tests.apis.teemopay.valid_bodies import teemopay_orders
from tests.apis.uqpay.valid_bodies import uqpay_orders
from tests.support.databases import PARTITIONED, PLAIN, Server, Shape
from tests.support.old_orders import Old, old_lesspay, old_lesspay_batch, old_snapshot, old_teemopay, old_uqpay
from tests.support.old_rights import give_old_rights

MIGRATIONS = files("outlay.store") / "migrations"
NEUTRAL = "0006_neutral_orders.sql"
CARRY_OVER = """select pg_temp.beneficiary($1::jsonb) as beneficiary,
    pg_temp.remarks($2::jsonb, coalesce($1::jsonb->'details', '{}')) as remarks,
    coalesce($2::jsonb->>'notify_url', $2::jsonb->>'callbackUrl') as notify_url,
    pg_temp.dialect($2::jsonb, $1::jsonb) as dialect"""
Carried = tuple[Beneficiary, Remarks, str | None, str | None]


class Carrier:
    """The functions of the migration, in one session of a database."""

    def __init__(self, server: Server, connection: Any) -> None:
        self._server, self._connection = server, connection

    def carry(self, old: Old) -> Carried:
        beneficiary, memo = old
        row = self._server.runner.run(self._connection.fetchrow(CARRY_OVER, json.dumps(beneficiary), json.dumps(memo)))
        remarks = msgspec.json.decode(row["remarks"], type=Remarks) if row["remarks"] else NO_REMARKS
        carried = msgspec.json.decode(row["beneficiary"], type=Beneficiary)
        return carried, remarks, row["notify_url"], row["dialect"]


@pytest.fixture(scope="module")
def carrier(server: Server) -> Iterator[Carrier]:
    connection = server.runner.run(asyncpg.connect(server.new_database()))
    functions, _, _ = (MIGRATIONS / NEUTRAL).read_text("utf-8").partition("-- The key that ordered")
    server.runner.run(connection.execute(functions))
    yield Carrier(server, connection)
    server.runner.run(connection.close())


def tree(body: Body) -> JsonObject:
    return parse_object(json.dumps(body).encode())


def as_read(order: Order | Fault | None, dialect: str) -> Carried:
    """What reading the same request today gives."""
    assert isinstance(order, Order), order
    return order.beneficiary, order.remarks, order.notify_url, dialect


@given(body=lesspay_payouts)
def test_a_single_payout_is_carried_over_as_it_would_be_read_today(carrier: Carrier, body: Body) -> None:
    order = read_lesspay(body["request_id"], tree(body), 0, strict=False)
    assert carrier.carry(old_lesspay(body)) == as_read(order, "lesspay")


@given(body=lesspay_batches)
def test_a_batch_is_carried_over_as_it_would_be_read_today(carrier: Carrier, body: Body) -> None:
    orders = read_batch(tree(body), 0, strict=False)
    assert not isinstance(orders, Fault)
    for old, order in zip(old_lesspay_batch(body), orders, strict=True):
        assert carrier.carry(old) == as_read(order, "lesspay")


@given(asked=teemopay_orders)
def test_an_order_of_any_country_is_carried_over_as_it_would_be_read_today(
    carrier: Carrier, asked: tuple[str, Body]
) -> None:
    country, body = asked
    order = read_teemopay(body["merchantOrderNo"], tree(body), COUNTRIES[country], None, strict=False)
    assert carrier.carry(old_teemopay(country, body)) == as_read(order, "teemopay")


@given(body=uqpay_orders)
def test_an_order_to_an_own_account_or_one_here_is_carried_over_as_it_would_be_read_today(
    carrier: Carrier, body: Body
) -> None:
    assert carrier.carry(old_uqpay(body)) == as_read(read_uqpay("K", tree(body)), "uqpay")


@pytest.mark.parametrize("code_type", [None, "aba", "bank_code", "sort_code", "bsb_code", "ifsc", "cnaps_number"])
def test_the_snapshot_of_an_own_account_is_carried_over_as_it_would_be_taken_today(
    carrier: Carrier, code_type: str | None
) -> None:
    details = BankAccountDetails(
        account_name="Kopi & Co",
        account_number="12345678",
        bank_name="First Bank",
        bank_address="",
        country="US",
        swift_code="FIRSUS33",
        code_type=code_type,
        code_value="021000021" if code_type is not None else None,
        branch_code="0001",
    )
    own = OwnBankAccount(bank_account_id=1, currency="USD", is_valid=True, details=details, created_ms=1, updated_ms=1)
    assert carrier.carry((old_snapshot(code_type), {}))[0] == _to_own(own)


@pytest.mark.parametrize("kind", list(DestinationKind))
def test_a_name_that_nobody_knows_is_kept_as_it_was(carrier: Carrier, kind: DestinationKind) -> None:
    details = {"shoe_size": "43", "idType": "LIBRARY CARD", "idCardNumber": "7", "email": "a@b.example"}
    found, remarks, _, _ = carrier.carry(({"destination": kind, "details": details}, {"mood": "good"}))
    assert found.others == {"shoe_size": "43", "idType": "LIBRARY CARD"}
    assert [document.number for document in found.party.documents] == ["7"]
    assert remarks == Remarks(others={"mood": "good"})


def test_a_value_that_no_field_can_hold_is_kept_as_it_was(carrier: Carrier) -> None:
    odd = {"bank.account_type": "shoebox", "code_type": "abacus", "code_value": "1", "e_wallet.deposit_key": "k"}
    assert carrier.carry(({"destination": "bank", "account_number": "1", "details": odd}, {}))[0].others == odd
    key = {"e_wallet.account_number": "1", "e_wallet.deposit_key": "2", "e_wallet.account_type": "horoscope"}
    found = carrier.carry(({"destination": "pix", "account_number": "1", "details": key}, {}))[0]
    assert found.others == {"e_wallet.deposit_key": "2", "e_wallet.account_type": "horoscope"}


# -- the whole table --------------------------------------------------------------------------------------------------

MASTER, SUB, ELSEWHERE = UUID(int=1), UUID(int=2), uuid4()
PIX: Body = {"destination": "pix", "account_number": "11144477735", "details": {"accountType": "401"}}
LESSPAY, TEEMOPAY, UQPAY = (
    {"way_code": "W"},
    {"callbackUrl": "https://merchant.example/n"},
    {"statement_descriptor": "D"},
)
KEYS = [
    (MASTER, "L1", "lesspay", "Ana"), (MASTER, "L2", "lesspay", "Bo"), (MASTER, "L3", "lesspay", "Bo"),
    (MASTER, "T1", "teemopay", "Ana"), (SUB, "U1", "uqpay", None), (ELSEWHERE, "U2", "uqpay", "Ana"),
]  # fmt: skip
ORDERS: list[tuple[UUID, str, Body, Body, Origin | None]] = [
    (MASTER, "Ana", {"destination": "bank"}, LESSPAY, Origin("lesspay", "L1")),
    (MASTER, "Bo", {"destination": "bank"}, LESSPAY, Origin("lesspay")),
    (MASTER, "", {"destination": "bank"}, LESSPAY, Origin("lesspay")),
    (MASTER, "Ana", PIX, TEEMOPAY, Origin("teemopay", "T1")),
    (SUB, "U1", {"destination": "own_account"}, UQPAY, Origin("uqpay", "U1")),
    (SUB, "Ana", PIX, TEEMOPAY, Origin("teemopay", "T1")),
    (SUB, "Ana", {"destination": "own_account"}, UQPAY, Origin("uqpay")),
    (SUB, "Ana", {"destination": "bank"}, {}, None),
]
"""Account, who ordered, beneficiary, memo, and from where that must have been."""


async def make_old(dsn: str, shape: Shape) -> None:
    """A database of 0.5 with these orders in it."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "create table alembic_version (version_num varchar(32) not null primary key);"
            "insert into alembic_version values ('0005')"
        )
        for name in sorted(file.name for file in MIGRATIONS.iterdir() if file.name.endswith(".sql")):
            if name < NEUTRAL:
                await connection.execute(partitioned((MIGRATIONS / name).read_text("utf-8"), shape.partitions))
        await give_old_rights(connection, "0005")
        for account_id, parent_id in ((MASTER, None), (SUB, MASTER), (ELSEWHERE, None)):
            await connection.execute(
                "insert into accounts (account_id, name, country, rail, parent_id, needs_review, created_ms)"
                " values ($1, 'x', 'BR', 'sandbox', $2, true, 1)",
                account_id, parent_id,
            )  # fmt: skip
        for account_id, key_id, dialect, holder in KEYS:
            await connection.execute(
                "insert into credentials (account_id, key_id, dialect, sealed, created_ms, holder)"
                " values ($1, $2, $3, '\\x00', 1, $4)",
                account_id, key_id, dialect, holder,
            )  # fmt: skip
        for number, (account_id, by, beneficiary, memo, _) in enumerate(ORDERS, 1):
            await connection.execute(
                "insert into payouts (account_id, payout_id, reference, ordered_by, currency, amount_minor, fee_minor,"
                " fee_fixed_minor, fee_rate_ppm, beneficiary, memo, rail, created_ms, state, review, fact_count)"
                " values ($1, $2, $2::bigint::text, $3, 'BRL', 1, 0, 0, 0, $4, $5, 'sandbox', 1, 'in_review',"
                " 'pending', 1)",
                account_id, number, by, json.dumps(beneficiary), json.dumps(memo),
            )  # fmt: skip
    finally:
        await connection.close()


async def carried_over(dsn: str, shape: Shape) -> list[Payout]:
    await make_old(dsn, shape)
    await migrate(dsn, partitions=shape.partitions)
    async with Database.open(dsn) as database:
        reader = Reader(database)
        found = []
        for number, (account_id, *_) in enumerate(ORDERS, 1):
            answer = await reader.payout(PayoutQuestion(account_id, payout_id=number))
            assert isinstance(answer, PayoutFound)
            assert answer.payout is not None
            found.append(answer.payout)
        return found


@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
def test_every_payout_of_before_says_from_where_it_was_ordered_as_far_as_that_is_known(
    server: Server, shape: Shape
) -> None:
    found = asyncio.run(carried_over(server.new_database(), shape))
    assert [payout.origin for payout in found] == [origin for *_, origin in ORDERS]
    assert [payout.notify_url for payout in found] == [memo.get("callbackUrl") for *_, memo, _ in ORDERS]
    assert found[3].remarks == Remarks(method="401")
    assert found[3].beneficiary.account_number == "11144477735"
    assert found[7].remarks is NO_REMARKS
    assert replace(found[4].beneficiary) == found[6].beneficiary
