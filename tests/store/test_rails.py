"""The rails of an installation, as their rows say, and the rails of its accounts."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import asyncpg
import pytest

from outlay.core.account import Account
from outlay.core.attempt import ASK_AGAIN_MS, SEND_WITHIN_MS, RailTerms
from outlay.core.outcome import FailureReason
from outlay.core.rail import RailRecord
from outlay.store.accounts import add_account, read_account, read_accounts, write_rails
from outlay.store.rails import count_accounts, rails_in_use, read_rails
from tests.support.world import World

NORTH: Final = """
    insert into rails (name, kind, dialect, send_within_ms, timeout_ms, finality_ms, ask_again_ms, refuses_duplicates,
        dedupe_ms, places, calls_per_second)
    values ('north', 'gateway', 'uqpay', 20000, 7000, 90000, 30000, true, 86400000, 4, 9)
"""


async def test_a_new_installation_has_the_sandbox_and_what_goes_between_its_accounts(plain_world: World) -> None:
    known = await read_rails(plain_world.runtime.database)
    elsewhere = {
        FailureReason.RAIL_FAULT,
        FailureReason.RAIL_OUT_OF_FUNDS,
        FailureReason.RAIL_UNSTABLE,
        FailureReason.BANK_UNSUPPORTED,
    }
    assert known == {
        "internal": RailRecord("internal", RailTerms("internal", refuses_duplicates=True), places=512),
        "sandbox": RailRecord(
            "sandbox", RailTerms("sandbox", refuses_duplicates=True, elsewhere=frozenset(elsewhere)), places=512
        ),
    }


async def test_all_that_a_row_says_of_a_rail_is_read(plain_world: World) -> None:
    await plain_world.admin.execute(NORTH)
    await plain_world.admin.execute("insert into rail_refusals values ('north', 'limit_exceeded')")
    terms = RailTerms(
        "north",
        refuses_duplicates=True,
        finality_ms=90_000,
        timeout_ms=7_000,
        send_within_ms=20_000,
        ask_again_ms=30_000,
        dedupe_ms=86_400_000,
        elsewhere=frozenset({FailureReason.LIMIT_EXCEEDED}),
    )
    known = await read_rails(plain_world.runtime.database)
    assert known["north"] == RailRecord("gateway", terms, "uqpay", places=4, calls_per_second=9)


async def test_a_rail_of_which_nothing_is_said_is_what_the_code_takes_for_granted(plain_world: World) -> None:
    await plain_world.admin.execute("insert into rails (name, kind) values ('plain', 'sandbox')")
    plain = (await read_rails(plain_world.runtime.database))["plain"]
    assert plain == RailRecord("sandbox", RailTerms("plain"))
    assert (plain.terms.send_within_ms, plain.terms.ask_again_ms) == (SEND_WITHIN_MS, ASK_AGAIN_MS)


async def test_a_refusal_that_this_version_cannot_hear_is_in_no_list(plain_world: World) -> None:
    await plain_world.admin.execute("delete from rail_refusals where reason <> 'rail_fault'")
    await plain_world.admin.execute("insert into rail_refusals values ('sandbox', 'of a newer version')")
    known = await read_rails(plain_world.runtime.database)
    assert known["sandbox"].terms.elsewhere == {FailureReason.RAIL_FAULT}


@pytest.mark.parametrize(
    "row",
    [
        "insert into rails (name, kind) values ('mine', 'internal')",
        "insert into rails (name, kind) values ('', 'sandbox')",
        "update rails set kind = 'sandbox' where name = 'internal'",
        "update rails set send_within_ms = 0",
        "update rails set timeout_ms = 0",
        "update rails set ask_again_ms = 0",
        "update rails set places = 1",
    ],
)
async def test_no_row_says_what_no_rail_can_promise(plain_world: World, row: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await plain_world.admin.execute(row)


async def test_the_rails_of_an_account_keep_their_order(world: World) -> None:
    account = Account(UUID(int=7), "Kopi & Co", "SG", rail="west", other_rails=("north", "east", "sandbox"))
    assert await add_account(world.runtime.database, account, 1)
    for found in (await read_account(world.runtime.database, account.account_id), *await list_all(world)):
        assert found is not None
        assert found.rails == ("west", "north", "east", "sandbox")
    await write_rails(world.runtime.database, account.account_id, ["sandbox", "west"])
    assert [each.rails for each in await list_all(world)] == [("sandbox", "west")]


async def list_all(world: World) -> list[Account]:
    return list(await read_accounts(world.runtime.database))


async def test_what_goes_to_an_account_here_is_no_accounts_other_rail(world: World) -> None:
    account_id = await world.account()
    with pytest.raises(asyncpg.CheckViolationError):
        await world.admin.execute(
            "update accounts set other_rails = '{north,internal}' where account_id = $1", account_id
        )


async def test_who_is_asked_for_by_a_key_is_looked_up_anew_when_their_rails_have_changed(world: World) -> None:
    """What is checked of an order depends on them."""
    account_id = await world.account()
    guard = await world.credential(account_id)
    await write_rails(world.runtime.database, account_id, ["sandbox", "north"])
    version = "select version from credentials where account_id = $1 and key_id = $2"
    assert await world.admin.fetchval(version, account_id, guard.key_id) == guard.version + 1


async def test_accounts_are_counted_at_every_rail_that_they_may_use(world: World) -> None:
    for names in (["sandbox"], ["sandbox", "north"], ["north", "west", "sandbox"]):
        await write_rails(world.runtime.database, await world.account(), names)
    counts = {name: await count_accounts(world.runtime.database, name) for name in ("sandbox", "north", "west", "east")}
    assert counts == {"sandbox": 3, "north": 2, "west": 1, "east": 0}


async def test_a_rail_is_in_use_by_accounts_by_payouts_that_have_not_ended_and_by_live_attempts(world: World) -> None:
    account_id = await world.account(fund=100)
    await write_rails(world.runtime.database, account_id, ["west", "sandbox"])
    waiting, ended = await world.order(account_id, 10), await world.order(account_id, 10)
    await write_rails(world.runtime.database, account_id, ["sandbox", "north"])
    assert await rails_in_use(world.runtime.database) == {"sandbox", "north", "west"}
    await world.admin.execute("update payouts set rail = 'east' where payout_id = $1", ended.payout_id)
    assert await rails_in_use(world.runtime.database) == {"sandbox", "north", "west", "east"}
    world.books_are_wrong_on_purpose = True
    await world.admin.execute(
        "update payouts set state = 'cancelled', completed_ms = 1 where payout_id = $1", ended.payout_id
    )
    assert await rails_in_use(world.runtime.database) == {"sandbox", "north", "west"}
    await world.admin.execute(
        "insert into attempts (account_id, payout_id, number, rail, reference, state, begun_ms)"
        " values ($1, $2, 1, 'south', 'x', 'unknown', 1)",
        account_id,
        waiting.payout_id,
    )
    assert await rails_in_use(world.runtime.database) == {"sandbox", "north", "west", "south"}
