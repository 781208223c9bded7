"""LessPay's rules that need the whole of Outlay: what is stored, whose it is, and what is in the way of a request.

Each test claims one row and shows it from both sides over real HTTP; what the fields of a request may be is shown in
tests/apis/lesspay/rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.apis.contract import altered
from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import bank_detail, batch
from tests.apis.software import new_reference, now_ms
from tests.e2e.lesspay_claims import (
    APP,
    CODES,
    ENVELOPE,
    GATEWAY,
    PAYOUTS,
    No,
    is_ordered,
    is_taken,
    no,
    rows_with_claims,
)
from tests.e2e.limits import longest_body
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import Call, send
from tests.e2e.server import Server
from tests.rules.breaks import edit
from tests.rules.claims import claims

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["lesspay"], funds={"BRL": "1000.00", "PHP": "1000.00"})


@pytest.fixture(scope="module")
def lesspay(merchant: Merchant) -> LessPayMerchant:
    return merchant.lesspay


@pytest.fixture(scope="module")
def stranger(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> LessPayMerchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["lesspay"]).lesspay


def refused(lesspay: LessPayMerchant, path: str, body: Mapping[str, Any]) -> No:
    return no(lesspay.ask(path, body))


# -- codes of orders ------------------------------------------------------------------------------------------------


@claims(
    "lesspay",
    "code 30001",
    edit(CODES, "CURRENCY = 30001", "CURRENCY = 30091"),
    edit("core/life.py", "if terms.off:", "if False:"),
    edit("dialects/lesspay/values/fields.py", "if currency and currency not in schema.CURRENCIES:", "if not currency:"),
)
def test_a_currency_that_is_none_or_that_no_channel_pays_is_30001(outlay: Server, tmp_path: Path) -> None:
    funds = {"BRL": "10.00", "PHP": "10.00", "USD": "10.00"}
    merchant = open_merchant(outlay, tmp_path, dialects=["lesspay"], funds=funds)
    lesspay, account = merchant.lesspay, merchant.account_id
    for currency in funds:
        assert is_ordered(lesspay, lesspay.order("1.00", currency=currency))
    off = (("BRL", "PAYRETAILERS_PAYOUT"), ("PHP", "pix"), ("USD", "--all"))
    outlay.cli.each([("method", "off", account, *what) for what in off])
    for currency in funds:
        body = lesspay.order("1.00", currency=currency)
        assert refused(lesspay, lesspay.CREATE, body) == (200, 30001, "no channel pays this currency or destination")
    assert is_ordered(lesspay, lesspay.order("1.00", way_code="EPAY_PAYOUT"))
    assert is_ordered(lesspay, batch([bank_detail("1.00")]), lesspay.BATCH)
    unknown = lesspay.order("1.00", currency="ZZZ")
    assert refused(lesspay, lesspay.CREATE, unknown) == (200, 30001, "currency is not supported")
    assert refused(lesspay, lesspay.CREATE, unknown | {"currency": ""}) == (200, 30001, "currency is required")


@rows_with_claims(
    {
        "code 30010": (
            edit(CODES, "REUSED = 30010", "REUSED = 30090"),
            edit(ENVELOPE, "codes.EXISTS if answer.same else codes.REUSED", "codes.EXISTS"),
            edit(CODES, "request_id was used with different parameters", "x"),
            edit(
                "dialects/lesspay/values/content.py",
                "else _content(item)  # the commonest case first",
                "else {} if isinstance(item, dict) else _content(item)",
            ),
        ),
        "code 30011": (
            edit(CODES, "EXISTS = 30011", "EXISTS = 30091"),
            edit(ENVELOPE, "codes.EXISTS if answer.same else codes.REUSED", "codes.REUSED"),
            edit(CODES, "request_id already exists", "x"),
        ),
    }
)
def test_a_reference_is_used_once_and_a_repeat_tells_whether_it_was_the_same(
    lesspay: LessPayMerchant, stranger: LessPayMerchant, row: str
) -> None:
    same, other = (
        (200, 30011, "request_id already exists"),
        (200, 30010, "request_id was used with different parameters"),
    )
    single, many = lesspay.order("1.00"), batch([bank_detail("1.00"), bank_detail("2.00")])
    for path, body in ((lesspay.CREATE, single), (lesspay.BATCH, many)):
        assert is_ordered(lesspay, body, path)
        for again in (body, dict(reversed(body.items())), body | {"purpose_of_nothing": None, "extra": ""}):
            assert refused(lesspay, path, again) == same
        for changes in ({"product_name": "x"}, {"currency": "ZZZ"}, {"extra": 0}, {"way_code": "", "way_type": ""}):
            assert refused(lesspay, path, body | changes) == other
        for name, value in body.items():
            if isinstance(value, str) and name != "request_id":
                assert refused(lesspay, path, body | {name: f"{value}0"}) == other, name
        assert is_ordered(lesspay, body | {"request_id": new_reference()}, path)
    for name in ("beneficiary_type", "beneficiary_info.address.country", "destination.e_wallet.account_number"):
        assert refused(lesspay, lesspay.CREATE, altered(single, f"beneficiary.{name}", "x")) == other, name
    details = many["payout_order_details"]
    for name in details[1]:
        nearly = [details[0], details[1] | {name: "x"}]
        assert refused(lesspay, lesspay.BATCH, many | {"payout_order_details": nearly}) == other, name
    turned = [dict(reversed(detail.items())) for detail in details]
    assert refused(lesspay, lesspay.BATCH, many | {"payout_order_details": turned}) == same
    assert refused(lesspay, lesspay.BATCH, many | {"payout_order_details": details[::-1]}) == other
    assert refused(lesspay, lesspay.CREATE, single | {"request_id": many["request_id"]}) == other
    assert refused(lesspay, lesspay.BATCH, many | {"request_id": single["request_id"]}) == other
    assert refused(stranger, lesspay.CREATE, single) == (200, 9999, "insufficient balance")  # not theirs: no repeat


QUERIED = {
    "code 30020": (
        edit(CODES, "NOT_FOUND = 30020", "NOT_FOUND = 30092"),
        edit(CODES, "order not found", "x", within="ORDER_NOT_FOUND"),
        edit(PAYOUTS, "return codes.ORDER_NOT_FOUND", "return codes.IDS_MISSING"),
    ),
    "request POST /api/global/payout/query pay_order_id": (
        edit("dialects/lesspay/schema.py", "PAY_ORDER_ID_LONGEST: Final = 64", "PAY_ORDER_ID_LONGEST: Final = 65"),
        edit(
            PAYOUTS,
            "FindOrder(reference=reference or None, order_id=order_id)",
            "FindOrder(order_id=order_id)",
        ),
        edit(PAYOUTS, ") if reference else codes.IDS_MISSING", ")"),
    ),
}


@rows_with_claims(QUERIED)
def test_an_order_is_found_by_either_id_and_by_both_only_if_they_agree(
    lesspay: LessPayMerchant, stranger: LessPayMerchant, row: str
) -> None:
    one, two = (lesspay.create(lesspay.order("1.00")) for _ in range(2))
    many = lesspay.create_batch(batch([bank_detail("1.00"), bank_detail("2.00")]))
    unknown = (200, 30020, "order not found")
    for made, other in ((one, two), (many, one)):
        ids = {"request_id": made["request_id"], "pay_order_id": made["pay_order_id"]}
        for asked in (ids, *({name: value} for name, value in ids.items()), ids | {"request_id": None}):
            assert is_taken(lesspay.ask(lesspay.QUERY, asked)), asked
            assert lesspay.query(**asked)["pay_order_id"] == made["pay_order_id"]
            assert refused(stranger, stranger.QUERY, asked) == unknown
        for name, value in (*other.items(), ("request_id", new_reference())):
            if name in ids:
                assert refused(lesspay, lesspay.QUERY, ids | {name: value}) == unknown, name
    number = one["pay_order_id"]
    near = (number.lower(), number[:-1], f"{number}0", f"POD{number[2:]}", "PO0000000000000000001", "PO" + "9" * 19)
    for wrong in (*near, "P" * 64):
        assert refused(lesspay, lesspay.QUERY, {"pay_order_id": wrong}) == unknown, wrong
    assert refused(lesspay, lesspay.QUERY, {"request_id": new_reference()}) == unknown
    missing = (200, 30000, "request_id or pay_order_id is required")
    for nothing in ({}, {"request_id": "", "pay_order_id": ""}, {"pay_order_id": None}):
        assert refused(lesspay, lesspay.QUERY, nothing) == missing
    for wrong, rule in (
        ("P" * 65, "be at most 64 characters"),
        (7, "be a string"),
        ("P\n", "not contain control characters"),
    ):
        assert refused(lesspay, lesspay.QUERY, {"pay_order_id": wrong}) == (200, 30000, f"pay_order_id must {rule}")


@rows_with_claims(
    {
        "code 9999": (
            edit(CODES, "CUSTOM = 9999", "CUSTOM = 9998"),
            edit("core/life.py", "if account.blocked and is_blocked(what.beneficiary, account.blocked):", "if False:"),
            edit("core/limits.py", "return Refusal.AMOUNT_TOO_LARGE", "return None"),
        ),
        "text 9999 insufficient balance": (
            edit(CODES, '"insufficient balance"', '"x"', within="_INSUFFICIENT"),
            edit(
                "store/write/clerk.py",
                "return Refusal.INSUFFICIENT_BALANCE if held else Refusal.CURRENCY_NOT_HELD",
                "return None",
            ),
        ),
    }
)
def test_what_the_account_does_not_allow_is_9999_and_says_why(outlay: Server, tmp_path: Path, row: str) -> None:
    merchant = open_merchant(outlay, tmp_path, dialects=["lesspay"], funds={"BRL": "10.00", "PHP": "10.00"})
    lesspay, account = merchant.lesspay, merchant.account_id
    limits = ("limit", "set", account, "BRL", "--min", "2.00", "--max", "3.00")
    block = ("block", "add", account, "0099887766", "--by", "ann", "--why", "fraud")
    outlay.cli.each([limits, block])
    poor = (200, 9999, "insufficient balance")
    for body in (lesspay.order("10.01", currency="PHP"), lesspay.order("0.01", currency="USD")):
        assert refused(lesspay, lesspay.CREATE, body) == poor
    assert refused(lesspay, lesspay.BATCH, batch([bank_detail("5.00"), bank_detail("5.01")])) == poor
    for amount, word in (("1.99", "below the smallest"), ("3.01", "above the largest")):
        assert refused(lesspay, lesspay.CREATE, lesspay.order(amount)) == (200, 9999, f"amount is {word} allowed")
    blocked = batch([bank_detail("2.00", bank_account_no="0099887766")])
    assert refused(lesspay, lesspay.BATCH, blocked) == (200, 9999, "the beneficiary is blocked")
    unsupported = {"currency": "THB", "way_code": "TWELVEPAY_PAYOUT"}
    assert refused(lesspay, lesspay.BALANCE, unsupported) == (200, 9999, "balance query not supported")
    assert lesspay.balance("PHP")["available_balance"] == "10.00"
    assert is_ordered(lesspay, batch([bank_detail("5.00"), bank_detail("5.00")]), lesspay.BATCH)
    for amount in ("2.00", "3.00"):
        assert is_ordered(lesspay, lesspay.order(amount))


# -- who is asking --------------------------------------------------------------------------------------------------


@rows_with_claims(
    {
        "code 401": (
            edit(CODES, '_transport(401, "invalid appid")', 'Fault(401, 403, "invalid appid")'),
            edit(
                "dialects/lesspay/callers.py",
                "if not signing.verify(text, credential.opened.reveal(), call.head.signature):",
                "if False:",
            ),
        ),
        "http 401": (
            edit(CODES, '_transport(401, "invalid appid")', 'Fault(200, 401, "invalid appid")'),
            edit(CODES, '_transport(401, "invalid timestamp")', 'Fault(400, 401, "invalid timestamp")'),
        ),
    }
)
def test_who_is_unknown_or_does_not_prove_it_is_a_401(
    outlay: Server, lesspay: LessPayMerchant, stranger: LessPayMerchant, row: str
) -> None:
    body = {"request_id": lesspay.create(lesspay.order("1.00"))["request_id"]}
    good = lesspay.call(lesspay.QUERY, body)
    bad = [
        *((good.headed({"x-auth-appid": value}), "invalid appid") for value in (None, "", "0" * 24, "a" * 65)),
        (good.headed({"x-auth-appid": stranger.app_id}), "invalid signature"),
        (good.headed({"x-auth-signature": None}), "invalid signature"),
        (lesspay.call(lesspay.QUERY, body, signed_as={"request_id": "other"}), "invalid signature"),
        (good.headed({"X-Auth-Timestamp": None}), "invalid timestamp"),
        (lesspay.call(lesspay.QUERY, body, at_ms=now_ms() - 330_000), "invalid timestamp"),
        (lesspay.call(lesspay.QUERY, body, at_ms=now_ms() + 330_000), "invalid timestamp"),
        (
            good.but(headers={"x-auth-appid": stranger.app_id} | {k.upper(): v for k, v in good.headers.items()}),
            "invalid appid",
        ),
    ]
    for call, text in bad:
        assert no(send(outlay.base_url, call)) == (401, 401, text)
    for off_ms in (-270_000, 0, 270_000):
        assert is_taken(send(outlay.base_url, lesspay.call(lesspay.QUERY, body, at_ms=now_ms() + off_ms)))
    assert refused(stranger, stranger.QUERY, body) == (200, 30020, "order not found")


@rows_with_claims(
    {
        "code 403": (edit(CODES, '_transport(403, "account is closed")', 'Fault(403, 401, "account is closed")'),),
        "http 403": (edit(CODES, '_transport(403, "account is closed")', 'Fault(200, 403, "account is closed")'),),
    }
)
def test_a_closed_account_orders_nothing_and_may_still_ask(outlay: Server, tmp_path: Path, row: str) -> None:
    merchant = open_merchant(outlay, tmp_path, dialects=["lesspay"], funds={"BRL": "10.00"})
    lesspay = merchant.lesspay
    made = lesspay.create(lesspay.order("1.00"))
    outlay.cli("account", "close", merchant.account_id)
    closed = (403, 403, "account is closed")
    assert refused(lesspay, lesspay.CREATE, lesspay.order("1.00")) == closed
    assert refused(lesspay, lesspay.BATCH, batch([bank_detail("1.00")], currency="BRL")) == closed
    assert lesspay.query(request_id=made["request_id"])["pay_order_id"] == made["pay_order_id"]
    assert lesspay.balance("BRL")["available_balance"] == "9.00"


# -- in the way of a request ----------------------------------------------------------------------------------------


def query_of(lesspay: LessPayMerchant) -> Call:
    """A good question, about an order that there is."""
    return lesspay.call(lesspay.QUERY, {"request_id": lesspay.create(lesspay.order("1.00"))["request_id"]})


@rows_with_claims(
    {
        "code 404": (
            edit(CODES, '_transport(404, "no such resource")', 'Fault(404, 400, "no such resource")'),
            edit(CODES, '"no such resource"', '"x"'),
        ),
        "http 404": (edit(CODES, '_transport(404, "no such resource")', 'Fault(400, 404, "no such resource")'),),
    }
)
def test_a_path_that_is_not_served_is_a_404(outlay: Server, lesspay: LessPayMerchant, row: str) -> None:
    good = query_of(lesspay)
    for path in ("", "payout/query/", "payout/queries", "payout/batch", "payout/triggerNotify", "v1/pay/query-order"):
        for method in ("POST", "GET"):
            call = good.but(target=f"/api/global/{path}", method=method)
            assert no(send(outlay.base_url, call)) == (404, 404, "no such resource"), path
    assert is_taken(send(outlay.base_url, good))


@rows_with_claims(
    {
        "code 405": (
            edit(CODES, '_transport(405, "method must be POST")', 'Fault(405, 404, "method must be POST")'),
            edit(CODES, '"method must be POST"', '"x"'),
        ),
        "http 405": (edit(CODES, '_transport(405, "method must be POST")', 'Fault(400, 405, "method must be POST")'),),
    }
)
def test_a_method_other_than_post_is_a_405_at_every_path(outlay: Server, lesspay: LessPayMerchant, row: str) -> None:
    good = query_of(lesspay)
    for path in (lesspay.CREATE, lesspay.BATCH, lesspay.QUERY, lesspay.BANKS, lesspay.BALANCE):
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            answer = send(outlay.base_url, good.but(target=path, method=method))
            assert no(answer) == (405, 405, "method must be POST"), (method, path)
            assert answer.headers.get("allow") == "POST"
    assert is_taken(send(outlay.base_url, good))


TOO_LARGE = '_transport(413, "body is too large")'


@rows_with_claims(
    {
        "code 413": (
            edit(CODES, TOO_LARGE, 'Fault(413, 400, "body is too large")'),
            edit(APP, "min(longest, self._body_limit)", "min(longest, self._body_limit) + 1"),
        ),
        "http 413": (
            edit(CODES, TOO_LARGE, 'Fault(400, 413, "body is too large")'),
            edit(GATEWAY, "route.longest_body if route is not None else self._shortest", "self._shortest"),
            # A batch's body comes in many pieces.
            edit(APP, "if size <= limit else Trouble.BODY_TOO_LARGE", "if size < limit else Trouble.BODY_TOO_LARGE"),
        ),
    }
)
def test_a_body_past_its_limit_is_a_413_and_one_of_exactly_that_size_is_read(
    outlay: Server, lesspay: LessPayMerchant, row: str
) -> None:
    asked = query_of(lesspay)
    wrong_sum = lesspay.call(lesspay.BATCH, batch([bank_detail("1.00")], total_amount="9.99"))
    for chunked in (False, True):
        longest = asked.but(body=asked.body.ljust(longest_body(asked)), chunked=chunked)
        assert is_taken(send(outlay.base_url, longest))
        too_large = (413, 413, "body is too large")
        assert no(send(outlay.base_url, longest.but(body=longest.body + b" "))) == too_large
        longest = wrong_sum.but(body=wrong_sum.body.ljust(longest_body(wrong_sum)), chunked=chunked)
        told = "total_amount must equal the sum of the amounts of payout_order_details"
        assert no(send(outlay.base_url, longest)) == (200, 30002, told)
        assert no(send(outlay.base_url, longest.but(body=longest.body + b" "))) == too_large


COMPRESSED = "body must not be compressed: leave out Content-Encoding"


@rows_with_claims(
    {
        "code 415": (
            edit(CODES, f'_transport(415, "{COMPRESSED}")', f'Fault(415, 400, "{COMPRESSED}")'),
            edit(GATEWAY, 'not in ("", "identity")', 'not in ("", "identity", "br")'),
        ),
        "http 415": (
            edit(CODES, f'_transport(415, "{COMPRESSED}")', f'Fault(400, 415, "{COMPRESSED}")'),
            edit(CODES, COMPRESSED, "x"),
        ),
    }
)
def test_a_compressed_body_is_a_415_and_a_plain_one_is_read(outlay: Server, lesspay: LessPayMerchant, row: str) -> None:
    good = query_of(lesspay)
    for coding in ("gzip", "br", "deflate", "GZIP, identity"):
        answer = send(outlay.base_url, good.headed({"content-encoding": coding}))
        assert no(answer) == (415, 415, COMPRESSED), coding
    for plain in (None, "", "identity", "Identity"):
        assert is_taken(send(outlay.base_url, good.headed({"content-encoding": plain})))


@claims(
    "lesspay",
    "http 200",
    edit(CODES, "Fault(200, code.value, message)", "Fault(400, code.value, message)", within="_business"),
    edit(ENVELOPE, "Response(200,", "Response(201 if is_signed else 200,", within="success"),
    edit(ENVELOPE, "Response(200,", "Response(200 if is_signed else 201,", within="success"),
)
def test_what_was_done_is_a_200_and_so_is_a_no_of_the_business_but_nothing_else(
    outlay: Server, lesspay: LessPayMerchant
) -> None:
    body = lesspay.order("1.00")
    money = {"currency": "BRL", "way_code": "PAYRETAILERS_PAYOUT"}
    for path, asked in (
        (lesspay.CREATE, body),
        (lesspay.BATCH, batch([bank_detail("1.00")])),
        (lesspay.QUERY, {"request_id": body["request_id"]}),
        (lesspay.BALANCE, money),
        (lesspay.BANKS, money | {"bank_country_code": "BR"}),
    ):
        assert is_taken(lesspay.ask(path, asked)), path
        kind = asked | {"request_id": new_reference(), "transaction_type": "pay_in"}
        assert refused(lesspay, path, kind) == (200, 30008, "transaction_type must be payout")
        assert send(outlay.base_url, lesspay.call(path, b"[]", signed_as=b"{}")).status == 400
    assert refused(lesspay, lesspay.CREATE, body) == (200, 30011, "request_id already exists")
