"""Every body of a create that UQPAY's documents allow, as far as who is paid and where is concerned.

Written from the documents, without looking at what Outlay makes of them.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.apis.strategies import AMOUNTS, TEXTS, Bodies

uqpay_orders: Bodies = st.fixed_dictionaries(
    {
        "payout_currency": st.sampled_from(["SGD", "USD"]),
        "payout_amount": AMOUNTS,
        "statement_descriptor": st.sampled_from(["OUTLAY 0042", "ค่าเช่า"]),
    },
    optional={
        "internal_note": TEXTS,
        "payout_account_id": st.sampled_from(["1dcebfe8-b95f-4dce-9659-0158a33c1848", "a0c9be0c41111"]),
    },
)
