"""Loading what the clerk's commands need: each kind of row with one statement for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from outlay.core.account import Account
from outlay.store.arrays import arrays, slots
from outlay.store.database import Row
from outlay.store.guard import Guard, NonceBook, check
from outlay.store.revision import require_writer
from outlay.store.routing import Routed
from outlay.store.rows import (
    LANE_ACCOUNT_COLUMNS,
    LANE_PAYOUT_COLUMNS,
    account_from,
    bank_account_from,
    payout_from,
    record_from,
    terms_from,
    transfer_from,
)
from outlay.store.tables import CLAIMS, names_of
from outlay.store.write.desk import Claimed, Command, Desk, FamilyKey, Funding, Needs, Subject, Unreadable
from outlay.store.write.held import AccountHeld


async def lock_accounts(
    routed: Routed, account_ids: Sequence[UUID], if_free: Sequence[UUID] = ()
) -> Mapping[UUID, Account]:
    """Take the accounts' row locks, in the order given: from here to the commit nobody else writes to them. Of those
    `if_free` only the ones that nobody holds, without any wait. Raises AccountHeld where one is not had in time; then
    the transaction is over. Raises TooOld."""
    rows: list[Row] = []
    if account_ids:
        try:
            rows += await routed.fetch(_LOCK, account_ids)
        except asyncpg.LockNotAvailableError as error:
            raise AccountHeld from error
    if if_free:
        rows += await routed.fetch(_LOCK_IF_FREE, if_free)
    for row in rows:
        require_writer(row["oldest_writer"])
    return {row["account_id"]: account_from(row) for row in rows}


async def load(
    routed: Routed, commands: Sequence[Command[object]], desks: dict[UUID, Desk]
) -> Sequence[Exception | None]:
    """Put on the desks what the commands need. Per command why its guard does not hold, or None."""
    problems = await _load_claims(routed, commands, desks)
    await _load_payouts(routed, commands, desks)
    await _load_family_keys(routed, commands, desks)
    await _load_fundings(routed, commands, desks)
    await _load_bank_accounts(routed, commands, desks)
    await _load_transfers(routed, commands, desks)
    await _load_books(routed, commands, desks)
    return problems


# In all of these, `lateral (… offset 0)` keeps each look-up a look-up: an index probe per row asked for, in the
# partition of its account, whatever the planner thinks of the table's size. The locks are taken in the order asked.
_LOCK: Final = f"""
select a.* from [unnest($1::uuid[])] as asked(account_id)
cross join lateral (select {LANE_ACCOUNT_COLUMNS} from accounts a where a.account_id = [asked.account_id]
                    for no key update) a
"""  # noqa: S608 (columns are constants)
_LOCK_IF_FREE: Final = _LOCK.replace("for no key update", "for no key update skip locked")

_CLAIM_KINDS: Final = ("uuid", "text", "uuid", "text", "int", "text", "bigint")
_CLAIMS: Final = f"""
with asked as materialized (
    select t.*, k.version
    from [unnest({slots(_CLAIM_KINDS)})
        with ordinality] as t(account_id, reference, guard_account_id, key_id, seen, nonce, nonce_until_ms, ord)
    left join lateral (select version from credentials k where k.account_id = [t.guard_account_id]
                       and k.key_id = t.key_id and k.revoked_ms is null offset 0) k on true
), fresh as (
    insert into nonces (account_id, key_id, nonce, until_ms)
    select [guard_account_id], key_id, nonce, nonce_until_ms from asked where nonce is not null and seen = version
    order by guard_account_id, key_id, nonce
    on conflict do nothing returning account_id, key_id, nonce
)
select asked.ord, {names_of(CLAIMS.columns, "c.", but=("account_id",))}, asked.version,
       exists (select from fresh f where f.account_id = [asked.guard_account_id] and f.key_id = asked.key_id
               and f.nonce = asked.nonce) as fresh
from asked
left join lateral (select * from claims c where c.account_id = [asked.account_id] and c.reference = asked.reference
                   offset 0) c on true
"""  # noqa: S608 (columns are constants)

_BY_ID: Final = ("uuid", "bigint")
_BY_NAME: Final = ("uuid", "text")
_NEWEST_BY: Final = ("uuid", "text", "bigint")

_PAYOUTS: Final = f"""
select found.* from [unnest({slots(_BY_ID)})] as asked(account_id, payout_id)
cross join lateral (
    select {LANE_PAYOUT_COLUMNS} from payouts p
    where p.account_id = [asked.account_id] and p.payout_id = asked.payout_id offset 0) found
"""  # noqa: S608 (columns are constants)

_BATCHES: Final = f"""
select found.* from [unnest({slots(_BY_ID)})] as asked(account_id, batch_id)
cross join lateral (
    select {LANE_PAYOUT_COLUMNS} from payouts p
    where p.account_id = [asked.account_id] and p.batch_id = asked.batch_id offset 0) found
"""  # noqa: S608 (columns are constants)

_BANK_ACCOUNTS: Final = f"""
select b.* from [unnest({slots(_BY_ID)})] as asked(account_id, bank_account_id)
cross join lateral (select * from bank_accounts b where b.account_id = [asked.account_id]
                    and b.bank_account_id = asked.bank_account_id offset 0) b
"""  # noqa: S608 (kinds of ours)

_NEWEST_BANK_ACCOUNTS: Final = f"""
select b.* from [unnest({slots(_NEWEST_BY)})] as asked(account_id, currency, many)
cross join lateral (select * from bank_accounts b where b.account_id = [asked.account_id]
                    and b.currency = asked.currency and b.is_valid
                    order by b.bank_account_id desc limit asked.many) b
"""  # noqa: S608 (kinds of ours)

_TRANSFERS: Final = f"""
select t.* from [unnest({slots(_BY_ID)})] as asked(account_id, transfer_id)
cross join lateral (select * from transfers t where t.account_id = [asked.account_id]
                    and t.transfer_id = asked.transfer_id offset 0) t
"""  # noqa: S608 (kinds of ours)

_FAMILY_KEYS: Final = f"""
select k.* from [unnest({slots(_BY_NAME)})] as asked(account_id, reference)
cross join lateral (select * from family_keys k where k.account_id = [asked.account_id]
                    and k.reference = asked.reference offset 0) k
"""  # noqa: S608 (kinds of ours)

_FUNDINGS: Final = f"""
select f.* from [unnest({slots(_BY_NAME)})] as asked(account_id, reference)
cross join lateral (select * from fundings f where f.account_id = [asked.account_id]
                    and f.reference = asked.reference offset 0) f
"""  # noqa: S608 (kinds of ours)

_BOOKS: Final = f"""
select asked.account_id, asked.currency, t.fee_fixed_minor, t.fee_rate_ppm, t.smallest_minor, t.largest_minor,
       t.off, b.books, b.minors
from [unnest({slots(_BY_NAME)})] as asked(account_id, currency)
left join lateral (select * from terms t where t.account_id = [asked.account_id] and t.currency = asked.currency
                   offset 0) t on true
cross join lateral (
    select array_agg(b.book) as books, array_agg(b.minor) as minors from balances b
    where b.account_id = [asked.account_id] and b.currency = asked.currency) b
"""  # noqa: S608 (kinds of ours)


_NO_GUARD: Final = (None,) * len(Guard.__struct_fields__)


async def _load_claims(
    routed: Routed, commands: Sequence[Command[object]], desks: dict[UUID, Desk]
) -> list[Exception | None]:
    """Put the claims on the desks, and check every guard. Returns a problem per command."""
    problems: list[Exception | None] = [None] * len(commands)
    asked: list[tuple[int, UUID, str | None, Guard | None]] = []
    for number, command in enumerate(commands):
        references, guard = command.needs.references, command.guard
        if guard is not None and guard.account_id != command.account_id:
            raise AssertionError("a guard is checked in the lane of its own account")
        if references or guard is not None:
            asked.append((number, command.account_id, references[0] if references else None, guard))
        asked += [(number, command.account_id, other, None) for other in references[1:]]
    if not asked:
        return problems
    guards = [guard for _, _, _, guard in asked]
    asked_rows = (
        (account_id, reference, *(msgspec.structs.astuple(guard) if guard is not None else _NO_GUARD))
        for _, account_id, reference, guard in asked
    )
    rows = await routed.fetch(_CLAIMS, *arrays(_CLAIM_KINDS, asked_rows))
    nonces = NonceBook(
        (guard.account_id, guard.key_id, guard.nonce)
        for row in rows
        if row["fresh"] and (guard := guards[row["ord"] - 1]) and guard.nonce is not None
    )
    for row in sorted(rows, key=lambda row: row["ord"]):
        number, account_id, _, guard = asked[row["ord"] - 1]
        if row["reference"] is not None:
            desks[account_id].put_claim(record_from(Claimed, row))
        if guard is not None:
            problems[number] = check(guard, row["version"], nonces)
    return problems


async def _load_payouts(routed: Routed, commands: Sequence[Command[object]], desks: dict[UUID, Desk]) -> None:
    wanted = {
        (command.account_id, payout_id)
        for command in commands
        for payout_id in (command.needs.payout_id, _claimed("payout", command, desks))
        if payout_id is not None
    }
    batches = {
        (command.account_id, command.needs.batch_id) for command in commands if command.needs.batch_id is not None
    }
    rows = [
        row
        for sql, keys in ((_PAYOUTS, wanted), (_BATCHES, batches))
        if keys
        for row in await routed.fetch(sql, *arrays(_BY_ID, sorted(keys)))
    ]
    for row in rows:
        desk = desks[row["account_id"]]
        try:
            desk.put_payout(payout_from(row))
        except Exception as error:
            desk.put_unreadable(row["payout_id"], row["batch_id"], error)


def _claimed(kind: Subject, command: Command[object], desks: Mapping[UUID, Desk]) -> int | None:
    """The id of what was made under the reference that is needed, if that is of this kind."""
    needs = command.needs
    claim = desks[command.account_id].claim(*needs.references) if needs.subject == kind else None
    return claim.subject_id if claim is not None else None


async def _load_bank_accounts(routed: Routed, commands: Sequence[Command[object]], desks: dict[UUID, Desk]) -> None:
    by_id = {
        (command.account_id, bank_account_id)
        for command in commands
        for bank_account_id in (command.needs.bank_account_id, _claimed("bank_account", command, desks))
        if bank_account_id is not None
    }
    # Each of those that are named may turn invalid here, and the one before it becomes the newest valid one.
    named = Counter(account_id for account_id, _ in by_id)
    newest = {
        (command.account_id, command.needs.currency, 1 + named[command.account_id])
        for command in commands
        if command.needs.own_bank_account and command.needs.currency is not None
    }
    for sql, keys, kinds in ((_BANK_ACCOUNTS, by_id, _BY_ID), (_NEWEST_BANK_ACCOUNTS, newest, _NEWEST_BY)):
        if keys:
            for row in await routed.fetch(sql, *arrays(kinds, sorted(keys))):
                desks[row["account_id"]].put_bank_account(bank_account_from(row))


async def _load_transfers(routed: Routed, commands: Sequence[Command[object]], desks: dict[UUID, Desk]) -> None:
    wanted = {
        (command.account_id, transfer_id)
        for command in commands
        for transfer_id in (command.needs.transfer_id, _claimed("transfer", command, desks))
        if transfer_id is not None
    }
    if wanted:
        for row in await routed.fetch(_TRANSFERS, *arrays(_BY_ID, sorted(wanted))):
            desks[row["account_id"]].put_transfer(transfer_from(row))


async def _load_family_keys(routed: Routed, commands: Sequence[Command[object]], desks: dict[UUID, Desk]) -> None:
    wanted = {
        (command.account_id, command.needs.family_key) for command in commands if command.needs.family_key is not None
    }
    if wanted:
        for row in await routed.fetch(_FAMILY_KEYS, *arrays(_BY_NAME, sorted(wanted))):
            desks[row["account_id"]].put_family_key(record_from(FamilyKey, row))


async def _load_fundings(routed: Routed, commands: Sequence[Command[object]], desks: dict[UUID, Desk]) -> None:
    wanted = {
        (command.account_id, command.needs.funding_reference)
        for command in commands
        if command.needs.funding_reference is not None
    }
    if wanted:
        for row in await routed.fetch(_FUNDINGS, *arrays(_BY_NAME, sorted(wanted))):
            desks[row["account_id"]].put_funding(record_from(Funding, row))


async def _load_books(routed: Routed, commands: Sequence[Command[object]], desks: dict[UUID, Desk]) -> None:
    wanted = set()
    for command in commands:
        currency = command.needs.currency or _currency_of_payouts(command.needs, desks[command.account_id])
        if currency is not None:
            wanted.add((command.account_id, currency))
    if not wanted:
        return
    for row in await routed.fetch(_BOOKS, *arrays(_BY_NAME, sorted(wanted))):
        desk, currency = desks[row["account_id"]], row["currency"]
        if row["fee_fixed_minor"] is not None:
            desk.terms[currency] = terms_from(row)
        for book, minor in zip(row["books"] or (), row["minors"] or (), strict=True):
            desk.balances[currency, book] = minor


def _currency_of_payouts(needs: Needs, desk: Desk) -> str | None:
    try:
        payout = desk.payout(needs.payout_id) if needs.payout_id is not None else None
        if needs.batch_id is not None:
            payout = next(iter(desk.batch(needs.batch_id)), None)
    except Unreadable:  # the command that needs it hears of it when it decides
        return None
    return payout.currency if payout is not None else None
