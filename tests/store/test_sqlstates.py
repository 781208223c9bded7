"""What an error's code says: for every code that the driver knows, raised by the real database."""

from __future__ import annotations

import pytest
from asyncpg import exceptions

from outlay.store.database import REJECTED, Database, Unavailable
from outlay.store.sqlstates import STATES, Why, state_of
from tests.support.rows import each_row
from tests.support.world import World

KNOWN = sorted(
    {
        code
        for error in vars(exceptions).values()
        if isinstance(error, type) and isinstance(code := getattr(error, "sqlstate", None), str) and len(code) == 5
    }
)
SUCCESS = ("00", "01", "02")
OUR_FAULT = ("21", "22", "23", "42", "54", "P0")
"""Classes for statements that are wrong, and values that they cannot take."""
OF_THE_SCHEMA = {"42501", "42703", "42P01"}
CHANGES = (("57P01", True), ("53100", True), ("40001", False), ("40P01", False), ("40003", True), ("55P03", False))
"""Whether a change may have happened that ended so."""
RAISES = "do $$ begin raise exception using errcode = '{}', message = 'planted'; end $$"


def raised() -> list[str]:
    codes = [code for code in KNOWN if not code.startswith(SUCCESS)]
    assert len(codes) > 200
    return codes


async def test_every_error_is_a_state_of_the_database_or_a_fault_of_ours_by_its_code(plain_world: World) -> None:
    database = plain_world.runtime.database
    for code in raised():
        with pytest.raises(Exception, match="planted") as caught:
            await database.fetch(RAISES.format(code))
        state = state_of(code)
        if state is None:
            assert isinstance(caught.value, REJECTED), code
        else:
            error = caught.value
            assert isinstance(error, Unavailable), code
            assert (error.why, error.may_have_happened) == (state[0], False), code


async def test_a_change_that_fails_so_may_have_happened_unless_the_database_says_that_nothing_remains(
    plain_world: World,
) -> None:
    for code, may_have_happened in CHANGES:
        with pytest.raises(Unavailable, match=code) as caught:
            await plain_world.runtime.database.execute(RAISES.format(code))
        assert caught.value.may_have_happened is may_have_happened, code


def test_a_wrong_statement_is_never_called_a_state_of_the_database() -> None:
    ours = {code for code in raised() if code.startswith(OUR_FAULT)}
    assert {code for code in ours if state_of(code) is not None} == OF_THE_SCHEMA


@each_row(
    ("code", "why"),
    [
        ("08006", Why.AWAY),
        ("25006", Why.AWAY),
        ("28000", Why.AWAY),
        ("28P01", Why.AWAY),
        ("3D000", Why.AWAY),
        ("53100", Why.AWAY),
        ("53300", Why.AWAY),
        ("57P01", Why.AWAY),
        ("57P03", Why.AWAY),
        ("58030", Why.AWAY),
        ("F0000", Why.AWAY),
        ("XX001", Why.DAMAGED),
        ("XX002", Why.DAMAGED),
        ("57014", Why.SLOW),
        ("55P03", Why.HELD),
        ("40001", Why.CONFLICT),
        ("40003", Why.AWAY),
    ],
)
def test_a_state_has_the_meaning_that_operators_know(code: str, why: Why) -> None:
    state = state_of(code)
    assert state is not None
    assert state[0] is why


def test_a_code_of_its_own_wins_over_its_class_and_others_of_the_class_keep_its_meaning() -> None:
    assert state_of("57014") != state_of("57P05") == STATES["57"]
    assert state_of("25001") is None
    assert state_of(None) is None


async def test_a_value_that_the_driver_cannot_send_is_a_fault_of_ours(plain_world: World) -> None:
    database: Database = plain_world.runtime.database
    with pytest.raises(Exception, match="invalid input for query argument") as caught:
        await database.fetch("select $1::int", "no number")
    assert not isinstance(caught.value, Unavailable)


async def test_what_is_told_of_a_state_leaves_out_what_stood_in_a_row(plain_world: World) -> None:
    database = plain_world.runtime.database
    with pytest.raises(Unavailable) as told:
        await database.execute(
            RAISES.replace("'planted'", "'planted', detail = 'Maria', hint = 'Oliveira'").format("53100")
        )
    assert "53100: planted)" in str(told.value)
    assert "Maria" not in str(told.value)
    assert "Oliveira" not in str(told.value)
