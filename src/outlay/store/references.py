"""Which payout a reference at a rail belongs to: for what arrives knowing nothing but that, and so that no two payouts
are ever sent under one reference.

A reference is noted before its attempt is committed, in a statement of its own: whoever asks later finds at least every
attempt that can have been sent. A row of an attempt that was then not begun does no harm: the attempt, begun again,
bears the same reference. Rows are written once. Sending, and parking what may not be sent, is the workers'.

The trap: the key is led by a hash of rail and reference, not by the account, which nobody knows here. So no statement
of an account's lane may read this table, and the hash may never change: the migration computes it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from outlay.store.arrays import arrays, slots
from outlay.store.database import Database
from outlay.store.tables import RAIL_REFERENCES, names_of

_HASH_BYTES: Final = 8
_Key = tuple[int, str, str]


class RailReference(msgspec.Struct, frozen=True):
    """What an attempt is called towards its rail."""

    rail: str
    reference: str
    account_id: UUID
    payout_id: int
    attempt_number: int


class Owner(NamedTuple):
    account_id: UUID
    payout_id: int
    attempt_number: int


async def note_references(database: Database, rows: Sequence[RailReference]) -> Sequence[RailReference]:
    """Note all of them, with one statement, and a second one where some were noted before. Returns those that belong to
    another payout, which may not be sent under them. Told again, or by several processes at once, it says the same.
    Raises Unavailable; then some may be noted, and nothing may be sent."""
    if not rows:
        return ()
    first: dict[_Key, RailReference] = {}
    for row in rows:
        first.setdefault(_key(row.rail, row.reference), row)
    keys = sorted(first)  # in one order everywhere, so that two processes cannot wait for each other
    noted = await database.fetch(_NOTE, *arrays(_KINDS, (key + _owner(first[key]) for key in keys)))
    owners = {key: _owner(row) for key, row in first.items()}
    if len(noted) < len(keys):
        # A statement of its own: that one does not see what others committed while it waited for them.
        known = await database.fetch(_FIND, *arrays(_KEY_KINDS, keys))
        owners |= {
            (row["reference_hash"], row["rail"], row["reference"]): Owner(
                row["account_id"], row["payout_id"], row["attempt_number"]
            )
            for row in known
        }
    return [row for row in rows if not _is_of_payout(row, owners[_key(row.rail, row.reference)])]


async def find_reference(database: Database, rail: str, reference: str) -> Owner | None:
    """Whose it is. `reference` may be any text, as it came from outside."""
    try:
        key = _key(rail, reference)
    except UnicodeEncodeError:
        return None
    if "\0" in rail + reference:  # no text in the database has one
        return None
    row = await database.fetchrow(_FIND, *arrays(_KEY_KINDS, [key]))
    return Owner(row["account_id"], row["payout_id"], row["attempt_number"]) if row is not None else None


def reference_hash(rail: str, reference: str) -> int:
    """The first eight bytes of a SHA-256, as PostgreSQL's bigint."""
    digest = sha256(rail.encode() + b"\0" + reference.encode()).digest()
    return int.from_bytes(digest[:_HASH_BYTES], "big", signed=True)


def _key(rail: str, reference: str) -> _Key:
    return reference_hash(rail, reference), rail, reference


def _owner(row: RailReference) -> Owner:
    return Owner(row.account_id, row.payout_id, row.attempt_number)


def _is_of_payout(row: RailReference, owner: Owner) -> bool:
    return (row.account_id, row.payout_id) == (owner.account_id, owner.payout_id)


_KEY_KINDS: Final = tuple(column.sent_as for column in RAIL_REFERENCES.key)
_KINDS: Final = tuple(column.sent_as for column in RAIL_REFERENCES.columns)
_NOTE: Final = f"""
insert into rail_references ({names_of(RAIL_REFERENCES.columns)})
select * from unnest({slots(_KINDS)})
on conflict do nothing returning 1
"""  # noqa: S608 (kinds of ours)
# `offset 0` keeps each look-up a look-up: an index probe per reference, never a scan of the table.
_FIND: Final = f"""
select r.* from unnest({slots(_KEY_KINDS)}) as asked({names_of(RAIL_REFERENCES.key)})
cross join lateral (select * from rail_references r where r.reference_hash = asked.reference_hash
                    and r.rail = asked.rail and r.reference = asked.reference offset 0) r
"""  # noqa: S608 (kinds of ours)
