"""Accounts: their short names, and the family that they belong to."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from outlay.core.account import Account, ids_named, short_id


@given(st.uuids(), st.uuids())
def test_a_short_id_is_an_a_and_the_first_twelve_digits_in_capitals(one: UUID, other: UUID) -> None:
    assert short_id(one) == "A" + str(one).replace("-", "")[:12].upper()
    assert (short_id(one) == short_id(other)) == (one.hex[:12] == other.hex[:12])


@given(st.uuids(), st.uuids())
def test_an_account_is_named_by_its_long_and_by_its_short_id_in_any_case(one: UUID, other: UUID) -> None:
    for spelling in (str(one), str(one).upper()):
        assert ids_named(spelling) == (one, one)
    for spelling in (short_id(one), short_id(one).lower()):
        ids = ids_named(spelling)
        assert ids is not None
        assert ids[0] <= one <= ids[1]
        assert (ids[0] <= other <= ids[1]) == (short_id(one) == short_id(other))
        assert {short_id(each) for each in ids} == {short_id(one)}


@given(st.uuids(), st.text())
def test_nothing_else_names_an_account(one: UUID, text: str) -> None:
    assert ids_named(text) is None
    short = short_id(one)
    for wrong in (short[1:], short[:-1], short + "0", "B" + short[1:], f"{short}\n", "A" + "\uff11" * 12):
        assert ids_named(wrong) is None
    for wrong in (one.hex, f"{{{one}}}", one.urn, f" {one}", f"{one}\n"):
        assert ids_named(wrong) is None


def test_a_family_is_named_by_its_master() -> None:
    master = Account(UUID(int=1), "Kopi & Co", "SG")
    child = Account(UUID(int=2), "Shop 1", "SG", parent_id=master.account_id)
    assert master.family_id == child.family_id == master.account_id


def test_an_account_that_may_pay_over_any_rail_but_the_sandbox_checks_destinations() -> None:
    only = Account(UUID(int=1), "Kopi & Co", "SG")
    assert (only.rails, only.checks_destinations) == (("sandbox",), False)
    for first, others in (("sandbox", ("north",)), ("north", ("sandbox",)), ("north", ())):
        account = Account(UUID(int=1), "Kopi & Co", "SG", rail=first, other_rails=others)
        assert account.rails == (first, *others)
        assert account.checks_destinations
    assert Account(UUID(int=1), "Kopi & Co", "SG", strict_destinations=True).checks_destinations
