"""Accounts: their short names, and the family that they belong to."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from outlay.core.account import Account, short_id


@given(st.uuids(), st.uuids())
def test_a_short_id_is_an_a_and_the_first_twelve_digits_in_capitals(one: UUID, other: UUID) -> None:
    assert short_id(one) == "A" + str(one).replace("-", "")[:12].upper()
    assert (short_id(one) == short_id(other)) == (one.hex[:12] == other.hex[:12])


def test_a_family_is_named_by_its_master() -> None:
    master = Account(UUID(int=1), "Kopi & Co", "SG")
    child = Account(UUID(int=2), "Shop 1", "SG", parent_id=master.account_id)
    assert master.family_id == child.family_id == master.account_id
