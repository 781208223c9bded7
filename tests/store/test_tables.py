"""The tables as they are listed, held against the database, against the records of the core that they keep, and against
what is asked for by name where a record is put together by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from outlay.core.attempt import Attempt
from outlay.core.bank_account import OwnBankAccount
from outlay.core.cases import Case
from outlay.core.facts import Fact
from outlay.core.instruction import Instruction, instruction_of
from outlay.core.ledger import Posting
from outlay.core.origin import Origin
from outlay.core.outcome import Failure, FailureReason
from outlay.core.payout import Batch, Payout
from outlay.core.progress import Return, Review, State
from outlay.core.transfer import Transfer
from outlay.core.work import Due
from outlay.store import tables
from outlay.store.references import RailReference
from outlay.store.rows import PAYOUT_COLUMNS, instruction_from, payout_from
from outlay.store.tables import ATTEMPTS, CASES, PAYOUTS, RETURNS, Column, RowTable, attributes_of, names_of
from outlay.store.write.desk import Claimed, FamilyKey, Funding
from tests.core.payout_stories import ordered
from tests.support.databases import rows
from tests.support.world import World

TABLES = {table.name: table for table in vars(tables).values() if isinstance(table, RowTable)}
OTHERS_COLUMNS = {"work.leased_by"}
"""Set by whoever takes a row of the workers' list."""

TYPES = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a
join pg_class c on c.oid = a.attrelid
where c.relname = any($1::text[]) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
"""
KEYS = """
select c.relname, array(select a.attname::text from unnest(i.indkey::int[]) as k(attnum)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum)
from pg_index i join pg_class c on c.oid = i.indrelid where i.indisprimary and c.relname = any($1::text[])
"""

RECORDS: Mapping[str, tuple[type[msgspec.Struct], set[str]]] = {
    "claims": (Claimed, set()),
    "family_keys": (FamilyKey, set()),
    "batches": (Batch, set()),
    "payouts": (Payout, {"returns", "cases"}),
    "attempts": (Attempt, set()),
    "rail_references": (RailReference, set()),
    "returns": (Return, set()),
    "cases": (Case, set()),
    "facts": (Fact, set()),
    "postings": (Posting, set()),
    "fundings": (Funding, set()),
    "bank_accounts": (OwnBankAccount, set()),
    "transfers": (Transfer, set()),
    "work": (Due, set()),
}
"""What each table keeps, and the fields of it that have a table of their own."""


async def test_every_column_is_there_in_the_database_with_its_type_and_no_other_is(plain_world: World) -> None:
    found = {f"{table}.{name}": kind for table, name, kind in await rows(plain_world.admin, TYPES, list(TABLES))}
    listed = {
        f"{table.name}.{column.name}": {"int": "integer"}.get(column.kind, column.kind)
        for table in TABLES.values()
        for column in table.columns
    }
    assert listed.items() <= found.items()
    assert found.keys() - listed.keys() == OTHERS_COLUMNS


async def test_the_key_of_a_table_is_what_the_database_tells_its_rows_apart_by(plain_world: World) -> None:
    found = {table: set(names) for table, names in await rows(plain_world.admin, KEYS, list(TABLES))}
    assert found == {table.name: {column.name for column in table.key} for table in TABLES.values()}


def test_every_field_of_a_record_is_kept_by_its_table() -> None:
    assert TABLES.keys() - RECORDS.keys() == {"balances"}
    for name, (record, elsewhere) in RECORDS.items():
        kept = {column.attribute.split(".")[0] for column in TABLES[name].columns if not column.is_given}
        assert kept == set(record.__struct_fields__) - elsewhere, name


@pytest.mark.parametrize(("table", "record"), [(ATTEMPTS, Attempt), (RETURNS, Return)])
def test_what_is_read_of_a_payout_by_place_has_columns_of_the_same_names(
    table: RowTable, record: type[msgspec.Struct]
) -> None:
    assert {column.name for column in table.columns if not column.is_given} == set(record.__struct_fields__)


def test_a_case_is_read_of_a_payout_by_the_names_of_its_fields() -> None:
    named = dict(re.findall(r"'(\w+)', c\.(\w+)", PAYOUT_COLUMNS))
    assert named.keys() == set(Case.__struct_fields__)
    assert set(named.values()) == {column.name for column in CASES.columns if not column.is_given}


class Asked(dict[str, Any]):
    """A row that notes what it is asked for."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)


def written(payout: Payout) -> dict[str, Any]:
    """Its row as it would be written."""
    values = zip(PAYOUTS.columns, attributes_of(PAYOUTS.columns)(payout), strict=True)
    return {column.name: column.written(value) if column.written else value for column, value in values}


FULL = msgspec.structs.replace(
    ordered(),
    state=State.FAILED,
    batch_id=5,
    origin=Origin("uqpay", "key"),
    notify_url="https://merchant.example/notify",
    expires_ms=9,
    review=Review.APPROVED,
    rail_reference="CH-1",
    receipt_url="https://rail.example/1",
    failure=Failure(FailureReason.OTHER, "no"),
    completed_ms=8,
)


def selected() -> set[str]:
    counted, looked_up = {"attempt_count"}, {"attempts", "cases", "returned"}
    return {column.name for column in PAYOUTS.columns} - counted | looked_up


async def test_of_a_payout_all_columns_are_selected_and_what_it_has_several_of(plain_world: World) -> None:
    statement = await plain_world.admin.prepare(f"select {PAYOUT_COLUMNS} from payouts p")
    assert {attribute.name for attribute in statement.get_attributes()} == selected()


@pytest.mark.parametrize("payout", [FULL, msgspec.structs.replace(FULL, origin=None, failure=None, state=State.PAID)])
def test_a_payout_is_put_together_of_all_that_is_selected_of_it(payout: Payout) -> None:
    row = Asked(written(payout) | {"attempts": None, "cases": None, "returned": None})
    assert payout_from(row) == payout
    assert row.names == selected() - (set() if payout.origin is not None else {"key_id", "failure_text"})


def test_an_instruction_is_put_together_of_a_payouts_key_and_what_is_fixed_of_it() -> None:
    row = Asked(written(FULL))
    assert instruction_from(row) == instruction_of(FULL)
    assert row.names == {column.name for column in (*PAYOUTS.key, *PAYOUTS.fixed)}
    assert len(Instruction.__struct_fields__) == len(row.names) - 1, "an origin has two columns"


def test_one_attribute_is_taken_as_a_row_of_one_and_none_as_an_empty_row() -> None:
    (number, name), given = (
        (Column("number", "bigint"), Column("label", "text", of="name")),
        Column("x", "text", is_given=True),
    )
    record = SimpleNamespace(number=7, name="seven")
    assert attributes_of([number, given, name])(record) == (7, "seven")
    assert attributes_of([name, given])(record) == ("seven",)
    assert attributes_of([given])(record) == ()


def test_a_column_that_no_table_has_cannot_be_left_out_of_a_list() -> None:
    with pytest.raises(ValueError, match="no such columns: amount"):
        names_of(PAYOUTS.columns, but=("amount", "rail"))
