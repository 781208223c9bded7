"""Statements that a router in front of a sharded store can send whole to the shard of their account.

A statement is written once, for rows of many accounts: the first parameter is the list of their accounts. What [stands
in brackets] tells whose rows are meant. Where accounts share statements the brackets only fall away. In a lane of one
account (see gather) the first parameter is that account alone, and takes the place of what they hold:

    from [unnest($1::uuid[], $2::bigint[])] as asked(account_id, payout_id)
    … where p.account_id = [asked.account_id] and p.payout_id = asked.payout_id

    from ((select $1::uuid) as own cross join unnest($2::bigint[])) as asked(account_id, payout_id)
    … where p.account_id = $1 and p.payout_id = asked.payout_id

Leaves to others: which lanes there are (gather), and statements that name one account by themselves.

The trap: where brackets were forgotten both forms are right, but that of one account joins, too, and goes to every
shard. So the tests look at the plans of a whole story (tests/store/test_one_partition.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Protocol
from uuid import UUID

from outlay.store.database import Row
from outlay.store.gather import LaneRule

_BRACKETS: Final = re.compile(r"\[((?:[^\[\]]|\[\])+)\]")
"""They may hold `[]`, of a type."""
_LISTS: Final = re.compile(r"unnest\(\$1::(?:text::)?uuid\[\](?:, )?(.*)\)(.*)", re.DOTALL)
"""The lists after the first one, and whether their rows are numbered."""


@cache
def shared(text: str) -> str:
    """The statement for rows of many accounts."""
    return _BRACKETS.sub(r"\1", text)


@cache
def of_one(text: str) -> str:
    """The statement for rows of one account."""
    return _BRACKETS.sub(_of_one, text)


def _of_one(brackets: re.Match[str]) -> str:
    lists = _LISTS.fullmatch(brackets[1])
    return rows_of_one(lists[1], lists[2]) if lists is not None else "$1"


def rows_of_one(lists: str, numbered: str = "") -> str:
    """What stands for `unnest(…)` of the account's id and these lists, where the id is the first parameter."""
    return f"((select $1::uuid) as own cross join unnest({lists}){numbered})" if lists else "(select $1::uuid)"


class _Fetches(Protocol):
    async def fetch(self, sql: str, /, *arguments: Any) -> Sequence[Row]: ...


class Routed:
    """Asks for the rows of a batch, with statements in the form that its lane takes. `account_id`: of any of the batch;
    in a lane of one account it is that of all."""

    def __init__(self, database: _Fetches, lanes: LaneRule, account_id: UUID) -> None:
        self.database = database
        self.account_id = account_id if lanes == "account" else None
        """None where accounts share statements."""

    async def fetch(self, text: str, account_ids: Any, *others: Any) -> Sequence[Row]:
        """`account_ids`: the first column; `others`: those after it."""
        if self.account_id is None:
            return await self.database.fetch(shared(text), account_ids, *others)
        return await self.database.fetch(of_one(text), self.account_id, *others)
