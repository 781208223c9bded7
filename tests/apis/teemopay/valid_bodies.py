"""Every body of a create that TeemoPay's documents allow, as far as who is paid and where is concerned.

Written from the documents, without looking at what Outlay makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from tests.apis.strategies import URLS, Body
from tests.apis.teemopay.orders import EVERY_WAY, ID_NUMBERS, order_in

_OPTIONAL: Mapping[str, Mapping[str, str]] = {
    "BR": {"bankCode": "001", "bankName": "Banco do Brasil"},
    "PE": {"phone": "912345678", "cciNumber": "00212345678901234567"},
    "CO": {"phone": "3001234567", "email": "ana@example.com"},
    "AR": {"bankCode": "007", "bankName": "Galicia", "phone": "1123456789", "email": "eva@example.com"},
    "PK": {"email": "ali@example.com", "userIBAN": "PK36SCBL0000001123456702"},
    "IN": {"bankCode": "HDFC0000001", "bankName": "HDFC", "email": "a@b.example"},
}


@st.composite
def _teemopay_order(draw: st.DrawFn) -> tuple[str, Body]:
    country, way = draw(st.sampled_from(EVERY_WAY))
    fields: Body = dict(
        draw(st.fixed_dictionaries({}, optional={n: st.just(t) for n, t in _OPTIONAL.get(country, {}).items()}))
    )
    if documents := ID_NUMBERS.get(country):
        word = draw(st.sampled_from(sorted(documents)))
        fields |= {"idType": word} | ({"idCardNumber": documents[word]} if documents[word] else {})
    if draw(st.booleans()):
        fields["callbackUrl"] = draw(URLS)
    return country, order_in(country, way, reference="T-1", **fields)


teemopay_orders = _teemopay_order()
"""With their countries: every account type and every kind of document of each."""
