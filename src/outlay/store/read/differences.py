"""What stands in the tables held against what a replay makes of the facts, column by column.

What no fact tells is held against nothing and counted; a question that brought nothing new leaves no fact, so of
`attempts.questions` and `attempts.asked_ms` only too little is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.core.ids import created_ms
from outlay.core.progress import NOTHING_PENDING, Inquiry, Pending
from outlay.core.proof import Difference
from outlay.core.replayed import FIRST_UNNUMBERED, UNTOLD, BookMoved, Fate, Handed, Inquired, Opened, Tried, Untold
from outlay.store.arrays import to_json
from outlay.store.database import Row
from outlay.store.read.recorded import Key

AT_LEAST: Final = frozenset({"questions", "asked_ms"})
"""Columns that may say more than the facts."""
MISSING: Final = "missing"
_NO_FORM_OF_OURS: Final = (AttributeError, LookupError, TypeError)
_NOTHING: Final = json.loads(to_json(NOTHING_PENDING))
_NOT_FOUND: Final = Inquiry.__struct_fields__.index("not_found_ms")
"""Its place in an inquiry as it is stored."""


class Comparison:
    """Collects differences; counts what was compared."""

    def __init__(self) -> None:
        self.found: list[Difference] = []
        self.rows: dict[str, int] = {}
        self.untold: dict[str, int] = {}
        """By table and column."""

    def payout(self, key: Key, fate: Fate, row: Row) -> None:
        self._row("payouts", key, "", _payout(fate), row)
        self.found += (Difference("facts", *key, "", "kind", what, None) for what in fate.impossible)

    def attempts(self, key: Key, fate: Fate, rows: Iterable[Row]) -> None:
        wanted = {f"attempt {number}": tried for number, tried in fate.attempts.items()}
        for where, tried, row in self._pairs("attempts", key, wanted, ((f"attempt {r['number']}", r) for r in rows)):
            self._row("attempts", key, where, _attempt(tried), row)
            self._sends(key, where, tried, row["sends"])

    def cases(self, key: Key, fate: Fate, rows: Iterable[Row]) -> None:
        wanted = {f"case {number}": case for number, case in fate.cases.items()}
        for where, case, row in self._pairs("cases", key, wanted, ((f"case {r['number']}", r) for r in rows)):
            self._row("cases", key, where, _case(case), row)

    def returns(self, key: Key, fate: Fate, rows: Iterable[Row]) -> None:
        wanted = {f"return {back.ordinal}": back for back in fate.returns}
        for where, back, row in self._pairs("returns", key, wanted, ((f"return {r['ordinal']}", r) for r in rows)):
            self._row("returns", key, where, msgspec.structs.asdict(back), row)

    def postings(self, key: Key, moved: Iterable[BookMoved], rows: Iterable[Row]) -> None:
        wanted = {f"fact {each.fact_number} line {each.line}": each for each in moved}
        placed = ((f"fact {row['fact_number']} line {row['line']}", row) for row in rows)
        for where, each, row in self._pairs("postings", key, wanted, placed):
            posting = each.posting
            told = (posting.source, posting.target, posting.currency, posting.amount_minor, each.at_ms)
            self._row("postings", key, where, dict(zip(_POSTING, told, strict=True)), row)

    def balance(self, account_id: UUID, currency: str, book: str, stored: Any, recomputed: int | None) -> None:
        """`recomputed` None: nothing was ever moved there."""
        self._count("balances")
        if stored != recomputed and not (stored == 0 and recomputed is None):
            where = f"{currency} {book}"
            self.found.append(Difference("balances", account_id, None, where, "minor", stored, recomputed))

    def side(self, key: Key, row: Row) -> None:
        """A transfer's row lies at the giver who gave it, or at the taker who took it; its id tells the time."""
        self._count("transfers")
        column = "source_id" if row["direction"] == "out" else "target_id"
        if row[column] != key[0] or row["direction"] not in ("out", "in"):
            self.found.append(Difference("transfers", *key, row["direction"], column, row[column], key[0]))
        made_ms = created_ms(key[1])
        if row["created_ms"] != made_ms:
            self.found.append(Difference("transfers", *key, "", "created_ms", row["created_ms"], made_ms))

    def orphan(self, table: str, key: Key, rows: Iterable[Row]) -> None:
        """Rows of a payout that is not there."""
        self.found += (Difference(table, *key, "", "", "there", "no such payout") for _ in rows)

    def _pairs(
        self, table: str, key: Key, wanted: Mapping[str, Any], stored: Iterable[tuple[str, Row]]
    ) -> Iterator[tuple[str, Any, Row]]:
        """What is on both sides; the rest is a difference."""
        left = dict(wanted)
        for where, row in stored:
            if where in left:
                yield where, left.pop(where), row
            else:
                self.found.append(Difference(table, *key, where, "", "there", MISSING))
        self.found += (Difference(table, *key, where, "", MISSING, "there") for where in left)

    def _row(self, table: str, key: Key, where: str, told: Mapping[str, Any], row: Row) -> None:
        self._count(table)
        for column, value in told.items():
            stored = row[column]
            if stored == value or self._may_be(table, column, value, stored):
                continue
            self.found.append(Difference(table, *key, where, column, stored, _shown(value)))

    def _may_be(self, table: str, column: str, value: Any, stored: Any) -> bool:
        if isinstance(value, Untold):
            self._untold(table, column)
            return not value.may_be or stored in value.may_be
        if column == "not_found_ms" and isinstance(stored, list):
            return len(stored) == len(value) and all(
                isinstance(one, Untold) or one == other for one, other in zip(value, stored, strict=True)
            )
        if column == "pending":
            told, inquired = value
            try:
                return _is_pending(told, inquired, {} if stored is None else _decoded(stored))
            except _NO_FORM_OF_OURS:
                return False
        return column in AT_LEAST and bool(isinstance(stored, int) and stored >= (value or 0))

    def _sends(self, key: Key, where: str, tried: Tried, stored: Any) -> None:
        told, found = dict(tried.sends), _decoded(stored)
        first = told.pop(FIRST_UNNUMBERED, None)
        if first is not None:
            self._untold("attempts", "sends")
        wanted = [[number, *_send(send)] for number, send in sorted(told.items())]
        try:
            if first is not None and found and _is_first(found[0], first):
                found = found[1:]
            same = len(found) == len(wanted) and all(map(self._is_send, wanted, found))
        except _NO_FORM_OF_OURS:
            same = False
        if not same:
            self.found.append(Difference("attempts", *key, where, "sends", stored, json.dumps(wanted, default=_shown)))

    def _is_send(self, told: list[Any], stored: Any) -> bool:
        for one in told:
            if isinstance(one, Untold):
                self._untold("attempts", "sends")
        # Until 0.5 no send stood for a time that was lost.
        whole = [*stored, False] if len(stored) == len(told) - 1 else stored
        return len(whole) == len(told) and all(
            isinstance(one, Untold) or (one == other and type(one) is type(other))
            for one, other in zip(told, whole, strict=True)
        )

    def _count(self, table: str) -> None:
        self.rows[table] = self.rows.get(table, 0) + 1

    def _untold(self, table: str, column: str) -> None:
        name = f"{table}.{column}"
        self.untold[name] = self.untold.get(name, 0) + 1


_POSTING: Final = ("source", "target", "currency", "amount_minor", "at_ms")


def _payout(fate: Fate) -> dict[str, Any]:
    pending = Pending(tuple(fate.early), fate.proposal)
    return {
        "reference": fate.reference,
        "ordered_by": fate.ordered_by,
        "created_ms": fate.created_ms,
        "rail": fate.rail,
        "state": fate.state,
        "review": fate.review,
        "rail_reference": fate.rail_reference,
        "receipt_url": fate.receipt_url,
        "failure_reason": fate.failure_reason,
        "failure_text": fate.failure_text,
        "completed_ms": fate.completed_ms,
        "returned_minor": fate.returned_minor,
        "attempt_count": len(fate.attempts),
        "fact_count": fate.fact_count,
        "case_count": len(fate.cases),
        "epoch": fate.epoch,
        "pending": (json.loads(to_json(pending)), fate.inquired),
    }


def _attempt(tried: Tried) -> dict[str, Any]:
    return {
        "rail": tried.rail,
        "reference": tried.reference,
        "begun_ms": tried.begun_ms,
        "state": tried.state,
        "unknown_since_ms": tried.unknown_since_ms,
        "rail_references": tried.rail_references if tried.are_names_told else UNTOLD,
        "not_found_ms": tried.not_found_ms,
        "asked_ms": tried.asked_ms or None,
        "questions": tried.questions,
        "refusals": "\n".join(tried.refusals),
        "is_contested": tried.is_contested,
    }


def _case(case: Opened) -> dict[str, Any]:
    told = msgspec.structs.asdict(case)
    del told["number"]
    return told


def _send(send: Handed) -> tuple[Any, ...]:
    return send.at_ms, send.real_ms, send.final_ms, send.is_late, send.is_lost


def _is_first(stored: Any, first: Handed) -> bool:
    """Until 0.4 none were kept; the update numbered what was under way 2, and 0.5 began with 1."""
    return stored[:2] in ([1, first.at_ms], [2, first.at_ms]) and stored[4] is False


def _is_pending(told: dict[str, Any], inquired: Inquired | None, stored: dict[str, Any]) -> bool:
    """Of questions to which nothing was evidence no fact tells: there may have been any."""
    inquiry = stored.get("inquiry")
    if {**_NOTHING, **stored, "inquiry": None} != {**_NOTHING, **told, "inquiry": None}:
        return False
    if inquired is None or (inquiry is not None and inquiry[0] > inquired.epoch):
        return inquiry is None or inquiry[_NOT_FOUND] == []
    return inquiry is not None and (inquiry[0], inquiry[_NOT_FOUND]) == (inquired.epoch, inquired.not_found_ms)


def _decoded(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored


def _shown(value: Any) -> Any:
    if isinstance(value, Untold):
        return f"one of {list(value.may_be)}" if value.may_be else "not told"
    return value
