"""The fields of a create: what is taken, and what is refused only where destinations are checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from outlay.core.asks import FindOrder
from outlay.core.destination import DestinationKind
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Credential
from outlay.wire.problems import Fault
from tests.apis.lesspay.bodies import (
    ABSENT,
    BANK,
    CRYPTO,
    DESTINATION,
    E_WALLET,
    INFO,
    OPTIONAL,
    PIX,
    Body,
    changed,
    code_of,
    create_of,
    fault_of,
    order_of,
    with_destination,
)
from tests.apis.lesspay.desk import CREDENTIAL, NOW_MS, QUERY, STRICT, asked
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


def test_bank_account_means_bank() -> None:
    assert order_of(changed(BANK, f"{DESTINATION}.type", "bank_account")) == order_of(BANK)


def test_an_iban_alone_names_the_account() -> None:
    body = changed(BANK, f"{DESTINATION}.bank.account_number", ...)
    assert order_of(body).beneficiary.account_number == "GB82WEST12345698765432"


def test_the_country_of_the_bank_goes_before_the_country_of_the_address() -> None:
    assert order_of(changed(BANK, f"{DESTINATION}.bank.country", "SG")).beneficiary.country == "SG"
    assert order_of(changed(BANK, f"{DESTINATION}.bank.country", None)).beneficiary.country == "PH"


def test_a_wallet_payout_keeps_its_provider() -> None:
    payee = order_of(E_WALLET).beneficiary
    assert payee.kind is DestinationKind.WALLET
    assert payee.account_number == "09170000002"
    assert lesspay_details(payee)["e_wallet.ewallet_provider"] == "GCash"


def test_a_wallet_can_be_named_by_its_deposit_key() -> None:
    body = with_destination("ewallet", e_wallet={"ewallet_provider": "GCash", "deposit_key": "key-1"})
    assert order_of(body).beneficiary.account_number == "key-1"


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("cpf", "52998224725"),
        ("cnpj", "11222333000181"),
        ("email", "liza@example.org"),
        ("phone", "+5511987654321"),
        ("random", "123e4567-e89b-42d3-a456-426614174000"),
    ],
)
@pytest.mark.parametrize("field", ["account_number", "deposit_key"])
@pytest.mark.parametrize("provider", ["PIX", "pix"])
def test_a_pix_key_of_every_kind_is_taken_in_either_field(kind: str, key: str, field: str, provider: str) -> None:
    body = with_destination("ewallet", e_wallet={"ewallet_provider": provider, "account_type": kind, field: key})
    payee = order_of(body).beneficiary
    assert payee.kind is DestinationKind.PIX
    assert payee.account_number == key
    assert lesspay_details(payee)["e_wallet.account_type"] == kind


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("cpf", "5299822472"),
        ("cpf", "529.982.247-25"),
        ("cpf", "liza@example.org"),
        ("cnpj", "1122233300018"),
        ("email", "liza"),
        ("phone", "call me"),
        ("random", "52998224725"),
    ],
)
@pytest.mark.parametrize("field", ["account_number", "deposit_key"])
@pytest.mark.parametrize("credential", [CREDENTIAL, STRICT], ids=["lenient", "strict"])
def test_a_pix_key_that_is_not_of_its_kind_is_30006(
    kind: str, key: str, field: str, credential: Credential[Secret]
) -> None:
    wallet = {"ewallet_provider": "PIX", "account_type": kind, field: key}
    fault = fault_of(with_destination("ewallet", e_wallet=wallet), credential)
    assert fault.code == 30006
    assert fault.message.startswith(f"{DESTINATION}.e_wallet.{field} ")


# What only a rail would refuse: field, value, code.
PIX_WALLET = f"{DESTINATION}.e_wallet"
NO_DOCUMENT_STATES = [
    (BANK, f"{DESTINATION}.bank.iban", "GB82WEST12345698765433", 30006),
    (BANK, f"{DESTINATION}.bank.iban", "gb82 west 1234 5698 7654 32", 30006),
    (BANK, f"{DESTINATION}.bank.iban", "i", 30006),
    (PIX, PIX_WALLET, {"ewallet_provider": "PIX", "account_type": "cpf", "account_number": "52998224724"}, 30006),
    (PIX, PIX_WALLET, {"ewallet_provider": "PIX", "account_type": "cnpj", "deposit_key": "11222333000180"}, 30006),
    (CRYPTO, f"{DESTINATION}.crypto_wallet.wallet_address", "TXYZabcdefghijklmnopqrstuvwxyz123456", 30006),
    (CRYPTO, f"{DESTINATION}.crypto_wallet.wallet_address", "x", 30006),
    (changed(BANK, "currency", "BRL"), f"{INFO}.tax_id", "52998224724", 30000),
    (changed(BANK, "currency", "BRL"), f"{INFO}.tax_id", "SSN 1", 30000),
]


@pytest.mark.parametrize(("body", "path", "value", "code"), NO_DOCUMENT_STATES)
def test_what_no_document_states_is_checked_only_where_destinations_are(
    body: Body, path: str, value: Any, code: int
) -> None:
    assert order_of(changed(body, path, value))
    fault = fault_of(changed(body, path, value), STRICT)
    assert fault.code == code
    assert fault.message.startswith(path)


@pytest.mark.parametrize("body", [BANK, PIX, E_WALLET, CRYPTO])
def test_a_right_destination_is_good_also_where_it_is_checked(body: Body) -> None:
    assert order_of(body, STRICT) == order_of(body)


@pytest.mark.parametrize("tax_id", ["52998224725", "529.982.247-25", "11.222.333/0001-81"])
def test_a_brazilian_tax_id_is_good_where_it_is_checked_and_anothers_is_nobodys_business(tax_id: str) -> None:
    assert order_of(changed(changed(BANK, "currency", "BRL"), f"{INFO}.tax_id", tax_id), STRICT)
    assert order_of(changed(BANK, f"{INFO}.tax_id", "123-456-789"), STRICT)


def test_two_pix_keys_that_differ_are_refused_and_two_equal_ones_are_not() -> None:
    assert code_of(changed(PIX, f"{DESTINATION}.e_wallet.deposit_key", "other@example.org")) == 30006
    assert order_of(changed(PIX, f"{DESTINATION}.e_wallet.deposit_key", "liza@example.org"))


def test_a_pix_key_without_its_kind_is_30000() -> None:
    assert code_of(changed(PIX, f"{DESTINATION}.e_wallet.account_type", ...)) == 30000


def test_a_crypto_payout_keeps_its_network() -> None:
    payee = order_of(CRYPTO).beneficiary
    assert payee.kind is DestinationKind.CRYPTO
    assert payee.account_number == "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"
    assert lesspay_details(payee)["crypto_wallet.network"] == "TRC20"


@pytest.mark.parametrize(
    ("born", "kept"), [("1991-03-07", "1991-03-07"), ("07-03-1991", "1991-03-07"), ("29-02-2000", "2000-02-29")]
)
def test_both_forms_of_a_date_of_birth_are_taken_and_kept_in_one(born: str, kept: str) -> None:
    assert order_of(changed(BANK, f"{INFO}.date_of_birth", born)).beneficiary.party.birth_date == kept


@pytest.mark.parametrize("born", ["1991-13-07", "31-02-1991", "29-02-1991", "1991/03/07", "7-3-1991", "0000-01-01"])
def test_a_day_that_never_was_is_no_date_of_birth(born: str) -> None:
    assert code_of(changed(BANK, f"{INFO}.date_of_birth", born)) == 30000


@pytest.mark.parametrize("body", [BANK, E_WALLET, PIX, CRYPTO])
def test_nobody_must_tell_their_date_of_birth(body: Body) -> None:
    """A comment demands it of a person with a wallet, and the demo's own bodies leave it out."""
    for absent in ABSENT:
        assert not order_of(changed(body, f"{INFO}.date_of_birth", absent)).beneficiary.party.birth_date


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


def test_a_name_or_both_of_its_parts_are_enough() -> None:
    unnamed = changed(BANK, f"{INFO}.name", ...)
    assert order_of(unnamed).beneficiary.name == "Liza Santos"
    alone = changed(changed(BANK, f"{INFO}.first_name", ...), f"{INFO}.last_name", ...)
    assert order_of(alone).beneficiary.name == "Liza Santos"
    assert code_of(changed(unnamed, f"{INFO}.last_name", ...)) == 30000
    assert code_of(changed(unnamed, f"{INFO}.first_name", " ")) == 30000


@pytest.mark.parametrize("name", ["way_code", "way_type"])
def test_one_of_way_code_and_way_type_is_enough(name: str) -> None:
    assert order_of(changed(BANK, name, ...))
    neither = changed(changed(BANK, "way_code", ...), "way_type", ...)
    assert fault_of(neither) == Fault(200, 30000, "way_code or way_type is required")


@pytest.mark.parametrize("path", OPTIONAL)
def test_an_optional_field_may_be_absent_in_every_way(path: str) -> None:
    name = path.rsplit(".", maxsplit=1)[-1]
    for absent in ABSENT:
        assert name not in lesspay_memo(order_of(changed(BANK, path, absent))), absent


def test_fields_that_are_not_documented_are_left_alone() -> None:
    assert order_of(changed(BANK, "transaction_network", {"deep": [1, 2, None]})) == order_of(BANK)


def test_without_an_expired_time_an_order_does_not_expire() -> None:
    assert order_of(changed(BANK, "expired_time", ...)).expires_ms is None


@pytest.mark.parametrize("value", ["payout", "PAYOUT", None, ""])
def test_the_transaction_type_payout_is_taken(value: Any) -> None:
    assert order_of(changed(BANK, "transaction_type", value))
    assert asked(QUERY, {"request_id": "a", "transaction_type": value}) == Asked(FindOrder(reference="a"), None)
