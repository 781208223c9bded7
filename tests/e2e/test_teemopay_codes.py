"""TeemoPay's codes that are not about fields: who may order what, with which money, and what happens when Outlay itself
is in trouble. All against a running server; what an operator decides is decided at the command line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.apis.software import CPF, EVP
from tests.apis.teemopay.faults import TEXTS
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.teemopay.orders import CALLBACK, order_in
from tests.apis.teemopay.rules.desk import row_with
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import observing
from tests.e2e.raw_http import send
from tests.e2e.server import Server
from tests.e2e.teemopay_claims import API, CODES, Said, asks, said
from tests.rules.breaks import Break, edit
from tests.rules.claims import claims

pytestmark = pytest.mark.slow

CALLERS = "dialects/teemopay/callers.py"
CORE = "core/life.py"


@pytest.fixture
def merchant(outlay: Server, tmp_path: Path) -> Merchant:
    """A new one for each test, because its terms are changed."""
    return open_merchant(outlay, tmp_path, dialects=["teemopay"], funds={"BRL": "1000.00"})


def code_of(teemopay: TeemoPayMerchant, **fields: Any) -> int:
    """The code of a create, 200 where it is taken."""
    answer = teemopay.ask(teemopay.CREATE, order_in("BR", **fields))
    envelope = answer.json()
    code: int = envelope["code"]
    assert answer.status == 200
    assert TEXTS.get(code, envelope["msg"]) == envelope["msg"]
    return code


def refusal(teemopay: TeemoPayMerchant, body: dict[str, Any]) -> Said:
    """Of a create."""
    return said(teemopay.ask(teemopay.CREATE, body))


@claims(
    API,
    "code 416",
    edit(CODES, "416", "999", within="APPLICATION_NOT_FOUND"),
    edit(CALLERS, "app_code, codes.APPLICATION_NOT_FOUND", "app_code, codes.MERCHANT_NOT_FOUND", within="identify"),
    edit(
        "api/gateway.py",
        "self._fault(dialect, route.path, call.if_unknown)",
        "self.say_busy(dialect, route.path)",
        within="Gateway._credential",
    ),
)
def test_an_unknown_application_is_416_at_every_endpoint(outlay: Server, merchant: Merchant) -> None:
    for path, body in asks(merchant.teemopay):
        for app_code in ("A2404010004BR001", f"{merchant.teemopay.app_code}0", "nonsense", "' or 1=1 --", None):
            call = merchant.teemopay.call(path, body).headed({"app_code": app_code})
            assert said(send(outlay.base_url, call)) == (200, 416, TEXTS[416])
        assert merchant.teemopay.ask(path, body).json()["code"] != 416
    assert code_of(merchant.teemopay) == 200


@claims(
    API,
    "code 417",
    edit(CODES, "417", "999", within="MERCHANT_NOT_FOUND"),
    edit(CODES, "Family.UNKNOWN: MERCHANT_NOT_FOUND", "Family.UNKNOWN: MERCHANT_CLOSED"),
    edit("store/read/reader.py", 'if not first["known"]:', "if False:", within="_answer"),
)
def test_an_application_whose_account_is_gone_is_417_at_every_endpoint(outlay: Server, tmp_path: Path) -> None:
    """No command takes an account away; the row is."""
    merchant = open_merchant(outlay, tmp_path, dialects=["teemopay"])
    assert merchant.teemopay.balance()["totalAmount"] == "0.00"
    with observing(outlay) as observer:
        observer.rows(f"delete from accounts where account_id = '{merchant.account_id}'")
    for path, body in asks(merchant.teemopay):
        assert said(merchant.teemopay.ask(path, body)) == (200, 417, TEXTS[417])


@claims(
    API,
    "code 425",
    edit(CODES, "425", "999", within="BALANCE_INSUFFICIENT"),
    edit("core/ledger.py", "minor < 0 and not may_be_negative(book)", "False", within="apply_postings"),
    edit("core/ledger.py", "minor < 0 and not", "minor <= 0 and not", within="apply_postings"),
)
def test_more_than_there_is_is_425_and_all_of_it_is_taken(merchant: Merchant) -> None:
    assert code_of(merchant.teemopay, amount="1000.01") == 425
    assert code_of(merchant.teemopay, amount="1000.00") == 200
    assert code_of(merchant.teemopay, amount="0.01") == 425


@claims(
    API,
    "code 426",
    edit(CODES, "426", "425", within="ORDER_DUPLICATE"),
    edit(
        "service/merchant/claims.py",
        "    if stored is None:\n        return None\n",
        "    return None\n",
        within="repeated_on",
    ),
)
def test_more_than_there_is_is_425_and_a_resend_of_what_was_taken_426(merchant: Merchant) -> None:
    teemopay = merchant.teemopay
    body = order_in("BR", amount="1000.00")
    teemopay.create(body)
    for again in (body, body | {"amount": "0.01"}, body | {"callbackUrl": None}):
        assert refusal(teemopay, again) == (200, 426, "merchant order duplicate")
    assert refusal(teemopay, order_in("BR", amount="0.01")) == (200, 425, "Insufficient merchant balance")


@claims(
    API,
    "code 418",
    edit(CODES, "418", "999", within="MERCHANT_CLOSED"),
    edit(CODES, "Family.CLOSED: MERCHANT_CLOSED", "Family.CLOSED: MERCHANT_NOT_FOUND"),
)
def test_a_closed_account_orders_nothing_and_orders_again_when_it_is_open(outlay: Server, merchant: Merchant) -> None:
    outlay.cli("account", "close", merchant.account_id)
    assert refusal(merchant.teemopay, order_in("BR")) == (200, 418, "Merchant account is closed")
    outlay.cli("account", "reopen", merchant.account_id)
    assert code_of(merchant.teemopay) == 200


def off_breaks(country: str) -> tuple[Break, ...]:
    return (
        edit(CODES, "421", "999", within="METHOD_UNSUPPORTED"),
        row_with(country, type_off="codes.TYPE_OFF"),
        edit(
            CORE,
            "what.beneficiary.kind.value in off or what.channel.casefold() in off",
            "False",
            within="refusals_of",
        ),
    )


METHODS: dict[str, tuple[str, str, str, str, str]] = {
    "code 421": ("BR", "BRL", "pix", "403", "pix"),
    "country BR code 421": ("BR", "BRL", "405", "405", "401"),
    "country MX code 421": ("MX", "MXN", "3", "3", "40"),
}
"""Row → country, currency, what is switched off, a way that this concerns, and one that it does not (or all alike)."""


@pytest.mark.parametrize(
    ("country", "currency", "method", "way", "other"),
    [pytest.param(*each, id=row, marks=claims(API, row, *off_breaks(each[0]))) for row, each in METHODS.items()],
)
def test_what_is_switched_off_is_421_until_it_is_on_again(
    outlay: Server, tmp_path: Path, country: str, currency: str, method: str, way: str, other: str
) -> None:
    merchant = open_merchant(
        outlay, tmp_path, dialects=["teemopay"], funds={currency: "1000.00"}, options=["--country", country]
    )
    teemopay = merchant.teemopay
    off = (200, 421, "This payout method is not supported")
    teemopay.create(order_in(country, way))
    outlay.cli("method", "off", merchant.account_id, currency, method)
    assert refusal(teemopay, order_in(country, way)) == off
    if other != "pix":
        teemopay.create(order_in(country, other))
    else:
        assert refusal(teemopay, order_in(country, "401")) == off
    outlay.cli("method", "on", merchant.account_id, currency, method)
    teemopay.create(order_in(country, way))


@claims(
    API,
    "code 473",
    edit(CODES, "473", "999", within="NOT_CONFIGURED"),
    edit(CODES, "payouts in this currency are not configured", "x", within="NOT_CONFIGURED"),
    edit(CORE, "if ALL_METHODS in terms.off:", "if False:", within="refusals_of"),
)
def test_what_is_switched_off_is_421_by_type_and_by_kind_and_473_as_a_whole(outlay: Server, merchant: Merchant) -> None:
    teemopay, account = merchant.teemopay, merchant.account_id
    outlay.cli("method", "off", account, "BRL", "405")
    assert code_of(teemopay, way="405") == 421
    assert code_of(teemopay, way="401") == 200
    outlay.cli("method", "off", account, "BRL", "pix")
    assert code_of(teemopay, way="401") == 421
    outlay.cli("method", "off", account, "BRL", "--all")
    text = "Merchant joint verification error: payouts in this currency are not configured"
    for way in ("401", "405"):
        assert refusal(teemopay, order_in("BR", way)) == (200, 473, text)
    for switched in ("405", "pix", "--all"):
        outlay.cli("method", "on", account, "BRL", switched)
    assert code_of(teemopay, way="405") == 200


@claims(
    API,
    "code 462",
    edit(CODES, "462", "999", within="RECIPIENT_BLOCKED"),
    edit(CORE, "account.blocked and is_blocked(what.beneficiary, account.blocked)", "False", within="refusals_of"),
)
def test_a_recipient_on_the_block_list_is_462_in_every_spelling(outlay: Server, merchant: Merchant) -> None:
    for number in (CPF, EVP):
        outlay.cli("block", "add", merchant.account_id, number, "--by", "Ana", "--why", "a court's order")
    assert code_of(merchant.teemopay) == 462
    assert code_of(merchant.teemopay, way="405", bankAccount=EVP.upper()) == 462
    assert code_of(merchant.teemopay, way="403") == 462, "the same person under another key"
    assert code_of(merchant.teemopay, way="403", idCardNumber="52998224725") == 200


def test_without_any_callback_address_it_is_427_until_the_account_has_one(outlay: Server, merchant: Merchant) -> None:
    assert code_of(merchant.teemopay, callbackUrl=None) == 427
    assert code_of(merchant.teemopay, callbackUrl="") == 427
    outlay.cli("account", "set", merchant.account_id, "--notify-url", CALLBACK)
    assert code_of(merchant.teemopay, callbackUrl=None) == 200
