"""The fields of a create: what is taken, and what is refused only where destinations are checked."""

from __future__ import annotations

import json

import pytest

from outlay.core.destination import DestinationKind
from tests.apis.lesspay.bodies import (
    BANK,
    CRYPTO,
    DESTINATION,
    E_WALLET,
    INFO,
    PIX,
    Body,
    changed,
    create_of,
    order_of,
)
from tests.apis.lesspay.desk import NOW_MS, STRICT
from tests.apis.lesspay.said import lesspay_details, lesspay_memo


def test_the_documented_bank_example_becomes_an_order() -> None:
    example = json.loads(
        """{"request_id":"SP-20260105-0001","amount":"100.50","currency":"PHP","way_type":"BANK_TRANSFER","expired_time":86400,
 "notify_url":"https://merchant.example/lesspay/notify",
 "beneficiary":{"beneficiary_type":"individual",
  "beneficiary_info":{"first_name":"Liza","last_name":"Santos","date_of_birth":"1991-03-07","nationality":"PH",
   "phone":{"calling_code":"63","number":"9170000002"},
   "address":{"country":"PH","city":"Cebu","line1":"12 Mabini St."}},
  "destination":{"type":"bank","bank":{"account_number":"1234567890123","bank_codes":{"bank_code":"SMBP"}}}}}"""
    )
    ask, _ = create_of(example)
    assert (ask.claim.reference, ask.claim.operation, len(ask.claim.digest)) == ("SP-20260105-0001", "payout", 32)
    order = order_of(example)
    assert (order.reference, order.currency, order.amount_minor) == ("SP-20260105-0001", "PHP", 10050)
    assert order.expires_ms == NOW_MS + 86_400_000
    assert lesspay_memo(order) == {
        "way_type": "BANK_TRANSFER",
        "notify_url": "https://merchant.example/lesspay/notify",
    }
    payee = order.beneficiary
    assert payee.kind is DestinationKind.BANK
    assert (payee.name, payee.account_number, payee.holder) == ("Liza Santos", "1234567890123", "individual")
    assert (payee.country, payee.bank_name, payee.bank_code, payee.swift_code) == ("PH", None, "SMBP", None)
    assert lesspay_details(payee)["address.line1"] == "12 Mabini St."
    assert lesspay_details(payee)["phone.number"] == "9170000002"


def test_every_field_of_a_bank_payout_is_kept_for_the_rail() -> None:
    order = order_of(BANK)
    info = BANK["beneficiary"]["beneficiary_info"]
    bank = BANK["beneficiary"]["destination"]["bank"]
    expected = {name: text for name, text in info.items() if isinstance(text, str) and name != "name"}
    expected |= {f"phone.{name}": text for name, text in info["phone"].items()}
    expected |= {f"address.{name}": text for name, text in info["address"].items()}
    expected |= {f"bank.{name}": text for name, text in bank.items() if isinstance(text, str)}
    expected |= {f"bank_codes.{name}": text for name, text in bank["bank_codes"].items()}
    assert lesspay_details(order.beneficiary) == expected
    assert lesspay_memo(order) == {
        name: BANK[name] for name in ("way_code", "way_type", "product_name", "description", "purpose", "notify_url")
    }
    assert order.beneficiary.bank_name == "BDO Unibank"
    assert order.beneficiary.swift_code == "BNORPHMM"


def test_the_country_of_the_bank_goes_before_the_country_of_the_address() -> None:
    assert order_of(changed(BANK, f"{DESTINATION}.bank.country", "SG")).beneficiary.country == "SG"
    assert order_of(changed(BANK, f"{DESTINATION}.bank.country", None)).beneficiary.country == "PH"


@pytest.mark.parametrize("body", [BANK, PIX, E_WALLET, CRYPTO])
def test_a_right_destination_is_good_also_where_it_is_checked(body: Body) -> None:
    assert order_of(body, STRICT) == order_of(body)


@pytest.mark.parametrize("tax_id", ["52998224725", "529.982.247-25", "11.222.333/0001-81"])
def test_a_brazilian_tax_id_is_good_where_it_is_checked_and_anothers_is_nobodys_business(tax_id: str) -> None:
    assert order_of(changed(changed(BANK, "currency", "BRL"), f"{INFO}.tax_id", tax_id), STRICT)
    assert order_of(changed(BANK, f"{INFO}.tax_id", "123-456-789"), STRICT)


@pytest.mark.parametrize(
    ("way", "currency", "info", "destination"),
    [
        (
            "KORAPAY_PAYOUT",
            "KES",
            {"name": "John Doe", "email": "johndoe@example.com"},
            {"type": "ewallet", "e_wallet": {"account_number": "256700000000", "ewallet_provider": "safaricom-ke"}},
        ),
        (
            "AWEPAY_PAYOUT",
            "IDR",
            {"first_name": "Bill", "last_name": "Bill"},
            {"type": "bank", "bank": {"account_number": "123412341234", "bank_codes": {"bank_code": "ALLVA.ID"}}},
        ),
        (
            "OVERPAY_PAYOUT",
            "THB",
            {"name": "Test User", "phone": {"number": "0123456790"}},
            {
                "type": "bank",
                "bank": {"account_number": "1234567890", "bank_name": "บมจ.ธนาคารกรุงเทพ", "country": "TH"},
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_demos_bodies_leave_out_is_not_required(
    way: str, currency: str, info: Body, destination: Body
) -> None:
    beneficiary = {"beneficiary_type": "individual", "beneficiary_info": info, "destination": destination}
    body = {"request_id": "a", "amount": "100", "currency": currency, "way_code": way, "beneficiary": beneficiary}
    assert order_of(body).channel == way


def test_fields_that_are_not_documented_are_left_alone() -> None:
    assert order_of(changed(BANK, "transaction_network", {"deep": [1, 2, None]})) == order_of(BANK)
