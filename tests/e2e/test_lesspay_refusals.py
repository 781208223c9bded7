"""Bad batches and bad questions to LessPay, well signed: each gets its documented code, changes nothing, and is logged
without what was sent.

Single payouts and queries with bad fields stand in test_bad_fields; what is wrong around a request in test_bad_input.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import (
    TRON_ADDRESS,
    Fields,
    bank_detail,
    batch,
    crypto_detail,
    order,
    to_bank,
    to_crypto,
    wallet_detail,
)
from tests.e2e.limits import longest_body
from tests.e2e.raw_http import send
from tests.e2e.scene import Refused, Scene

pytestmark = pytest.mark.slow

GONE = object()
NUL = "a\x00b"
DETAILS = "payout_order_details"
# A name to look for: it must not come back, nor be logged.
SECRET_NAME = "Xiomara Quetzalcoatl"


def brl(body: Fields) -> Fields:
    """The merchant of the scene has money in this currency only."""
    return body | {"currency": "BRL"}


def good_batch() -> Fields:
    details = [bank_detail("1.00", f"D-{number}", bank_account_name=SECRET_NAME) for number in range(3)]
    return brl(batch(details))


def with_field(name: str, value: Any) -> Fields:
    body = good_batch() | {name: value}
    return {name: value for name, value in body.items() if value is not GONE}


def with_detail(name: str, value: Any, body: Fields | None = None, *, place: int = 1) -> Fields:
    """One field of one detail, named by its path, of another value, or gone."""
    changed = deepcopy(body or good_batch())
    *parents, last = name.split(".")
    where = changed[DETAILS][place]
    for parent in parents:
        where = where[parent]
    where.pop(last, None)
    if value is not GONE:
        where[last] = value
    return changed


def wallets(**changes: Any) -> Fields:
    details = [wallet_detail("1.00"), wallet_detail("1.00", **changes)]
    return brl(batch(details, destination_type="ewallet"))


def crypto(network: Any, address: str) -> Fields:
    return brl(batch([crypto_detail("1.00", address)], destination_type="crypto_wallet", transaction_network=network))


WHOLE: list[tuple[str, Any, int, str]] = [
    *(("request_id", value, 30000, "request_id ") for value in (GONE, None, "", " ", "r" * 65, NUL, 5, [])),
    *(("currency", value, 30001, "currency ") for value in (GONE, "", "ZZZ", "brl", 986, None)),
    *(
        ("total_amount", value, 30009, "total_amount ")
        for value in (GONE, "", "0", "-3.00", "3,00", "3.000", "03.00", 3, None, "３.00")
    ),
    *(("total_amount", value, 30002, "total_amount must equal") for value in ("3.01", "2.99", "300", "0.01")),
    *(("destination_type", value, 30000, "destination_type ") for value in ("bank_account", "card", 5, NUL)),
    *(("notify_url", value, 30000, "notify_url ") for value in ("ftp://a", "h" * 256, 5)),
    *(("product_name", value, 30000, "product_name ") for value in ("p" * 256, NUL, 5)),
    *(("description", value, 30000, "description ") for value in ("p" * 256, NUL, {})),
    *(("transaction_network", value, 30000, "transaction_network ") for value in ("p" * 256, 5)),
    *(("expired_time", value, 30000, "expired_time ") for value in (0, -1, "86400", 1.5)),
    *(("transaction_type", value, 30008, "transaction_type ") for value in ("pay_in", 5)),
    *((DETAILS, value, 30000, f"{DETAILS} ") for value in (GONE, None, [], {}, "x", 5)),
    (DETAILS, [{}] * 1001, 30000, f"{DETAILS} must have 1 to 1000 items"),
    *((DETAILS, [bank_detail("3.00"), value], 30000, f"{DETAILS}[1] ") for value in (None, "x", 5, [])),
]
ONE_DETAIL: list[tuple[str, Any, int]] = [
    *(("mch_order_id", value, 30000) for value in (GONE, None, "", "m" * 65, NUL, 7)),
    ("mch_order_id", "D-0", 30007),
    *(("amount", value, 30009) for value in (GONE, "", "0", "-1", "1.001", 1, None, "1e0")),
    *(("bank_account_no", value, 30006) for value in (GONE, "", "9" * 65, NUL, "9\u00a09", 5)),
    *(("bank_account_name", value, 30000) for value in (GONE, "", "n" * 256, NUL)),
    *(("bank_account_type", value, 30004) for value in (GONE, "", "robot", 5)),
    *(("bank_name", value, 30000) for value in (GONE, "", "n" * 256, 5)),
    *(("bank_country_code", value, 30005) for value in (GONE, "", "Philippines", "ph", "ZZ", 5)),
    *(("bank_swift_code", value, 30000) for value in ("BNOR", "BNORPHMM9", 5)),
    ("bank_swift_code", "BNORPHM\u200b", 30006),
    ("destination_type", "cash", 30000),
    ("destination_type", "ewallet", 30000),
]
WALLETS: list[tuple[str, Any, int]] = [
    *(("e_wallet", value, 30000) for value in (GONE, None, "x", [])),
    *(("e_wallet.account_name", value, 30000) for value in (GONE, "", 5)),
    *(("e_wallet.account_type", value, 30004) for value in (GONE, "", "cpf", 5)),
    *(("e_wallet.provider", value, 30000) for value in (GONE, "", 5)),
    *(("e_wallet.account_number", value, 30006) for value in (GONE, "", "9" * 65, NUL)),
    *(("e_wallet.deposit_key_type", value, 30000) for value in ("cpf", 5)),
]
KEYS = [
    ("PIX", "random", "11144477735"),
    ("PIX", "phone", "11999990000"),
    ("PIX", "pix_key", "1114447773"),
    ("Anything", "pix_key", "nobody"),
    ("UPI", "upi_handle", "nobody"),
    ("GCash", "phone", "call me"),
]


def refuse(scene: Scene, body: Fields, code: int, start: str = "") -> None:
    speaker = scene.merchant.lesspay
    answer = scene.refuse("lesspay", speaker.call(speaker.BATCH, body), Refused(200, code))
    assert answer.json()["msg"].startswith(start), answer
    assert SECRET_NAME not in answer.body.decode()


def test_the_batch_that_these_faults_are_put_into_is_good(scene: Scene) -> None:
    """Of an own reference, and before anything else: from then on nothing may change."""
    speaker = scene.merchant.lesspay
    for body in (good_batch(), wallets(), crypto("TRC20", TRON_ADDRESS)):
        speaker.create_batch(body)
    scene.settle()


@pytest.mark.parametrize(("name", "value", "code", "start"), WHOLE, ids=lambda value: str(value)[:20])
def test_a_fault_of_the_order_names_its_field(scene: Scene, name: str, value: Any, code: int, start: str) -> None:
    refuse(scene, with_field(name, value), code, start)


@pytest.mark.parametrize(("name", "value", "code"), ONE_DETAIL, ids=lambda value: str(value)[:20])
def test_one_bad_detail_refuses_the_batch_and_is_named_by_its_place(
    scene: Scene, name: str, value: Any, code: int
) -> None:
    named = "e_wallet" if value == "ewallet" else name
    refuse(scene, with_detail(name, value), code, f"{DETAILS}[1].{named} ")


@pytest.mark.parametrize(("name", "value", "code"), WALLETS, ids=lambda value: str(value)[:20])
def test_one_bad_wallet_refuses_the_batch(scene: Scene, name: str, value: Any, code: int) -> None:
    refuse(scene, with_detail(name, value, wallets()), code, f"{DETAILS}[1].{name} ")


@pytest.mark.parametrize(("provider", "kind", "key"), KEYS, ids=lambda value: value[:12])
def test_a_deposit_key_that_is_not_of_its_kind_is_30006(scene: Scene, provider: str, kind: str, key: str) -> None:
    refuse(scene, wallets(key_type=kind, key=key, provider=provider), 30006, f"{DETAILS}[1].e_wallet.deposit_key ")


def test_a_crypto_batch_needs_a_network_and_addresses(scene: Scene) -> None:
    for network in (None, "", "SOLANA"):
        refuse(scene, crypto(network, TRON_ADDRESS), 30000, "transaction_network ")
    for address in ("", "T" * 65, "T\u200b", NUL):
        refuse(scene, crypto("TRC20", address), 30006, f"{DETAILS}[0].bank_account_no ")


def test_the_first_faulty_detail_speaks_for_all_and_the_lowest_code_for_it(scene: Scene) -> None:
    later = with_detail("bank_name", "", place=2)  # 30000, but of the third
    refuse(scene, with_detail("bank_account_no", "", later), 30006, f"{DETAILS}[1]")
    both = with_detail("bank_country_code", "", with_detail("bank_account_no", ""))
    refuse(scene, both, 30005, f"{DETAILS}[1].bank_country_code")
    refuse(scene, with_detail("bank_account_no", "") | {"total_amount": "9.99"}, 30002)
    refuse(scene, with_detail("bank_name", "") | {"total_amount": "9.99"}, 30000)
    refuse(scene, with_detail("mch_order_id", "D-0") | {"currency": "ZZZ"}, 30001)


def test_a_batch_that_costs_more_than_there_is_is_refused_last_and_leaves_nothing(scene: Scene) -> None:
    speaker = scene.merchant.lesspay
    too_much = brl(batch([bank_detail("1.00"), bank_detail("900000.00")]))
    refused = Refused(200, 9999, "insufficient balance")
    scene.refuse("lesspay", speaker.call(speaker.BATCH, too_much), refused)
    refuse(scene, with_detail("bank_name", "", too_much), 30000)


COUNTRY: list[tuple[Fields, int, str]] = [
    ({"bank_country_code": value}, 30005, "bank_country_code ") for value in (GONE, "", "ph", "PHL", "UK", 5, NUL)
]
QUESTION: list[tuple[Fields, int, str]] = [
    *(({"currency": value}, 30001, "currency ") for value in (GONE, "", "ZZZ", "php", 5)),
    *(({"way_code": value}, 30000, "way_code ") for value in (GONE, "", "w" * 65, 5, NUL)),
    ({"transaction_type": "pay_in"}, 30008, "transaction_type "),
    ({"way_code": "", "currency": "", "bank_country_code": ""}, 30000, "way_code "),
    ({"@type": "x"}, 30000, "the keys"),
]
QUESTIONS = [
    *((LessPayMerchant.BANKS, *fault) for fault in COUNTRY + QUESTION),
    *((LessPayMerchant.BALANCE, *fault) for fault in QUESTION),
]


@pytest.mark.parametrize(("path", "changes", "code", "start"), QUESTIONS, ids=lambda value: str(value)[:30])
def test_a_bad_question_about_banks_or_the_balance_names_its_field(
    scene: Scene, path: str, changes: Fields, code: int, start: str
) -> None:
    asked = {"bank_country_code": "PH", "currency": "PHP", "way_code": "EPAY_PAYOUT"} | changes
    body = {name: value for name, value in asked.items() if value is not GONE}
    answer = scene.refuse("lesspay", scene.merchant.lesspay.call(path, body), Refused(200, code))
    assert answer.json()["msg"].startswith(start)


@pytest.mark.parametrize("number", ["", "9" * 65, "9\u200b9", NUL, 5])
def test_a_number_that_no_rail_could_read_is_30006(scene: Scene, number: Any) -> None:
    speaker = scene.merchant.lesspay
    for destination in (to_bank(iban=number or None, account_number=number), to_crypto("TRC20", number)):
        body = order("1.00", destination, currency="BRL")
        scene.refuse("lesspay", speaker.call(speaker.CREATE, body), Refused(200, 30006))


ENDPOINTS = [LessPayMerchant.CREATE, LessPayMerchant.BATCH, LessPayMerchant.BANKS, LessPayMerchant.BALANCE]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_endpoint_checks_method_body_key_time_and_signature(scene: Scene, path: str) -> None:
    speaker = scene.merchant.lesspay
    call = speaker.call(path, {"request_id": "a"})
    scene.refuse("lesspay", call.but(method="GET", body=b""), Refused(405, 405))
    scene.refuse("lesspay", call.but(body=b"[]"), Refused(400, 400))
    scene.refuse("lesspay", call.headed({"x-auth-appid": None}), Refused(401, 401, "invalid appid"))
    scene.refuse("lesspay", speaker.call(path, {}, at_ms=1), Refused(401, 401, "invalid timestamp"))
    scene.refuse("lesspay", call.but(body=b'{"request_id":"b"}'), Refused(401, 401, "invalid signature"))


TWICE = [
    ("X-Auth-AppId", "invalid appid", lambda scene: scene.stranger.lesspay.app_id),
    ("X-AUTH-TIMESTAMP", "invalid timestamp", lambda scene: "1767600000123"),
    ("X-Auth-Signature", "invalid signature", lambda scene: "A" * 64),
    ("content-type", "invalid content type", lambda scene: "application/json"),
]


@pytest.mark.parametrize(("name", "message", "other"), TWICE, ids=lambda value: str(value)[:20])
def test_a_header_twice_is_one_with_the_same_value_and_a_401_with_another(
    scene: Scene, name: str, message: str, other: Callable[[Scene], str]
) -> None:
    speaker = scene.merchant.lesspay
    call = speaker.call(speaker.QUERY, {"request_id": scene.references["lesspay"]})
    [same] = [value for known, value in call.headers.items() if known.lower() == name.lower()]
    assert name not in call.headers
    again = send(scene.outlay.base_url, call.but(headers=call.headers | {name: same}))
    assert (again.status, again.json()["code"]) == (200, 0)
    two = call.but(headers={name: other(scene)} | dict(call.headers))
    scene.refuse("lesspay", two, Refused(401, 401, message))


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_compressed_body_is_told_as_such(scene: Scene, path: str) -> None:
    speaker = scene.merchant.lesspay
    call = speaker.call(path, {"request_id": "a"})
    for coding in ("gzip", "br", "GZIP, identity"):
        scene.refuse("lesspay", call.headed({"content-encoding": coding}), Refused(415, 415))


@pytest.mark.parametrize("name", ["triggerNotify", "list", "batch/query", "batch", "cancel", "bank/"])
def test_what_is_not_served_is_no_such_resource(scene: Scene, name: str) -> None:
    speaker = scene.merchant.lesspay
    scene.refuse("lesspay", speaker.call(f"/api/global/payout/{name}", {"request_id": "a"}), Refused(404, 404))


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "in chunks"])
def test_a_batch_beyond_its_limit_is_413_and_one_of_exactly_that_size_is_read(scene: Scene, chunked: bool) -> None:
    speaker = scene.merchant.lesspay
    call = speaker.call(speaker.BATCH, good_batch() | {"total_amount": "9.99"}).but(chunked=chunked)
    fits = call.but(body=call.body.ljust(longest_body(call)))
    scene.refuse("lesspay", fits, Refused(200, 30002))
    scene.refuse("lesspay", fits.but(body=fits.body + b" "), Refused(413, 413))
