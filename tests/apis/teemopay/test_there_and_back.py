"""What lets an order of TeemoPay come back as it was: see `tests/apis/ordering.py`, where every dialect promises it."""

from __future__ import annotations

from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.values.beneficiaries import DOCUMENTS


def test_no_country_has_two_words_for_one_document() -> None:
    for country in COUNTRIES.values():
        assert len({DOCUMENTS[word] for word in country.id_types}) == len(country.id_types), country.code
