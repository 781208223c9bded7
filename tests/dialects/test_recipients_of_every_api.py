"""Every detail of a beneficiary that an API here writes down has a kind: see core.recipients."""

from __future__ import annotations

import pytest

from outlay.core import recipients
from outlay.dialects.lesspay import schema as lesspay
from outlay.dialects.teemopay import fields as teemopay
from outlay.dialects.teemopay.countries import COUNTRIES

KNOWN = recipients._NUMBERS | recipients._WORDS | recipients._KEYS
PHONES = {"phone", "phone.number"}
LESSPAY = {
    f"{prefix}{field.name}"
    for prefix, fields in (
        ("", lesspay.INFO_FIELDS),
        ("phone.", lesspay.PHONE_FIELDS),
        ("address.", lesspay.ADDRESS_FIELDS),
        ("bank.", lesspay.BANK_FIELDS),
        ("bank_codes.", lesspay.BANK_CODE_FIELDS),
        ("e_wallet.", lesspay.E_WALLET_FIELDS),
        ("e_wallet.", lesspay.BATCH_E_WALLET_FIELDS),
    )
    for field in fields
}
TEEMOPAY = {
    field.name
    for country in COUNTRIES.values()
    for field in country.fields
    if field.name != country.account_field and field.name not in teemopay._ELSEWHERE
}


@pytest.mark.parametrize("name", sorted(LESSPAY | TEEMOPAY))
def test_it_is_known_what_each_detail_is(name: str) -> None:
    assert name in KNOWN | PHONES


def test_nothing_is_of_two_kinds() -> None:
    assert len(KNOWN) == len(recipients._NUMBERS) + len(recipients._WORDS) + len(recipients._KEYS)
    assert not KNOWN & PHONES
