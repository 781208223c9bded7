"""The fields of a create and of a query: what is taken, and which code each wrong one earns."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_lesspay_headers import CREATE, CREDENTIAL, NOW_MS, QUERY, STRICT, asked

from outlay.core.beneficiary import DestinationKind
from outlay.core.countries import COUNTRIES
from outlay.core.payout import Order
from outlay.wire.dialect import Credential
from outlay.wire.problems import Fault
from outlay.wire.usecases import FindOrder, OrderPayout

Body = dict[str, Any]

# The example of the create page, with every optional field filled in.
BANK: Body = {
    "request_id": "SP-20260105-0001",
    "amount": "100.50",
    "currency": "PHP",
    "way_code": "EPAY_PAYOUT",
    "way_type": "BANK_TRANSFER",
    "product_name": "salary",
    "description": "January",
    "purpose": "PYR001",
    "expired_time": 86400,
    "notify_url": "https://merchant.example/lesspay/notify",
    "beneficiary": {
        "beneficiary_type": "individual",
        "beneficiary_info": {
            "name": "Liza Santos",
            "first_name": "Liza",
            "last_name": "Santos",
            "email": "liza@example.org",
            "phone": {"calling_code": "63", "number": "9170000002"},
            "address": {
                "country": "PH",
                "state": "Cebu",
                "city": "Cebu City",
                "postal_code": "6000",
                "line1": "12 Mabini St.",
                "line2": "Unit 3",
            },
            "tax_id": "123-456-789",
            "nationality": "PH",
            "national_id": "PSN-1",
            "date_of_birth": "1991-03-07",
        },
        "destination": {
            "type": "bank",
            "bank": {
                "account_type": "savings",
                "country": "PH",
                "bank_province": "Cebu",
                "bank_city": "Cebu City",
                "bank_name": "BDO Unibank",
                "account_number": "1234567890123",
                "iban": "GB82WEST12345698765432",
                "bank_codes": {
                    "swift_code": "BNORPHMM",
                    "ifsc_code": "IFSC1",
                    "aba_code": "ABA1",
                    "sort_code": "101010",
                    "branch_code": "001",
                    "bsb_code": "062000",
                    "bank_code": "SMBP",
                    "cnaps": "102100099996",
                },
                "purpose_code": "P1",
                "branch_name": "Main",
            },
        },
    },
}
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


def order_of(body: Body, credential: Credential = CREDENTIAL) -> Order:
    ask = asked(CREATE, body, credential)
    assert isinstance(ask, OrderPayout)
    assert isinstance(ask.order, Order), ask.order
    return ask.order


def fault_of(body: Any, credential: Credential = CREDENTIAL) -> Fault:
    """The fault that waits until the reference is known to be new."""
    ask = asked(CREATE, body, credential)
    assert isinstance(ask, OrderPayout)
    assert isinstance(ask.order, Fault), "it was taken"
    assert ask.order.status == 200
    return ask.order


def code_of(body: Any) -> int | str:
    return fault_of(body).code


# -- what is taken ------------------------------------------------------------------------------------------------


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
    ask = asked(CREATE, example)
    assert isinstance(ask, OrderPayout)
    assert (ask.claim.reference, ask.claim.operation, len(ask.claim.digest)) == ("SP-20260105-0001", "payout", 32)
    order = order_of(example)
    assert (order.reference, order.currency, order.amount_minor) == ("SP-20260105-0001", "PHP", 10050)
    assert order.expires_ms == NOW_MS + 86_400_000
    assert order.memo == {
        "way_type": "BANK_TRANSFER",
        "notify_url": "https://merchant.example/lesspay/notify",
    }
    payee = order.beneficiary
    assert payee.destination is DestinationKind.BANK
    assert (payee.name, payee.account_number, payee.holder) == ("Liza Santos", "1234567890123", "individual")
    assert (payee.country, payee.bank_name, payee.bank_code, payee.swift_code) == ("PH", None, "SMBP", None)
    assert payee.details["address.line1"] == "12 Mabini St."
    assert payee.details["phone.number"] == "9170000002"


def test_every_field_of_a_bank_payout_is_kept_for_the_rail() -> None:
    order = order_of(BANK)
    info = BANK["beneficiary"]["beneficiary_info"]
    bank = BANK["beneficiary"]["destination"]["bank"]
    expected = {name: text for name, text in info.items() if isinstance(text, str) and name != "name"}
    expected |= {f"phone.{name}": text for name, text in info["phone"].items()}
    expected |= {f"address.{name}": text for name, text in info["address"].items()}
    expected |= {f"bank.{name}": text for name, text in bank.items() if isinstance(text, str)}
    expected |= {f"bank_codes.{name}": text for name, text in bank["bank_codes"].items()}
    assert order.beneficiary.details == expected
    assert order.memo == {
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
    assert payee.destination is DestinationKind.WALLET
    assert payee.account_number == "09170000002"
    assert payee.details["e_wallet.ewallet_provider"] == "GCash"


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
    assert payee.destination is DestinationKind.PIX
    assert payee.account_number == key
    assert payee.details["e_wallet.account_type"] == kind


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
def test_a_pix_key_that_is_not_of_its_kind_is_30006(kind: str, key: str, field: str, credential: Credential) -> None:
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
    assert payee.destination is DestinationKind.CRYPTO
    assert payee.account_number == "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"
    assert payee.details["crypto_wallet.network"] == "TRC20"


@pytest.mark.parametrize("born", ["1991-03-07", "07-03-1991", "29-02-2000"])
def test_both_forms_of_a_date_of_birth_are_taken(born: str) -> None:
    assert order_of(changed(BANK, f"{INFO}.date_of_birth", born)).beneficiary.details["date_of_birth"] == born


@pytest.mark.parametrize("born", ["1991-13-07", "31-02-1991", "29-02-1991", "1991/03/07", "7-3-1991", "0000-01-01"])
def test_a_day_that_never_was_is_no_date_of_birth(born: str) -> None:
    assert code_of(changed(BANK, f"{INFO}.date_of_birth", born)) == 30000


@pytest.mark.parametrize("body", [BANK, E_WALLET, PIX, CRYPTO])
def test_nobody_must_tell_their_date_of_birth(body: Body) -> None:
    """A comment demands it of a person with a wallet, and the demo's own bodies leave it out."""
    for absent in ABSENT:
        assert "date_of_birth" not in order_of(changed(body, f"{INFO}.date_of_birth", absent)).beneficiary.details


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


@pytest.mark.parametrize("path", OPTIONAL)
def test_an_optional_field_may_be_absent_in_every_way(path: str) -> None:
    name = path.rsplit(".", maxsplit=1)[-1]
    for absent in ABSENT:
        assert name not in order_of(changed(BANK, path, absent)).memo, absent


def test_fields_that_are_not_documented_are_left_alone() -> None:
    assert order_of(changed(BANK, "transaction_network", {"deep": [1, 2, None]})) == order_of(BANK)


def test_without_an_expired_time_an_order_does_not_expire() -> None:
    assert order_of(changed(BANK, "expired_time", ...)).expires_ms is None


@pytest.mark.parametrize("value", ["payout", "PAYOUT", None, ""])
def test_the_transaction_type_payout_is_taken(value: Any) -> None:
    assert order_of(changed(BANK, "transaction_type", value))
    assert asked(QUERY, {"request_id": "a", "transaction_type": value}) == FindOrder(reference="a")


# -- one wrong field, one code ------------------------------------------------------------------------------------

LONG = "x" * 256
CONTROL = "a\u0007b"
# path, code, longest length (0: not a text)
REQUIRED: list[tuple[Body, str, int, int]] = [
    (BANK, "amount", 30009, 255),
    (BANK, "currency", 30001, 4),
    (BANK, "beneficiary", 30000, 0),
    (BANK, "beneficiary.beneficiary_type", 30004, 10),
    (BANK, "beneficiary.beneficiary_info", 30000, 0),
    (BANK, "beneficiary.destination", 30000, 0),
    (BANK, f"{DESTINATION}.type", 30000, 13),
    (BANK, f"{DESTINATION}.bank", 30000, 0),
    (changed(BANK, f"{DESTINATION}.bank.iban", ...), f"{DESTINATION}.bank.account_number", 30006, 64),
    (changed(BANK, f"{DESTINATION}.bank.account_number", ...), f"{DESTINATION}.bank.iban", 30006, 64),
    (E_WALLET, f"{DESTINATION}.e_wallet", 30000, 0),
    (E_WALLET, f"{DESTINATION}.e_wallet.ewallet_provider", 30000, 255),
    (E_WALLET, f"{DESTINATION}.e_wallet.account_number", 30006, 64),
    (CRYPTO, f"{DESTINATION}.crypto_wallet", 30000, 0),
    (CRYPTO, f"{DESTINATION}.crypto_wallet.wallet_address", 30006, 64),
    (CRYPTO, f"{DESTINATION}.crypto_wallet.network", 30000, 5),
]


@pytest.mark.parametrize(("body", "path", "code", "_longest"), REQUIRED, ids=[row[1] for row in REQUIRED])
def test_a_missing_required_field_earns_its_code(body: Body, path: str, code: int, _longest: int) -> None:
    for absent in ABSENT:
        assert code_of(changed(body, path, absent)) == code, absent


TEXTS: list[tuple[Body, str, int, int]] = [
    *(row for row in REQUIRED if row[3]),
    *((BANK, name, 30000, 64) for name in ("way_code", "way_type")),
    *((BANK, name, 30000, 255) for name in ("product_name", "description", "purpose", "notify_url")),
    *((BANK, f"{INFO}.{name}", 30000, 255) for name in ("name", "first_name", "last_name", "email", "tax_id")),
    (BANK, f"{INFO}.national_id", 30000, 255),
    (BANK, f"{INFO}.nationality", 30005, 2),
    (BANK, f"{INFO}.date_of_birth", 30000, 10),
    (BANK, f"{INFO}.phone.calling_code", 30000, 5),
    (BANK, f"{INFO}.phone.number", 30000, 20),
    (BANK, f"{INFO}.address.country", 30005, 2),
    *((BANK, f"{INFO}.address.{name}", 30000, 255) for name in ("state", "city", "postal_code", "line1", "line2")),
    (BANK, f"{DESTINATION}.bank.account_type", 30000, 8),
    (BANK, f"{DESTINATION}.bank.country", 30005, 2),
    *(
        (BANK, f"{DESTINATION}.bank.{name}", 30000, 255)
        for name in ("bank_province", "bank_city", "bank_name", "purpose_code", "branch_name")
    ),
    (BANK, f"{DESTINATION}.bank.bank_codes.swift_code", 30000, 11),
    *(
        (BANK, f"{DESTINATION}.bank.bank_codes.{name}", 30000, 255)
        for name in ("ifsc_code", "aba_code", "sort_code", "branch_code", "bsb_code", "bank_code", "cnaps")
    ),
    (E_WALLET, f"{DESTINATION}.e_wallet.deposit_key", 30006, 64),
    (E_WALLET, f"{DESTINATION}.e_wallet.account_type", 30000, 6),
]
TEXT_IDS = [f"{row[1]}-{place}" for place, row in enumerate(TEXTS)]


@pytest.mark.parametrize(("body", "path", "code", "longest"), TEXTS, ids=TEXT_IDS)
def test_a_text_that_is_too_long_earns_its_code(body: Body, path: str, code: int, longest: int) -> None:
    assert code_of(changed(body, path, "A" * (longest + 1))) == code


@pytest.mark.parametrize(("body", "path", "code", "_longest"), TEXTS, ids=TEXT_IDS)
def test_a_text_of_another_type_or_with_control_characters_earns_its_code(
    body: Body, path: str, code: int, _longest: int
) -> None:
    for value in (7, 1.5, True, False, [], ["a"], {}, {"a": "b"}):
        assert code_of(changed(body, path, value)) == code, repr(value)
    is_remark = path in ("product_name", "description")
    unclean = (CONTROL, "a\ud800", "a\u202eb", *(() if is_remark else ("a\u2028b", "\x85b", "a\nb", "a\tb")))
    for value in unclean:
        assert code_of(changed(body, path, value)) == (30006 if "bank_codes" in path else code), repr(value)


UNSEEN = ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u00a0", "\u2007", "\u3000", "\u3164", "\U000e0041", "\ue000"]
NUMBERS: list[tuple[Body, str, int]] = [
    (BANK, f"{DESTINATION}.bank.account_number", 30006),
    (BANK, f"{DESTINATION}.bank.iban", 30006),
    *(
        (BANK, f"{DESTINATION}.bank.bank_codes.{name}", 30006)
        for name in BANK["beneficiary"]["destination"]["bank"]["bank_codes"]
    ),
    (E_WALLET, f"{DESTINATION}.e_wallet.account_number", 30006),
    (E_WALLET, f"{DESTINATION}.e_wallet.deposit_key", 30006),
    (CRYPTO, f"{DESTINATION}.crypto_wallet.wallet_address", 30006),
    (BANK, f"{INFO}.phone.number", 30000),
    (BANK, f"{INFO}.phone.calling_code", 30000),
    (BANK, f"{INFO}.tax_id", 30000),
    (BANK, f"{INFO}.national_id", 30000),
    (BANK, "amount", 30009),
]


@pytest.mark.parametrize(("body", "path", "code"), NUMBERS, ids=[row[1] for row in NUMBERS])
def test_a_number_with_a_character_that_nobody_sees_earns_its_code_and_is_told_so(
    body: Body, path: str, code: int
) -> None:
    for unseen in UNSEEN:
        for value in (f"{unseen}1", f"1{unseen}1", f"1{unseen}"):
            assert fault_of(changed(body, path, value)) == Fault(
                200, code, f"{path} must not contain invisible characters"
            ), ascii(value)


@pytest.mark.parametrize("path", [f"{INFO}.name", f"{INFO}.last_name", f"{DESTINATION}.bank.bank_name"])
def test_joiners_are_good_inside_names(path: str) -> None:
    assert order_of(changed(BANK, path, "नि\u200dशा क\u200cख"))


@pytest.mark.parametrize("name", ["product_name", "description"])
def test_the_merchants_own_words_may_have_lines_and_tabs(name: str) -> None:
    words = "January:\n\tsalary\u2028and bonus"
    assert order_of(changed(BANK, name, words)).memo[name] == words


def test_what_is_refused_is_named_rightly() -> None:
    said = {"\u2028": "line separators", "\x07": "control characters", "\u202e": "marks that turn"}
    for character, words in said.items():
        assert words in fault_of(changed(BANK, "purpose", f"a{character}b")).message


COUNTRY_FIELDS = [f"{INFO}.nationality", f"{INFO}.address.country", f"{DESTINATION}.bank.country"]


@pytest.mark.parametrize("path", COUNTRY_FIELDS)
def test_a_country_is_one_of_the_assigned_codes(path: str) -> None:
    for code in COUNTRIES:
        assert order_of(changed(BANK, path, code))
    for value in ("ZZ", "XX", "UK", "EU", "BP", "ph", "PHL", "P", "P1"):
        assert fault_of(changed(BANK, path, value)) == Fault(
            200, 30005, f"{path} must be an assigned ISO 3166-1 alpha-2 code in upper case"
        ), value


@pytest.mark.parametrize(
    "path",
    [
        "beneficiary",
        INFO,
        DESTINATION,
        f"{DESTINATION}.bank",
        f"{DESTINATION}.bank.bank_codes",
        f"{INFO}.phone",
        f"{INFO}.address",
    ],
)
@pytest.mark.parametrize("value", ["text", 7, True, [], [{}]], ids=repr)
def test_an_object_of_another_type_is_30000(path: str, value: Any) -> None:
    assert code_of(changed(BANK, path, value)) == 30000


@pytest.mark.parametrize(
    ("body", "path", "value", "code"),
    [
        (BANK, "currency", "php", 30001),
        (BANK, "currency", "XXX", 30001),
        (BANK, "currency", "CNH", 30001),
        (BANK, "currency", "DOGE", 30001),
        (BANK, "beneficiary.beneficiary_type", "Individual", 30004),
        (BANK, "beneficiary.beneficiary_type", "person", 30004),
        (BANK, f"{INFO}.nationality", "ph", 30005),
        (BANK, f"{INFO}.nationality", "PHL", 30005),
        (BANK, f"{INFO}.address.country", "P1", 30005),
        (BANK, f"{DESTINATION}.bank.country", "Philippines", 30005),
        (BANK, f"{DESTINATION}.bank.account_type", "current", 30000),
        (BANK, f"{DESTINATION}.type", "e_wallet", 30000),
        (BANK, f"{DESTINATION}.type", "BANK", 30000),
        (BANK, f"{DESTINATION}.bank.bank_codes.swift_code", "BNORPHM", 30000),
        (BANK, f"{DESTINATION}.bank.bank_codes.swift_code", "BNORPHMMX", 30000),
        (BANK, f"{DESTINATION}.bank.bank_codes.swift_code", "BNORPH M", 30000),
        (BANK, f"{INFO}.phone.calling_code", "+63", 30000),
        (BANK, f"{INFO}.phone.number", "917-000", 30000),
        (BANK, f"{INFO}.phone.number", "９１７", 30000),
        (BANK, f"{INFO}.email", "liza", 30000),
        (BANK, f"{INFO}.email", "liza@", 30000),
        (BANK, f"{INFO}.email", "li za@example.org", 30000),
        (BANK, "notify_url", "ftp://merchant.example", 30000),
        (BANK, "notify_url", "https://", 30000),
        (BANK, "notify_url", "https:///path", 30000),
        (BANK, "notify_url", "merchant.example/notify", 30000),
        (BANK, "notify_url", "https://merchant.example/a b", 30000),
        (BANK, "notify_url", "javascript:alert(1)", 30000),
        (CRYPTO, f"{DESTINATION}.crypto_wallet.network", "trc20", 30000),
        (E_WALLET, f"{DESTINATION}.e_wallet.account_type", "evp", 30000),
        (BANK, "transaction_type", "payin", 30008),
        (BANK, "transaction_type", 7, 30008),
        (BANK, "transaction_type", {}, 30008),
    ],
)
def test_a_value_outside_its_rule_earns_its_code(body: Body, path: str, value: Any, code: int) -> None:
    assert code_of(changed(body, path, value)) == code


@pytest.mark.parametrize("value", ["HTTP://merchant.example", "https://[2001:db8::1]:8443/n?a=b#c", "http://1.2.3.4/"])
def test_every_documented_kind_of_url_is_taken(value: str) -> None:
    assert order_of(changed(BANK, "notify_url", value)).memo["notify_url"] == value


@pytest.mark.parametrize("value", [0, -1, "86400", 1.0, True, [], 10**12, 10**30])
def test_an_expired_time_that_is_no_positive_integer_is_30000(value: Any) -> None:
    assert code_of(changed(BANK, "expired_time", value)) == 30000


BAD_AMOUNTS = [
    "0",
    "0.00",
    "-1",
    "+1",
    "1e3",
    "1E3",
    "1.234",
    "NaN",
    "Infinity",
    "１００",
    "١٠٠",
    "01",
    "00.50",
    ".5",
    "5.",
    "1,000.00",
    "1 000",
    " 100",
    "100 ",
    "0x10",
    "1_000",
    "9" * 18,
    "9" * 60,
    "10000000000000.01",
    "100.50\n",
]


@pytest.mark.parametrize("amount", BAD_AMOUNTS)
def test_a_text_that_is_no_amount_is_30009(amount: str) -> None:
    assert code_of(changed(BANK, "amount", amount)) == 30009


@pytest.mark.parametrize("literal", ["100", "100.50", "1e2", "0", "-1"])
def test_a_json_number_is_no_amount(literal: str) -> None:
    raw = json.dumps(BANK).replace('"amount": "100.50"', f'"amount": {literal}')
    assert code_of(raw) == 30009


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [
        ("PHP", "1000", 100_000),
        ("PHP", "1000.5", 100_050),
        ("PHP", "0.01", 1),
        ("JPY", "1000", 1000),
        ("BHD", "1.234", 1234),
        ("USDT", "1.000001", 1_000_001),
        ("BTC", "0.00000001", 1),
        ("PHP", "10000000000000", 10**15),
    ],
)
def test_an_amount_has_at_most_the_decimals_of_its_currency(currency: str, amount: str, minor: int) -> None:
    body = changed(changed(BANK, "currency", currency), "amount", amount)
    assert order_of(body).amount_minor == minor


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1000.0"), ("BHD", "1.2345"), ("USDT", "1.0000001")])
def test_more_decimals_than_the_currency_has_are_30009(currency: str, amount: str) -> None:
    assert code_of(changed(changed(BANK, "currency", currency), "amount", amount)) == 30009


# -- several faults -----------------------------------------------------------------------------------------------


def test_of_several_faults_the_lowest_code_is_the_answer() -> None:
    faults = [
        ("amount", "1e3", 30009),
        ("transaction_type", "payin", 30008),
        (f"{DESTINATION}.bank.account_number", "x" * 65, 30006),
        (f"{INFO}.address.country", "PHL", 30005),
        ("beneficiary.beneficiary_type", "person", 30004),
        ("currency", "XXX", 30001),
        ("notify_url", "ftp://x", 30000),
    ]
    body = BANK
    for path, value, code in faults:
        body = changed(body, path, value)
        assert code_of(body) == code


def test_of_several_faults_with_one_code_the_first_field_is_named() -> None:
    body = changed(changed(BANK, "description", 7), "purpose", 7)
    assert fault_of(body) == Fault(200, 30000, "description must be a string")


@pytest.mark.parametrize("value", [..., None, "", " ", "x" * 65, 7, True, {}, ["a"], CONTROL], ids=repr)
def test_a_reference_of_a_wrong_form_is_30000_before_everything_else(value: Any) -> None:
    body = changed(changed(changed(BANK, "amount", "1e3"), "currency", "XXX"), "request_id", value)
    fault = asked(CREATE, body)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (200, 30000)
    assert fault.message.startswith("request_id ")


def test_an_empty_body_misses_its_reference() -> None:
    assert asked(CREATE, {}) == Fault(200, 30000, "request_id is required")


def test_other_faults_wait_for_the_reference_to_be_new() -> None:
    ask = asked(CREATE, changed(BANK, "amount", "1e3"))
    assert isinstance(ask, OrderPayout)
    assert ask.claim.reference == "SP-20260105-0001"
    assert isinstance(ask.order, Fault)


def test_no_answer_repeats_what_the_caller_sent() -> None:
    mark = "Zq7"
    for _, path, _, _ in TEXTS:
        if "wallet" not in path:
            assert mark not in fault_of(changed(BANK, path, [mark])).message
    for amount in (f"1{mark}", f"{mark}"):
        assert mark not in fault_of(changed(BANK, "amount", amount)).message
    assert mark not in fault_of(changed(BANK, "currency", mark)).message
    assert mark not in fault_of(changed(BANK, f"{DESTINATION}.type", mark)).message


# -- query --------------------------------------------------------------------------------------------------------

ORDER_ID = "PO2010543497457831001"
PAYOUT_ID = 2010543497457831001


@pytest.mark.parametrize(
    ("body", "ask"),
    [
        ({"request_id": "SP-1"}, FindOrder(reference="SP-1")),
        ({"request_id": "SP-1", "pay_order_id": ""}, FindOrder(reference="SP-1")),
        ({"request_id": "x" * 64, "pay_order_id": None}, FindOrder(reference="x" * 64)),
        ({"pay_order_id": ORDER_ID}, FindOrder(order_id=PAYOUT_ID)),
        ({"pay_order_id": ORDER_ID, "request_id": ""}, FindOrder(order_id=PAYOUT_ID)),
        ({"pay_order_id": ORDER_ID, "request_id": "SP-1"}, FindOrder(reference="SP-1", order_id=PAYOUT_ID)),
        ({"pay_order_id": "PO9223372036854775807"}, FindOrder(order_id=2**63 - 1)),
        ({"pay_order_id": "PO0000000000000000005"}, FindOrder(order_id=5)),
    ],
)
def test_a_query_names_an_order_by_either_id_or_by_both(body: Body, ask: FindOrder) -> None:
    assert asked(QUERY, body) == ask


@pytest.mark.parametrize(
    "body", [{}, {"request_id": ""}, {"request_id": " ", "pay_order_id": None}, {"pay_order_id": ""}, {"other": "x"}]
)
def test_a_query_without_any_id_is_30000(body: Body) -> None:
    assert asked(QUERY, body) == Fault(200, 30000, "request_id or pay_order_id is required")


@pytest.mark.parametrize("name", ["request_id", "pay_order_id"])
@pytest.mark.parametrize("value", [7, True, {}, [], ["SP-1"], "x" * 65, CONTROL, "\ud800"], ids=repr)
def test_a_query_with_an_id_of_a_wrong_form_is_30000(name: str, value: Any) -> None:
    other = {"request_id": "pay_order_id", "pay_order_id": "request_id"}[name]
    for body in ({name: value}, {name: value, other: ORDER_ID}):
        fault = asked(QUERY, body)
        assert isinstance(fault, Fault)
        assert (fault.status, fault.code) == (200, 30000)


@pytest.mark.parametrize(
    "order_id",
    [
        "2010543497457831001",
        "po2010543497457831001",
        "PO201054349745783100",
        "PO20105434974578310011",
        "POD2010543497457831001",
        "PO9223372036854775808",
        "PO9999999999999999999",
        "PO-010543497457831001",
        "PO２０１０５４３４９７４５７８３１００１",
        "TS2010543497457831001",
    ],
)
def test_an_order_id_that_is_none_of_ours_is_not_found(order_id: str) -> None:
    for body in ({"pay_order_id": order_id}, {"pay_order_id": order_id, "request_id": "SP-1"}):
        assert asked(QUERY, body) == Fault(200, 30020, "order not found")


def test_a_query_of_another_transaction_type_is_30008() -> None:
    fault = asked(QUERY, {"request_id": "a", "transaction_type": "payin"})
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (200, 30008)


# -- anything at all ----------------------------------------------------------------------------------------------

_texts = st.text(st.characters(exclude_categories=()), max_size=70)
_names = _texts.filter(lambda name: name not in {"@type", "$ref"})  # no signature has these
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)


@given(path=st.sampled_from([row[1] for row in TEXTS] + OPTIONAL), value=_values)
def test_any_value_of_any_field_is_an_order_or_a_documented_fault(path: str, value: Any) -> None:
    base = E_WALLET if "e_wallet" in path else CRYPTO if "crypto_wallet" in path else BANK
    ask = asked(CREATE, changed(base, path, value))
    assert isinstance(ask, OrderPayout)
    if isinstance(ask.order, Fault):
        assert ask.order.status == 200
        assert ask.order.code in {30000, 30001, 30004, 30005, 30006, 30009}


@given(st.dictionaries(st.sampled_from(["request_id", "pay_order_id", "transaction_type", "x"]), _values))
@example({"request_id": "0"})  # drawn values are rarely a question at all
@example({"pay_order_id": "PO0000000000000000001", "transaction_type": "payout"})
def test_any_query_is_a_question_or_a_documented_fault(body: Body) -> None:
    ask = asked(QUERY, body)
    if isinstance(ask, Fault):
        assert ask.code in {30000, 30008, 30020}
    else:
        assert isinstance(ask, FindOrder)
        assert ask.reference or ask.order_id is not None
