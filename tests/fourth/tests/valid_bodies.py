"""Any order that the document allows."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.apis.seen import decimals_of
from tests.apis.strategies import TEXTS, Bodies, Body

IBANS = st.sampled_from(
    ["DE89370400440532013000", "NO9386011117947", "GB29NWBK60161331926819", "MT84MALT011000012345MTLCAST001S"]
)
"""Of the register's own examples."""
REFS = st.text("aZ09-", min_size=1, max_size=40)


@st.composite
def orders(draw: st.DrawFn) -> Body:
    currency = draw(st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF"]))
    decimals = decimals_of(currency)
    digits = str(draw(st.integers(1, 10**9))).rjust(decimals + 1, "0")
    amount = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    body: Body = {
        "ref": draw(REFS),
        "currency": currency,
        "amount": amount,
        "to": {"iban": draw(IBANS), "name": draw(TEXTS)},
    }
    if draw(st.booleans()):
        body["note"] = draw(TEXTS | st.just("two\nlines"))
    return body


BODIES: Bodies = orders()
