"""What the workers have to do: payouts that are due, by rail and kind of work.

Taking work is moving its `due_ms` into the future: a worker that dies frees it by doing nothing. Such a lease has an
owner, who renews it while the work lasts; it is a hint, not a lock. Beside each due time stands from when it was
counted, which tells later whether the clock was right (see ahead.py).

Each account has its turn, however much others have waiting: first the accounts with due work are found, then of each so
many rows are taken as it has a share of, skipping those that somebody else is taking. Finding them never reads more
than WINDOW rows of what waits: where there is more, the accounts after the one that had its turn last are looked up one
by one.

The trap: a row that cannot be read, by us or by the database, must cost nobody else their turn. It is set aside alone
(see unreadable.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.facts import Fact
from outlay.core.payout import Payout
from outlay.core.work import Backlog, Due, Work
from outlay.running.log import get_log
from outlay.store.arrays import arrays, slots
from outlay.store.database import Database, Row, Unavailable
from outlay.store.gather import LaneRule
from outlay.store.references import RailReference, note_references
from outlay.store.routing import Routed, of_one
from outlay.store.rows import LANE_PAYOUT_COLUMNS, fact_from, payout_from
from outlay.store.sqlstates import Why
from outlay.store.unreadable import is_readable_again, note_unreadable

UNREADABLE: Final = ""
"""In the place of a digest: it is nobody's."""
WINDOW: Final = 1024
TURN: Final = 64
"""Accounts with due work that are looked up one by one."""
VISITS: Final = 1024
"""Accounts that are looked at for these: most may have work that is due later."""
REFILED_AT_ONCE: Final = 5_000
UNREADABLE_AGAIN_MS: Final = (60_000, 3_600_000)
"""After how long what could not be read is looked at again: by its age, within these."""
FIRST: Final = UUID(int=0)
"""Before every account."""

_log = get_log("outlay.work")


class Taken(msgspec.Struct, frozen=True):
    """`ordered`: the fact of the order, None where it cannot be read; `seal` is its own. `digest`: of the instruction,
    as it stands in that fact; None of an order from before there were."""

    payout: Payout
    digest: str | None
    ordered: Fact | None = None
    seal: bytes | None = None


class DueLine(msgspec.Struct, frozen=True):
    """What waits over one rail, of one kind. `due_ms`: when the first of it is due. Both names are empty of what older
    code has noted."""

    rail: str
    kind: str
    due_ms: int


class Turn(msgspec.Struct, frozen=True):
    """Accounts that have work which is due. `after`: the account after which the next turn begins. `is_partial`: there
    is more than is read at once, so only those whose turn it is are named, in their order."""

    accounts: Sequence[UUID]
    after: UUID
    is_partial: bool = False


class Lease(msgspec.Struct, frozen=True):
    """Whose, from when, and until when, by the installation's clock."""

    worker: str
    now_ms: int
    until_ms: int


class WorkList:
    def __init__(self, database: Database, lanes: LaneRule = "one") -> None:
        """`lanes`: whether accounts may share a statement (see gather)."""
        self._database = database
        self._rule = lanes

    async def lines(self) -> Sequence[DueLine]:
        """One for each rail and kind that anything waits for, due or not."""
        return [DueLine(*row) for row in await self._database.fetch(_LINES)]

    async def accounts(self, line: DueLine, now_ms: int, after: UUID) -> Turn:
        """Whose work is due, who waits longest first; where there is much, those whose turn it is after `after`."""
        rows = await self._database.fetch(_OLDEST, line.rail, line.kind, now_ms, WINDOW)
        found = [row["account_id"] for row in rows]
        if sum(row["many"] for row in rows) < WINDOW:
            return Turn(found, after)
        visited = await self._database.fetch(_TURN, line.rail, line.kind, after, now_ms, TURN, VISITS)
        due = [row["account_id"] for row in visited if row["due_ms"] <= now_ms]
        # After the last one the first has its turn again.
        next_after = visited[-1]["account_id"] if visited and visited[-1]["is_cut_off"] else FIRST
        return Turn(due, next_after, is_partial=True) if due else Turn(found, next_after)

    async def take(self, shares: Mapping[UUID, int], line: DueLine, lease: Lease) -> Sequence[Taken]:
        """Of each account up to so many of its payouts that are due, leased. Of one account where each has a lane."""
        routed = Routed(self._database, self._rule, next(iter(shares)))
        which = (line.rail, line.kind, lease.now_ms, lease.until_ms, lease.worker)
        asked = arrays(_SHARE_KINDS, sorted(shares.items()))
        try:
            rows = await routed.fetch(_TAKE, *asked, *which)
        except Unavailable as error:
            if error.why is not Why.DAMAGED:
                raise
            rows = await self._read_one_by_one(await routed.fetch(_LEASE, *asked, *which), lease.now_ms)
        taken: list[Taken] = []
        for row in rows:
            try:
                taken.append(_taken(row))
            except (LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
                await self._set_aside(row["account_id"], row["payout_id"], repr(error), lease.now_ms)
        if again := {row["payout_id"] for row in rows if row["was_unreadable"]}:
            for payout in (one.payout for one in taken if one.payout.payout_id in again):
                await is_readable_again(self._database, payout.account_id, [payout.payout_id])
        return taken

    async def _read_one_by_one(self, leased: Sequence[Row], now_ms: int) -> Sequence[Row]:
        """Where the database itself cannot read one of them: nothing remains of what asked for all."""
        rows: list[Row] = []
        for account_id, payout_id in leased:
            try:
                rows += await self._database.fetch(_READ, account_id, payout_id)
            except Unavailable as error:
                if error.why is not Why.DAMAGED:
                    raise
                await self._set_aside(account_id, payout_id, str(error), now_ms)
        return rows

    async def _set_aside(self, account_id: UUID, payout_id: int, why: str, now_ms: int) -> None:
        _log.error("a payout cannot be read", payout_id=payout_id, error=why)
        since_ms = await note_unreadable(self._database, account_id, payout_id, why, now_ms)
        shortest_ms, longest_ms = UNREADABLE_AGAIN_MS
        later_ms = min(max(now_ms - since_ms, shortest_ms), longest_ms)
        await self.put_off(account_id, payout_id, Due(now_ms + later_ms, now_ms))

    async def renew(self, payouts: Mapping[UUID, Sequence[int]], lease: Lease) -> None:
        """The leases of these, of each account, as far as they are still this worker's."""
        for account_id, payout_ids in payouts.items():
            await self._database.execute(_RENEW, account_id, payout_ids, lease.until_ms, lease.now_ms, lease.worker)

    async def note_references(self, rows: Sequence[RailReference]) -> Sequence[RailReference]:
        """Before attempts are begun: which of their references belong to another payout."""
        return await note_references(self._database, rows)

    async def put_off(self, account_id: UUID, payout_id: int, due: Due) -> None:
        """Look at this payout again then."""
        await self._database.execute(
            "update work set due_ms = $3, noted_ms = $4, leased_by = null where account_id = $1 and payout_id = $2",
            account_id,
            payout_id,
            due.at_ms,
            due.noted_ms,
        )

    async def file(self) -> int:
        """Put what older code has noted under its rail and kind, so many rows at once. Returns how many."""
        row = await self._database.change(_FILE, REFILED_AT_ONCE)
        count: int = row["count"] if row else 0
        return count


def _taken(row: Row) -> Taken:
    payout = payout_from(row)
    number, kind = row["ordered_number"], row["ordered_kind"]
    if kind is None:
        return Taken(payout, None)
    try:
        ordered = fact_from({"number": number, "kind": kind, "at_ms": row["ordered_ms"], "data": row["ordered"]})
    except (ValueError, msgspec.MsgspecError):
        return Taken(payout, UNREADABLE)
    return Taken(payout, ordered.data.get("digest"), ordered, row["ordered_seal"])


async def list_backlog(database: Database, now_ms: int) -> Sequence[Backlog]:
    """For people: every row of the list is read."""
    return [Backlog(*row) for row in await database.fetch(_BACKLOG, now_ms)]


async def forget_old_nonces(database: Database, now_ms: int) -> None:
    await database.execute("delete from nonces where until_ms < $1", now_ms)


# From one rail and kind to the next by the index, however many rows each has.
_LINES: Final = """
with recursive lines as (
    (select rail, kind, due_ms from work order by rail, kind, due_ms limit 1)
    union all
    select next.* from lines l cross join lateral (
        select w.rail, w.kind, w.due_ms from work w where (w.rail, w.kind) > (l.rail, l.kind)
        order by w.rail, w.kind, w.due_ms limit 1) next
)
select rail, kind, due_ms from lines
"""

_BACKLOG: Final = """
select rail, kind, count(*) as waiting, count(*) filter (where due_ms <= $1) as due,
    count(*) filter (where due_ms > $1 and leased_by is not null) as in_hand,
    min(due_ms) filter (where due_ms <= $1) as oldest_ms
from work group by rail, kind order by rail, kind
"""

_OLDEST: Final = """
select account_id, count(*) as many from (
    select account_id, due_ms from work where rail = $1 and kind = $2 and due_ms <= $3 order by due_ms limit $4
) oldest
group by account_id order by min(due_ms)
"""

# All of the key is compared and sorted by, so that the way to the next account is one look into the index, also where
# the database has not counted the table's rows yet and thinks that there are few.
_TURN: Final = """
with recursive turn as (
    select first.*, 1 as visits, (first.due_ms <= $4)::int as found from (
        select w.rail, w.kind, w.account_id, w.due_ms from work w where (w.rail, w.kind, w.account_id) > ($1, $2, $3)
        order by w.rail, w.kind, w.account_id, w.due_ms limit 1) first
    where first.rail = $1 and first.kind = $2
    union all
    select next.*, t.visits + 1, t.found + (next.due_ms <= $4)::int from turn t cross join lateral (
        select w.rail, w.kind, w.account_id, w.due_ms from work w
        where (w.rail, w.kind, w.account_id) > (t.rail, t.kind, t.account_id)
        order by w.rail, w.kind, w.account_id, w.due_ms limit 1) next
    where t.found < $5 and t.visits < $6 and next.rail = $1 and next.kind = $2
), last as (select max(visits) as visits, max(found) = $5 or max(visits) = $6 as is_cut_off from turn)
select account_id, due_ms, is_cut_off from turn cross join last where due_ms <= $4 or turn.visits = last.visits
order by turn.visits
"""

# The rows are leased by an insert that always meets them: unlike an update with a join, it can only go to the rows that
# its key names, whatever the planner thinks of the table's size.
_SHARE_KINDS: Final = ("uuid", "int")
_LEASED: Final = f"""
with taken as (
    select w.* from [unnest({slots(_SHARE_KINDS)})] as asked(account_id, most)
    cross join lateral (
        select w.account_id, w.payout_id from work w
        where w.account_id = [asked.account_id] and w.rail = $3 and w.kind = $4 and w.due_ms <= $5
        order by w.due_ms limit asked.most for update skip locked) w
), leased as (
    insert into work (account_id, payout_id, due_ms, noted_ms, leased_by)
    select [account_id], payout_id, $6, $5, $7 from taken
    on conflict (account_id, payout_id) do update
    set due_ms = excluded.due_ms, noted_ms = excluded.noted_ms, leased_by = excluded.leased_by
    returning account_id, payout_id
)
"""  # noqa: S608 (kinds of ours)
# The limit keeps the fact looked up for each payout by itself: joined, all of the account's might be read. So does the
# offset: where many payouts are thought to be asked about, all that is unreadable, of everybody, might be read first.
_ORDERED: Final = """f.number as ordered_number, f.kind as ordered_kind, f.at_ms as ordered_ms, f.data as ordered,
    f.seal as ordered_seal, exists (select from unreadable u where u.account_id = [p.account_id]
    and u.payout_id = p.payout_id offset 0) as was_unreadable"""
_FACT: Final = """left join lateral (
    select number, kind, at_ms, data, seal from facts f
    where f.account_id = [p.account_id] and f.payout_id = p.payout_id and f.number = 1 limit 1) f on true"""
_PAYOUTS: Final = f"select {LANE_PAYOUT_COLUMNS}, {_ORDERED} from"
_TAKE: Final = f"""{_LEASED} {_PAYOUTS} leased cross join lateral (
    select * from payouts p where p.account_id = [leased.account_id] and p.payout_id = leased.payout_id offset 0) p
{_FACT}"""  # noqa: S608 (constants)
_LEASE: Final = f"{_LEASED} select account_id, payout_id from leased"  # noqa: S608 (constants)
_READ: Final = of_one(f"{_PAYOUTS} payouts p {_FACT} where p.account_id = [p.account_id] and p.payout_id = $2")

_RENEW: Final = """
update work set due_ms = $3, noted_ms = $4
where account_id = $1 and payout_id = any($2::bigint[]) and leased_by = $5
"""

# What an attempt is open of is asked about; a row may name the wrong kind until its payout is taken next.
_FILE: Final = f"""
with found as (
    select w.account_id, w.payout_id from work w where w.rail = '' limit $1 for update skip locked
), filed as (
    update work w set rail = p.rail, kind = case p.state
        when 'in_review' then '{Work.LOOK.value}' when 'reserved' then '{Work.SEND.value}'
        else '{Work.ASK.value}' end
    from found f join payouts p on p.account_id = f.account_id and p.payout_id = f.payout_id
    where w.account_id = f.account_id and w.payout_id = f.payout_id returning 1
)
select count(*) from filed
"""  # noqa: S608 (constants)
