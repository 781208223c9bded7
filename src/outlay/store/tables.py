"""The tables that keep what the clerk writes, and every column of them once: its name, its type, when it is written,
and what of a record it holds.

Reading (rows, read) and writing (write.saving) make their lists of columns from this when they are imported. How the
tables come to be belongs to migrations; statements that set a few columns by themselves name them where they stand.

The trap: an attribute is named by a text, which no type checker follows. So a test holds every table against the
database, and every record against what is read back of it (tests/store/test_tables.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from outlay.core.origin import NO_REMARKS, Origin, Remarks
from outlay.core.outcome import Failure
from outlay.core.progress import NOTHING_PENDING, Pending
from outlay.store.arrays import JSON, array_text, to_json


class Column(msgspec.Struct, frozen=True):
    """`kind`: PostgreSQL's type. `of`: the record's attribute that it holds, where that has another name. `made`: what
    is written for that, where its kind alone does not say it. `is_given`: no attribute of the record; whoever writes
    has it beside."""

    name: str
    kind: str
    of: str = ""
    made: Callable[[Any], Any] | None = None
    is_given: bool = False

    @property
    def attribute(self) -> str:
        return self.of or self.name

    @property
    def sent_as(self) -> str:
        """The kind of its parameter (see arrays). A list of lists is no array of PostgreSQL's: each goes as text."""
        return JSON if self.kind == "jsonb" else "text" if self.kind.endswith("[]") else self.kind

    @property
    def written(self) -> Callable[[Any], Any] | None:
        """What is made of the attribute; None where it is written as it is."""
        if self.made is not None or self.sent_as == self.kind:
            return self.made
        return to_json if self.sent_as == JSON else array_text


class RowTable(msgspec.Struct, frozen=True):
    """Its columns by when they are written. `fixed`: once, with the row. `moving`: again whenever the row is written
    again. `later`: likewise, and a row whose record was only just made has none of them: there the columns' defaults
    say so."""

    name: str
    key: tuple[Column, ...]
    """What the database tells its rows apart by."""
    fixed: tuple[Column, ...] = ()
    moving: tuple[Column, ...] = ()
    later: tuple[Column, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        return (*self.key, *self.fixed, *self.moving, *self.later)


def names_of(columns: Sequence[Column], prefix: str = "", but: Sequence[str] = ()) -> str:
    """As a statement lists them: each after `prefix`, without those named in `but`."""
    names = [column.name for column in columns]
    if not set(but).issubset(names):
        raise ValueError(f"no such columns: {', '.join(sorted(set(but).difference(names)))}")
    return ", ".join(f"{prefix}{name}" for name in names if name not in but)


def attributes_of(columns: Sequence[Column]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes from a record, at once, the attributes that these columns hold, in their order. Those that are given
    beside it are left out."""
    attributes = [column.attribute for column in columns if not column.is_given]
    if len(attributes) > 1:
        return attrgetter(*attributes)
    # The library takes of one name its attribute alone, and has none of no names.
    return lambda record: tuple(getattr(record, name) for name in attributes)


def _dialect(origin: Origin | None) -> str | None:
    return origin.dialect if origin is not None else None


def _key_id(origin: Origin | None) -> str | None:
    return origin.key_id if origin is not None else None


def _remarks(remarks: Remarks) -> str | None:
    return None if remarks is NO_REMARKS else to_json(remarks)


def _reason(failure: Failure | None) -> str | None:
    return failure.reason.value if failure is not None else None


def _text(failure: Failure | None) -> str | None:
    return failure.text if failure is not None else None


def _pending(pending: Pending) -> str | None:
    return None if pending == NOTHING_PENDING else to_json(pending)


_ACCOUNT: Final = Column("account_id", "uuid", is_given=True)
_PAYOUT: Final = Column("payout_id", "bigint", is_given=True)

CLAIMS: Final = RowTable(
    "claims",
    key=(_ACCOUNT, Column("reference", "text")),
    fixed=(
        Column("operation", "text"),
        Column("digest", "bytea"),
        Column("subject_id", "bigint"),
        Column("created_ms", "bigint"),
    ),
)
FAMILY_KEYS: Final = RowTable(
    "family_keys",
    key=(_ACCOUNT, Column("reference", "text")),
    moving=(Column("holder_id", "uuid"), Column("uses", "bigint"), Column("at_ms", "bigint")),
)
BATCHES: Final = RowTable(
    "batches",
    key=(Column("account_id", "uuid"), Column("batch_id", "bigint")),
    fixed=(
        Column("reference", "text"),
        Column("currency", "text"),
        Column("total_minor", "bigint"),
        Column("payout_count", "int"),
        Column("created_ms", "bigint"),
    ),
)
PAYOUTS: Final = RowTable(
    "payouts",
    key=(Column("account_id", "uuid"), Column("payout_id", "bigint")),
    fixed=(
        Column("batch_id", "bigint"),
        Column("reference", "text"),
        Column("ordered_by", "text"),
        Column("dialect", "text", of="origin", made=_dialect),
        Column("key_id", "text", of="origin", made=_key_id),
        Column("currency", "text"),
        Column("amount_minor", "bigint"),
        Column("fee_minor", "bigint", of="fee.total_minor"),
        Column("fee_fixed_minor", "bigint", of="fee.fixed_minor"),
        Column("fee_rate_ppm", "bigint", of="fee.rate_ppm"),
        Column("beneficiary", "jsonb"),
        Column("remarks", "jsonb", made=_remarks),
        Column("notify_url", "text"),
        Column("created_ms", "bigint"),
        Column("expires_ms", "bigint"),
    ),
    moving=(
        Column("rail", "text"),
        Column("state", "text"),
        Column("review", "text"),
        Column("fact_count", "int"),
        Column("epoch", "int"),
    ),
    later=(
        Column("rail_reference", "text"),
        Column("receipt_url", "text"),
        Column("failure_reason", "text", of="failure", made=_reason),
        Column("failure_text", "text", of="failure", made=_text),
        Column("completed_ms", "bigint"),
        Column("returned_minor", "bigint"),
        Column("attempt_count", "int", of="attempts", made=len),
        Column("case_count", "int"),
        Column("pending", "jsonb", made=_pending),
    ),
)
"""What is fixed of a payout is its instruction: what is sealed with the order (core.instruction)."""
ATTEMPTS: Final = RowTable(
    "attempts",
    key=(_ACCOUNT, _PAYOUT, Column("number", "int")),
    fixed=(Column("rail", "text"), Column("reference", "text"), Column("begun_ms", "bigint")),
    moving=(
        Column("state", "text"),
        Column("unknown_since_ms", "bigint"),
        Column("sends", "jsonb"),
        Column("rail_references", "text[]"),
        Column("not_found_ms", "bigint[]"),
        Column("asked_ms", "bigint"),
        Column("questions", "int"),
        Column("refusals", "text"),
        Column("is_contested", "boolean"),
    ),
)
RAIL_REFERENCES: Final = RowTable(
    "rail_references",
    key=(Column("reference_hash", "bigint", is_given=True), Column("rail", "text"), Column("reference", "text")),
    fixed=(Column("account_id", "uuid"), Column("payout_id", "bigint"), Column("attempt_number", "int")),
)
RETURNS: Final = RowTable(
    "returns",
    key=(_ACCOUNT, _PAYOUT, Column("number", "text")),
    fixed=(
        Column("ordinal", "int"),
        Column("amount_minor", "bigint"),
        Column("at_ms", "bigint"),
        Column("by_decision", "boolean"),
    ),
)
CASES: Final = RowTable(
    "cases",
    key=(_ACCOUNT, _PAYOUT, Column("number", "int")),
    fixed=(
        Column("kind", "text"),
        Column("attempt_number", "int"),
        Column("what", "text"),
        Column("since_ms", "bigint"),
        Column("fact_number", "int"),
    ),
    moving=(
        Column("closed_ms", "bigint"),
        Column("closed_by", "text[]", of="by"),
        Column("note", "text"),
        Column("remedy", "text"),
    ),
)
FACTS: Final = RowTable(
    "facts",
    key=(_ACCOUNT, _PAYOUT, Column("number", "int")),
    fixed=(
        Column("kind", "text"),
        Column("at_ms", "bigint"),
        Column("data", "jsonb"),
        Column("seal", "bytea", is_given=True),
    ),
)
POSTINGS: Final = RowTable(
    "postings",
    key=(
        _ACCOUNT,
        Column("subject_id", "bigint", is_given=True),
        Column("fact_number", "int", is_given=True),
        Column("line", "int", is_given=True),
    ),
    fixed=(
        Column("source", "text"),
        Column("target", "text"),
        Column("currency", "text"),
        Column("amount_minor", "bigint"),
        Column("at_ms", "bigint", is_given=True),
    ),
)
FUNDINGS: Final = RowTable(
    "fundings",
    key=(_ACCOUNT, Column("reference", "text")),
    fixed=(
        Column("funding_id", "bigint"),
        Column("currency", "text"),
        Column("amount_minor", "bigint"),
        Column("at_ms", "bigint"),
    ),
)
BALANCES: Final = RowTable(
    "balances",
    key=(_ACCOUNT, Column("currency", "text", is_given=True), Column("book", "text", is_given=True)),
    moving=(Column("minor", "bigint", is_given=True),),
)
BANK_ACCOUNTS: Final = RowTable(
    "bank_accounts",
    key=(_ACCOUNT, Column("bank_account_id", "bigint")),
    fixed=(Column("currency", "text"), Column("created_ms", "bigint")),
    moving=(
        Column("is_valid", "boolean"),
        Column("body", "jsonb", of="details"),
        Column("updated_ms", "bigint"),
    ),
)
TRANSFERS: Final = RowTable(
    "transfers",
    key=(_ACCOUNT, Column("transfer_id", "bigint")),
    fixed=(
        Column("direction", "text", is_given=True),
        Column("is_payout", "boolean"),
        Column("source_id", "uuid"),
        Column("target_id", "uuid"),
        Column("source_name", "text"),
        Column("target_name", "text"),
        Column("currency", "text"),
        Column("amount_minor", "bigint"),
        Column("reason", "text"),
        Column("ordered_by", "text"),
        Column("created_ms", "bigint"),
    ),
    moving=(Column("credited_ms", "bigint"),),
)
WORK: Final = RowTable(
    "work",
    key=(_ACCOUNT, _PAYOUT),
    moving=(
        Column("due_ms", "bigint", of="at_ms"),
        Column("noted_ms", "bigint"),
        Column("rail", "text", is_given=True),
        Column("kind", "text", is_given=True),
    ),
)
"""Besides, whoever takes a row leases it: that column is the workers' list's (work)."""
