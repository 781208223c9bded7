"""Bodies of LessPay's create, with every field filled in, and what becomes of one: an order, or a fault."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from outlay.core.asks import OrderPayout
from outlay.core.payout import Order
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Credential
from outlay.wire.problems import Fault
from tests.apis.lesspay.desk import CREATE, CREDENTIAL, asked
from tests.apis.lesspay.orders import order, to_bank

Body = dict[str, Any]

# The example of the create page, with every optional field filled in.
BANK: Body = order(
    "100.50",
    to_bank(
        bank_codes={
            "swift_code": "BNORPHMM",
            "ifsc_code": "IFSC1",
            "aba_code": "ABA1",
            "sort_code": "101010",
            "branch_code": "001",
            "bsb_code": "062000",
            "bank_code": "SMBP",
            "cnaps": "102100099996",
        }
    ),
    request_id="SP-20260105-0001",
)
DESTINATION = "beneficiary.destination"
INFO = "beneficiary.beneficiary_info"


def changed(body: Body, path: str, value: Any) -> Body:
    """A copy with the field at `path` set, or left out where `value` is `...`."""
    new = copy.deepcopy(body)
    *parents, name = path.split(".")
    place = new
    for parent in parents:
        place = place[parent]
    if value is ...:
        place.pop(name, None)
    else:
        place[name] = value
    return new


def with_destination(kind: str, **parts: Any) -> Body:
    return changed(BANK, DESTINATION, {"type": kind, **parts})


E_WALLET = with_destination("ewallet", e_wallet={"ewallet_provider": "GCash", "account_number": "09170000002"})
PIX = with_destination(
    "ewallet", e_wallet={"ewallet_provider": "PIX", "account_type": "email", "account_number": "liza@example.org"}
)
CRYPTO = with_destination(
    "crypto_wallet", crypto_wallet={"wallet_address": "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC", "network": "TRC20"}
)


def create_of(body: Any, credential: Credential[Secret] = CREDENTIAL) -> tuple[OrderPayout, Fault | None]:
    """The ask, and what is wrong with its fields: one or the other."""
    question = asked(CREATE, body, credential)
    assert isinstance(question, Asked), question
    ask, wrong = question.ask, question.echo
    assert isinstance(ask, OrderPayout)
    assert (ask.order is None) is isinstance(wrong, Fault)
    return ask, wrong


def order_of(body: Body, credential: Credential[Secret] = CREDENTIAL) -> Order:
    ask, wrong = create_of(body, credential)
    assert isinstance(ask.order, Order), wrong
    return ask.order


def fault_of(body: Any, credential: Credential[Secret] = CREDENTIAL) -> Fault:
    """The fault that waits until the reference is known to be new."""
    _, wrong = create_of(body, credential)
    assert isinstance(wrong, Fault), "it was taken"
    assert wrong.status == 200
    return wrong


def code_of(body: Any) -> int | str:
    return fault_of(body).code


# Paths of what may be left out, in each of the ways of ABSENT.
OPTIONAL = [
    "product_name",
    "description",
    "purpose",
    "expired_time",
    "notify_url",
    *(f"{INFO}.{name}" for name in ("email", "phone", "address", "tax_id", "nationality", "national_id")),
    *(f"{INFO}.phone.{name}" for name in ("calling_code", "number")),
    *(f"{INFO}.address.{name}" for name in ("country", "state", "city", "postal_code", "line1", "line2")),
    *(
        f"{DESTINATION}.bank.{name}"
        for name in (
            "account_type",
            "country",
            "bank_province",
            "bank_city",
            "bank_name",
            "iban",
            "bank_codes",
            "purpose_code",
            "branch_name",
            "bank_codes.swift_code",
            "bank_codes.ifsc_code",
            "bank_codes.aba_code",
            "bank_codes.sort_code",
            "bank_codes.branch_code",
            "bank_codes.bsb_code",
            "bank_codes.bank_code",
            "bank_codes.cnaps",
        )
    ),
]

ABSENT = (..., None, "", "  ")
CONTROL = "a\u0007b"

_texts = st.text(st.characters(exclude_categories=()), max_size=70)
_names = _texts.filter(lambda name: name not in {"@type", "$ref"})  # no signature has these
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)
