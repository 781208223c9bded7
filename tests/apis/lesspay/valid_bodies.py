"""Every body of a create that LessPay's documents allow, as far as who is paid and where is concerned.

Written from the documents, without looking at what Outlay makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.apis.strategies import AMOUNTS, TEXTS, URLS, Bodies, Body

NUMBERS = st.text("0123456789", min_size=1, max_size=18) | st.sampled_from(["GB82WEST12345698765432", "AB-12 34"])
COUNTRIES = st.sampled_from(["PH", "BR", "KE", "US"])
HOLDERS = st.sampled_from(["individual", "business"])
DAYS = st.sampled_from(["1991-03-07", "07-03-1991", "2000-02-29"])
_ANY_TEXTS = st.text(st.characters(exclude_categories=()), max_size=70)
_ANY_NAMES = _ANY_TEXTS.filter(lambda name: name not in {"@type", "$ref"})  # no signature has these
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _ANY_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY_NAMES, inner, max_size=3),
    max_leaves=8,
)
"""Good or not."""
SWIFT = st.sampled_from(["BNORPHMM", "bnorphmmXXX"])
TRON = "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"
PIX_KEYS = {
    "cpf": "52998224725",
    "cnpj": "11222333000181",
    "email": "liza@example.org",
    "phone": "+5511987654321",
    "random": "123e4567-e89b-42d3-a456-426614174000",
}


def _texts(*names: str) -> dict[str, st.SearchStrategy[str]]:
    return dict.fromkeys(names, TEXTS)


def _parts(parts: Mapping[str, st.SearchStrategy[Any]]) -> Bodies:
    """Any of them, one at least."""
    return st.fixed_dictionaries({}, optional=dict(parts)).filter(bool)


_WAYS = _parts(_texts("way_code", "way_type"))
_TERMS = {
    "product_name": TEXTS,
    "description": TEXTS,
    "notify_url": URLS,
    "expired_time": st.integers(1, 10**6),
}
_INFO = {
    "email": st.just("liza@example.org"),
    "nationality": COUNTRIES,
    "tax_id": NUMBERS,
    "national_id": NUMBERS,
    "date_of_birth": DAYS,
    "phone": _parts({"calling_code": st.just("63"), "number": st.just("9170000002")}),
    "address": _parts({"country": COUNTRIES, **_texts("state", "city", "postal_code", "line1", "line2")}),
}
_NAMES = st.one_of(
    st.fixed_dictionaries(_texts("first_name", "last_name")),
    st.fixed_dictionaries(_texts("name"), optional=_texts("first_name", "last_name")),
    st.fixed_dictionaries(_texts("first_name", "last_name")).map(
        lambda names: names | {"name": f"{names['first_name']} {names['last_name']}"}
    ),
)
_BANK = st.tuples(
    _parts({"account_number": NUMBERS, "iban": NUMBERS}),
    st.fixed_dictionaries(
        {},
        optional={
            "account_type": st.sampled_from(["savings", "checking", "payment"]),
            "country": COUNTRIES,
            "bank_codes": _parts(
                {
                    "swift_code": SWIFT,
                    **dict.fromkeys(
                        ("ifsc_code", "aba_code", "sort_code", "branch_code", "bsb_code", "bank_code", "cnaps"), NUMBERS
                    ),
                }
            ),
            **_texts("bank_province", "bank_city", "bank_name", "purpose_code", "branch_name"),
        },
    ),
).map(lambda parts: parts[0] | parts[1])


def _merged(*bodies: Bodies) -> Bodies:
    return st.tuples(*bodies).map(lambda parts: {name: value for part in parts for name, value in part.items()})


_PIX_WALLETS = st.builds(
    lambda kind, provider, field: {"ewallet_provider": provider, "account_type": kind, field: PIX_KEYS[kind]},
    st.sampled_from(sorted(PIX_KEYS)),
    st.sampled_from(["PIX", "pix"]),
    st.sampled_from(["account_number", "deposit_key"]),
)
_WALLETS = _merged(
    st.fixed_dictionaries({"ewallet_provider": TEXTS}, optional={"account_type": st.sampled_from(sorted(PIX_KEYS))}),
    _parts({"account_number": NUMBERS, "deposit_key": NUMBERS}),
)
_DESTINATIONS = st.one_of(
    st.builds(lambda kind, bank: {"type": kind, "bank": bank}, st.sampled_from(["bank", "bank_account"]), _BANK),
    st.builds(lambda wallet: {"type": "ewallet", "e_wallet": wallet}, _PIX_WALLETS | _WALLETS),
    st.sampled_from(["TRC20", "ERC20", "BEP20"]).map(
        lambda network: {"type": "crypto_wallet", "crypto_wallet": {"wallet_address": TRON, "network": network}}
    ),
)
lesspay_payouts: Bodies = _merged(
    st.fixed_dictionaries(
        {
            "request_id": st.just("R-1"),
            "amount": AMOUNTS,
            "currency": st.sampled_from(["PHP", "BRL"]),
            "beneficiary": st.fixed_dictionaries(
                {
                    "beneficiary_type": HOLDERS,
                    "beneficiary_info": _merged(_NAMES, st.fixed_dictionaries({}, optional=_INFO)),
                    "destination": _DESTINATIONS,
                }
            ),
        },
        optional={**_TERMS, "purpose": TEXTS},
    ),
    _WAYS,
)

_BANK_DETAILS = st.fixed_dictionaries(
    {
        "destination_type": st.just("bank"),
        "bank_account_no": NUMBERS,
        "bank_account_name": TEXTS,
        "bank_account_type": HOLDERS,
        "bank_name": TEXTS,
        "bank_country_code": COUNTRIES,
    },
    optional={"bank_swift_code": SWIFT},
)
_KEYED = st.one_of(
    st.builds(
        lambda kind, provider, field: {
            "provider": provider,
            "deposit_key_type": kind,
            field: PIX_KEYS["email" if kind == "pix_key" else kind],
        },
        st.sampled_from(["pix_key", "random", "phone"]),
        st.sampled_from(["PIX", "pix"]),
        st.sampled_from(["account_number", "deposit_key"]),
    ),
    st.just({"provider": "AnyBank", "deposit_key_type": "pix_key", "deposit_key": PIX_KEYS["cpf"]}),
    st.just({"provider": "UPI", "deposit_key_type": "upi_handle", "deposit_key": "ana.reyes@okbank"}),
    st.just({"provider": "M-PESA", "deposit_key_type": "phone", "deposit_key": "+254712345678"}),
    _merged(
        st.fixed_dictionaries({"provider": TEXTS}, optional={"deposit_key_type": st.just("random")}),
        _parts({"account_number": NUMBERS, "deposit_key": NUMBERS}),
    ),
)
_WALLET_DETAILS = st.fixed_dictionaries(
    {
        "destination_type": st.just("ewallet"),
        "e_wallet": _merged(st.fixed_dictionaries({"account_name": TEXTS, "account_type": HOLDERS}), _KEYED),
    },
    optional={"bank_country_code": COUNTRIES},
)
_CRYPTO_DETAILS = st.fixed_dictionaries(
    {"destination_type": st.just("crypto_wallet"), "bank_account_no": st.just(TRON)},
    optional={"bank_account_name": TEXTS, "bank_account_type": HOLDERS, "bank_country_code": COUNTRIES},
)


def _batch(details: list[Body], whole: Body) -> Body:
    cents = [int(detail["amount"].replace(".", "")) for detail in details]
    total = f"{sum(cents) // 100}.{sum(cents) % 100:02d}"
    named = [detail | {"mch_order_id": f"D-{place}"} for place, detail in enumerate(details)]
    if any(detail["destination_type"] == "crypto_wallet" for detail in details):
        whole = whole | {"transaction_network": "TRC20"}
    return whole | {"total_amount": total, "payout_order_details": named}


lesspay_batches: Bodies = st.builds(
    _batch,
    st.lists(
        _merged(_BANK_DETAILS | _WALLET_DETAILS | _CRYPTO_DETAILS, st.fixed_dictionaries({"amount": AMOUNTS})),
        min_size=1,
        max_size=4,
    ),
    _merged(
        st.fixed_dictionaries(
            {"request_id": st.just("B-1"), "currency": st.just("PHP")},
            optional={**_TERMS, "transaction_network": TEXTS},
        ),
        _WAYS,
    ),
)
