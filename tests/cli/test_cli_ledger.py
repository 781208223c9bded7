"""`ledger verify` must fail: every check gets a fault of its own, planted behind Outlay's back as the database's owner.

A check without a planted fault fails here. Each fault is planted into a fresh copy of one small installation, which the
command reaches by DATABASE_URL.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from outlay.core.account import Account
from outlay.core.asks import Claim, TransferOrder, WholeOrder
from outlay.core.fees import FeePlan
from outlay.core.transfer import Transfer
from outlay.kit.secret import Secret
from outlay.kit.vault import NONCE_BYTES
from outlay.sandbox.bank import SandboxBank
from outlay.service.engine.seal_key import locked
from outlay.service.merchant.order_payout import order_batch
from outlay.service.merchant.transfers import transfer
from outlay.service.operator.accounts import find_account
from outlay.service.operator.ledger import SEAL_CHECKS
from outlay.store.installation import add_key
from outlay.store.migrate import LATEST, migrate
from outlay.store.read.proof import CHECKS
from tests.cli.cli_support import Called, Cli
from tests.support.callers import trusted
from tests.support.databases import PLAIN, Server, keep
from tests.support.rails import SANDBOX_TERMS, submitter_of
from tests.support.world import SEAL_KEY, VAULT_KEY, World, digest, order_ask

pytestmark = pytest.mark.slow

_ANY_PAID = "(select min(payout_id) from payouts where state = 'paid' and returned_minor = 0 and batch_id is null)"

FAULTS: dict[str, tuple[str, set[str]]] = {
    # how to break it, and every check that must notice; of the checks of the books alone see tests/store/test_proof.py
    "overdrafts": (
        "alter table balances drop constraint only_mirrors_are_negative;"
        " update balances set minor = -1 where book = 'available'",
        {"overdrafts", "sums", "drift"},
    ),
    "instructions": (
        "update payouts set beneficiary = jsonb_set(beneficiary, '{party}', '{\"name\": \"Eve\"}')"
        f" where payout_id = {_ANY_PAID}",
        {"instructions"},
    ),
    "seals": (f'update facts set data = data || \'{{"evidence": ""}}\' where payout_id = {_ANY_PAID}', {"seals"}),
}


NAMES = [*(check.name for check in CHECKS), *SEAL_CHECKS]


@pytest.fixture(scope="module")
def copy_of_installation(server: Server) -> Callable[[], str]:
    """Makes copies of a database in which everything has happened: paid, failed, returned, held, ordered together,
    moved to another account."""
    original = server.new_database()
    asyncio.run(_live(original))
    name = original.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[1]

    def copy() -> str:
        made = server.new_database()
        made_name = made.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[1]
        asyncio.run(_replace_by_copy(server.of_shape(PLAIN).dsn, made_name, name))
        asyncio.run(migrate(made))
        return made

    return copy


async def _live(dsn: str) -> None:
    await migrate(dsn)
    async with AsyncExitStack() as opened, World(await keep(dsn, PLAIN, opened)) as world:
        await _let_everything_happen(world)
        await add_key(world.runtime.database, "seals", locked(SEAL_KEY, Secret(VAULT_KEY), os.urandom(NONCE_BYTES)))


async def _let_everything_happen(world: World) -> None:
    account_id = await world.account(fund=1_000_00, fee=FeePlan(5_00, 50_000))
    await world.account(fund=5_00, currency="JPY")
    for amount_minor in (10_00, 20_00, 30_71, 40_74, 50_82):
        await world.order(account_id, amount_minor)
    details: Any = tuple(order_ask(amount_minor, f"detail {amount_minor}").order for amount_minor in (10_71, 20_71))
    claim = Claim("batch", "batch", digest("batch"))
    assert isinstance(await order_batch(world.runtime, trusted(account_id), claim, details), WholeOrder)
    await _transfer(world, account_id, await world.account(parent_id=account_id))
    bank = SandboxBank(world.runtime, 0, SANDBOX_TERMS)
    submitter = submitter_of(world.runtime, {"sandbox": bank}, "test")
    await submitter.run_due()
    while await bank.deliver_due():
        pass
    states = await world.admin.fetch("select state, count(*) from payouts group by 1")
    assert dict(states) == {"paid": 3, "failed": 3, "processing": 1}


async def _transfer(world: World, source_id: UUID, target_id: UUID) -> None:
    source, target = [await find_account(world.runtime, one) for one in (source_id, target_id)]
    assert isinstance(source, Account)
    assert isinstance(target, Account)
    what = TransferOrder(
        source=str(source_id), target=str(target_id), currency="BRL", amount_minor=7_00, reason="float"
    )
    claim = Claim("transfer", "transfer", digest("transfer"))
    made = await transfer(world.runtime, source, target, what, "Bob", claim)
    assert isinstance(made, Transfer)
    assert made.credited_ms is not None


async def _replace_by_copy(url: str, name: str, original: str) -> None:
    await _execute(url, f"drop database {name}", f"create database {name} template {original}")


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def on_database(url: str, folder: Path, **environment: str) -> Cli:
    """The test server is set to forget on a crash, which has to be allowed."""
    ours = {"OUTLAY_ALLOW_UNSAFE_DATABASE": "true", "OUTLAY_SECRET_KEY": VAULT_KEY}
    return Called(folder, DATABASE_URL=url, **(ours | environment))


@pytest.mark.parametrize("fault", FAULTS)
def test_every_check_that_finds_a_fault_is_told_and_no_other(
    fault: str, copy_of_installation: Callable[[], str], tmp_path: Path
) -> None:
    url = copy_of_installation()
    statement, noticed_by = FAULTS[fault]
    asyncio.run(_execute(url, statement))
    document = on_database(url, tmp_path).json("ledger", "verify", status=1)
    assert document["ok"] is False
    assert {result["name"] for result in document["checks"] if not result["ok"]} == noticed_by
    for result in document["checks"]:
        assert result["ok"] == (result["faults"] == [])
        assert all(fault["account_id"] for fault in result["faults"])


def test_true_books_hold_and_false_ones_are_told_in_words(
    copy_of_installation: Callable[[], str], tmp_path: Path
) -> None:
    url = copy_of_installation()
    cli = on_database(url, tmp_path)
    document = cli.json("ledger", "verify")
    assert document["ok"] is True
    assert [result["name"] for result in document["checks"]] == NAMES
    totals = {(total["currency"], total["book"]): total["amount"] for total in document["totals"]}
    assert totals["JPY", "funding"] == "-500"
    assert totals["BRL", "clearing:sandbox"] == "30.00"
    text = cli("ledger", "verify").out
    assert text.count(" ok ") == len(NAMES)
    assert "the books hold" in text
    asyncio.run(_execute(url, "delete from fundings where currency = 'JPY'"))
    text = cli("ledger", "verify", status=1).out
    assert "1 fault" in text
    assert "fault in funded: account_id" in text
    assert "THE BOOKS DO NOT HOLD" in text


def test_a_replay_tells_each_difference_and_what_it_makes_of_states_and_balances(
    copy_of_installation: Callable[[], str], tmp_path: Path
) -> None:
    url = copy_of_installation()
    cli = on_database(url, tmp_path)
    document = cli.json("ledger", "verify", "--replay")
    replayed = document["replay"]
    assert (replayed["ok"], replayed["differences"], replayed["shown"]) == (True, 0, [])
    assert replayed["payouts"] == {"failed": 3, "paid": 3, "processing": 1}
    assert replayed["totals"] == document["totals"]
    assert (replayed["rows"]["payouts"], replayed["not_told"]) == (7, {})
    assert "replay" not in cli.json("ledger", "verify")
    text = cli("ledger", "verify", "--replay").out
    assert "recomputed: failed 3, paid 3, processing 1" in text
    assert "no difference between what is stored and what the facts give" in text
    # No sum over the tables sees it.
    asyncio.run(_execute(url, f"update payouts set receipt_url = 'https://x' where payout_id = {_ANY_PAID}"))
    assert cli.json("ledger", "verify")["ok"] is True
    document = cli.json("ledger", "verify", "--replay", status=1)
    (found,) = document["replay"]["shown"]
    assert (document["ok"], document["replay"]["ok"]) == (False, False)
    assert (found["table"], found["column"], found["stored"]) == ("payouts", "receipt_url", "https://x")
    assert document["replay"]["differences"] == 1
    text = cli("ledger", "verify", "--replay", status=1).out
    assert f"difference: payout {found['id']}, payouts receipt_url: stored https://x, recomputed" in text
    assert "THE BOOKS DO NOT HOLD" in text


def test_a_database_is_migrated_only_when_told(server: Server, tmp_path: Path) -> None:
    cli = on_database(server.new_database(), tmp_path)
    assert "run `outlay migrate`" in cli.refusal("account", "list")
    assert cli.json("migrate") == {"revision": LATEST}
    assert f"revision {LATEST}" in cli("migrate").out
    assert cli.json("account", "list") == {"accounts": []}
    assert cli.json("ledger", "verify")["totals"] == []


def test_an_unsafe_database_is_refused(server: Server, tmp_path: Path) -> None:
    cli = on_database(server.new_database(), tmp_path, OUTLAY_ALLOW_UNSAFE_DATABASE="false")
    for command in (["account", "create", "Loja", "--country", "BR"], ["migrate"]):
        assert "fsync = off" in cli.refusal(*command)


def test_a_wrong_database_url_is_refused_without_showing_it(tmp_path: Path) -> None:
    said = on_database("postgresql://outlay:hunter2@127.0.0.1:1/outlay", tmp_path).refusal("account", "list")
    assert "Check DATABASE_URL" in said
    assert "hunter2" not in said
    said = on_database("mysql://outlay:hunter2@127.0.0.1/outlay", tmp_path).refusal("account", "list")
    assert "must look like postgresql://" in said
    assert "hunter2" not in said
