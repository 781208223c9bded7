"""UQPAY's codes that only the books and the gateway can earn, each with its whole answer and with what is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.apis.uqpay.calls import Family, bank_account, open_family, transfer
from tests.apis.uqpay.family import NO_FAMILY, NO_FUNDS, NO_PAYEE, NO_SUB, NOT_ACTIVE, Desk, Told, short_of, told, wrong
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.limits import longest_body
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import Call, send
from tests.e2e.server import Server, wait_until
from tests.rules.breaks import Break, edit
from tests.rules.claims import claims

pytestmark = pytest.mark.slow

CODES = "dialects/uqpay/codes.py"
ORDER = "core/life.py"
CLERK = "store/write/clerk.py"
LISTS = "store/read/lists.py"


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def desk(outlay: Server, family: Family) -> Desk:
    return Desk(outlay, family)


@pytest.fixture(scope="module")
def stranger(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["uqpay"], funds={"BRL": "50.00"})


# -- accounts ---------------------------------------------------------------------------------------------------------


@claims(
    "uqpay",
    "code account_error account_not_found",
    edit(CODES, '"account_not_found"', '"x"', within="_PAYEE_NOT_FOUND"),
    edit(CODES, '"account_not_found"', '"x"', within="_TARGET_NOT_FOUND"),
    edit(CODES, '"account_not_found"', '"x"', within="_ACCOUNT_CLOSED"),
    edit(
        "service/merchant/making.py",
        "if target is None or not target.is_open:",
        "if target is None:",
        within="_with_relative",
    ),
    edit(ORDER, "if not account.is_open:", "if False:", within="refusals_of"),
)
def test_an_account_that_is_closed_or_somebody_elses_neither_pays_nor_is_paid(
    outlay: Server, desk: Desk, family: Family, stranger: Merchant
) -> None:
    closed, kept = desk.open("5.00"), desk.open()
    assert desk.is_ordered(account=closed)
    assert desk.is_ordered(payout_account_id=closed)
    assert desk.give(closed, family.master_id)[0] == 200
    # 5.00, less what it ordered and gave, and what was ordered for it has come.
    wait_until(lambda: family.payable(closed) == "4.00", 30, "all of it is done")
    outlay.cli("account", "close", closed)
    assert desk.order(account=closed) == NOT_ACTIVE
    assert desk.give(closed, family.master_id) == NOT_ACTIVE
    assert desk.give(family.master_id, closed) == NOT_ACTIVE
    for other in (closed, stranger.account_id, str(uuid4())):
        assert desk.order(payout_account_id=other) == NO_PAYEE
    assert desk.give(family.master_id, stranger.account_id) == NO_FAMILY
    assert desk.give(kept, kept) == NO_FAMILY
    assert family.payable(closed) == "4.00"


@claims(
    "uqpay",
    "code account_error sub_account_not_found",
    edit("store/read/reader.py", "(asked.parent_id is null or a.parent_id = asked.parent_id)", "true", within="_asked"),
    edit(CODES, '"sub_account_not_found"', '"x"', within="SUB_ACCOUNT_NOT_FOUND"),
)
def test_no_call_reaches_an_account_that_is_not_connected(desk: Desk, family: Family, stranger: Merchant) -> None:
    uqpay = family.uqpay
    for account, answer in ((family.rich, None), (stranger.account_id, NO_SUB), (str(uuid4()), NO_SUB), ("x", NO_SUB)):
        for call in (
            uqpay.call(uqpay.CREATE, uqpay.order("1.00")),
            uqpay.call(uqpay.BANK_ACCOUNT_CREATE, bank_account()),
            uqpay.call(uqpay.TRANSFERS, transfer(family.master_id, family.poor, "1.00")),
            uqpay.call(uqpay.LIST),
            uqpay.call(uqpay.BALANCES),
            uqpay.call(uqpay.BANK_ACCOUNTS),
            uqpay.call(uqpay.TRANSFERS),
        ):
            said = desk.send(call.headed({"x-on-behalf-of": account}))
            assert said == answer if answer else said[0] == 200, call.target


# -- terms ------------------------------------------------------------------------------------------------------------


@claims(
    "uqpay",
    "code payout_error payout_disabled",
    edit(ORDER, "if ALL_METHODS in terms.off:", "if False:", within="refusals_of"),
    edit(ORDER, "if account.blocked and", "if False and", within="refusals_of"),
    edit(CODES, '"payout_disabled"', '"x"', within="_PAYOUT_DISABLED"),
    edit(CODES, '"payout_disabled"', '"x"', within="_RECIPIENT_BLOCKED"),
)
def test_payouts_to_who_is_blocked_or_in_a_currency_that_is_off_are_disabled(
    outlay: Server, desk: Desk, family: Family
) -> None:
    payer = desk.open("20.00")
    assert desk.is_ordered(account=payer)
    assert desk.is_ordered(account=payer, payout_account_id=family.poor)
    outlay.cli("block", "add", payer, family.poor, "--by", "ana", "--why", "test")
    blocked = wrong("payout_error", "payout_disabled", "payouts to this recipient are not available")
    assert desk.order(account=payer, payout_account_id=family.poor) == blocked
    assert desk.order(account=payer, payout_account_id=short_of(family.poor)) == blocked
    assert desk.is_ordered(account=payer, payout_account_id=family.rich)
    outlay.cli("method", "off", payer, "BRL", "--all")
    off = wrong("payout_error", "payout_disabled", "payouts in payout_currency are not available")
    assert desk.order(account=payer) == off
    assert desk.order(account=payer, payout_account_id=family.rich) == off
    outlay.cli("method", "on", payer, "BRL", "--all")
    assert desk.is_ordered(account=payer)


@claims(
    "uqpay",
    "code payout_error disabled_transfer_type",
    edit(ORDER, "or what.channel.casefold() in off", "", within="refusals_of"),
    edit(CODES, '"disabled_transfer_type"', '"x"', within="_TRANSFER_TYPE_OFF"),
    edit(CODES, "this way of paying out is switched off", "x", within="_TRANSFER_TYPE_OFF"),
    edit("dialects/uqpay/values/orders.py", '"internal"', '"intern"', within="INTERNAL"),
)
def test_each_way_of_paying_out_is_switched_off_by_itself(outlay: Server, desk: Desk, family: Family) -> None:
    payer = desk.open("20.00")
    words = "this way of paying out is switched off for the account"
    off = wrong("payout_error", "disabled_transfer_type", words)
    ways: dict[str, dict[str, Any]] = {"internal": {"payout_account_id": family.poor}, "bank": {}}
    for way, other in (("internal", "bank"), ("bank", "internal")):
        outlay.cli("method", "off", payer, "BRL", way)
        assert desk.order(account=payer, **ways[way]) == off
        assert desk.is_ordered(account=payer, **ways[other])
        outlay.cli("method", "on", payer, "BRL", way)
        assert desk.is_ordered(account=payer, **ways[way])


@claims(
    "uqpay",
    "code payout_error invalid_amount",
    edit("core/limits.py", "< max(limits.smallest_minor, 1)", "< 1", within="check_limits"),
    edit("core/limits.py", "> limits.largest_minor", "> limits.largest_minor + 1", within="check_limits"),
    edit("core/limits.py", "> limits.largest_minor", ">= limits.largest_minor", within="check_limits"),
    edit(CODES, '"invalid_amount"', '"x"', within="bad_amount"),
    edit(CODES, '"invalid_amount"', '"x"', within="_TOO_LARGE"),
)
def test_an_amount_lies_between_the_smallest_and_the_largest_of_the_account(outlay: Server, desk: Desk) -> None:
    payer = desk.open("200.00")
    outlay.cli("limit", "set", payer, "BRL", "--min", "5.00", "--max", "50.00")
    for amount in ("5.00", "50.00"):
        assert desk.is_ordered(amount, account=payer)
    for amount, words in (
        ("4.99", "payout_amount is below the account's smallest payout"),
        ("50.01", "payout_amount is above the account's largest payout"),
        ("0", "payout_amount is not greater than zero"),
        ("-5", "payout_amount is not a plain decimal number"),
        ("5.001", "payout_amount is more decimals than the currency has"),
        ("10000000000000.01", "payout_amount is larger than any amount that is accepted"),
    ):
        assert desk.order(amount, account=payer) == wrong("payout_error", "invalid_amount", words)


# -- money ------------------------------------------------------------------------------------------------------------


@claims(
    "uqpay",
    "code payout_error invalid_currency",
    edit(
        CLERK,
        "Refusal.INSUFFICIENT_BALANCE if held else Refusal.CURRENCY_NOT_HELD",
        "Refusal.INSUFFICIENT_BALANCE",
        within="_decide",
    ),
    edit(CODES, '"invalid_currency"', '"x"', within="_CURRENCY_NOT_HELD"),
    edit(CODES, '"invalid_currency"', '"x"', within="bad_currency"),
)
def test_a_payout_is_in_a_currency_that_there_is_and_that_is_held(desk: Desk, family: Family) -> None:
    assert desk.is_ordered(payout_currency="BRL")
    not_held = wrong("payout_error", "invalid_currency", "no balance is held in this currency")
    for currency in ("USD", "EUR", "CNH"):
        assert desk.order(payout_currency=currency) == not_held
        assert desk.give(family.master_id, family.rich, currency=currency) == not_held
    words = "payout_currency must be an ISO 4217 code of three capital letters"
    for currency in ("brl", "XXX", "USDT", "BRLX"):
        assert desk.order(payout_currency=currency) == wrong("payout_error", "invalid_currency", words)


@claims(
    "uqpay",
    "code payout_error insufficient_balance",
    edit("core/ledger.py", "if minor < 0 and not", "if minor < -1 and not", within="apply_postings"),
    edit(CODES, '"insufficient_balance"', '"x"', within="_INSUFFICIENT"),
    edit(CODES, "the amount and its fee exceed the payable balance", "x", within="_INSUFFICIENT"),
    edit(ORDER, "what.amount_minor, fee.total_minor)", "what.amount_minor, 0)", within="order"),
)
def test_no_more_than_the_payable_balance_is_paid_out_or_given(outlay: Server, desk: Desk, family: Family) -> None:
    payer = desk.open("10.00")
    assert desk.order("10.01", account=payer) == NO_FUNDS
    assert desk.give(payer, family.poor, "10.01") == NO_FUNDS
    assert family.payable(payer) == "10.00"
    assert desk.is_ordered("4.00", account=payer)
    assert desk.give(payer, family.poor, "1.00")[0] == 200
    outlay.cli("fee", "set", payer, "BRL", "--fixed", "0.50", "--rate", "0")
    assert desk.order("4.51", account=payer) == NO_FUNDS
    assert desk.is_ordered("4.50", account=payer)
    assert family.payable(payer) == "0.00"
    assert desk.order("0.01", account=payer) == NO_FUNDS


@claims(
    "uqpay",
    "code payout_error bank_account_not_found",
    edit(
        "service/merchant/order_payout.py",
        "Refusal.BANK_ACCOUNT_NOT_FOUND if account.needs_bank_account else what",
        "what",
        within="_with_own_account",
    ),
    edit(CODES, '"bank_account_not_found"', '"x"', within="_NO_BANK_ACCOUNT"),
    edit(CODES, "(OrderPayout, Refusal.BANK_ACCOUNT_NOT_FOUND): _NO_BANK_ACCOUNT,", "", within="_REFUSALS_OF"),
)
def test_a_payout_needs_a_valid_bank_account_in_its_currency(
    outlay: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    options = ["--bank-account-required"]
    folder, funds = tmp_path_factory.mktemp("keys"), {"BRL": "10.00"}
    uqpay = open_merchant(outlay, folder, dialects=["uqpay"], funds=funds, options=options).uqpay
    words = "no valid bank account is registered in payout_currency"
    none = wrong("payout_error", "bank_account_not_found", words)
    order = uqpay.order("1.00")
    assert told(uqpay.ask(uqpay.CREATE, order)) == none
    uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account("SGD"))
    invalid = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account("BRL", account_number="12340000"))
    assert invalid["account_status"] == "Invalid"
    assert told(uqpay.ask(uqpay.CREATE, order)) == none
    uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account("BRL"))
    assert uqpay.post(uqpay.CREATE, order)["payout_amount"] == "1.00"


# -- not found --------------------------------------------------------------------------------------------------------


@claims(
    "uqpay",
    "code not_found payout_not_found",
    edit(
        "store/read/reader.py",
        "p.account_id = [g.account_id] and p.payout_id = coalesce",
        "p.payout_id = coalesce",
        within="_PAYOUTS",
    ),
    edit(CODES, '"payout_not_found"', '"x"', within="PAYOUT_NOT_FOUND"),
    edit(CODES, "payout_id names no payout of this account", "x", within="PAYOUT_NOT_FOUND"),
)
def test_a_payout_is_found_on_its_own_account_alone(desk: Desk, family: Family, stranger: Merchant) -> None:
    uqpay = family.uqpay
    made = uqpay.post(uqpay.CREATE, uqpay.order("1.00"))
    theirs = stranger.uqpay.post(stranger.uqpay.CREATE, stranger.uqpay.order("1.00"))
    none = wrong("not_found", "payout_not_found", "payout_id names no payout of this account")
    path = uqpay.PAYOUT + made["payout_id"]
    status, found = desk.ask(path)
    assert (status, found.get("payout_id")) == (200, made["payout_id"])
    assert desk.ask(path, account=family.rich) == none
    assert told(stranger.uqpay.ask(path)) == none
    for other in (theirs["payout_id"], "PO1968582687224500224", "PO0", "x", made["payout_id"][2:], str(uuid4())):
        assert desk.ask(uqpay.PAYOUT + other) == none


@claims(
    "uqpay",
    "code not_found balance_not_found",
    edit(CODES, '"balance_not_found"', '"x"', within="BALANCE_NOT_FOUND"),
    edit(CODES, "currency names no balance of this account", "x", within="BALANCE_NOT_FOUND"),
    edit(
        "dialects/uqpay/inbound/balances.py",
        "ReadBalances(currency=currency), None) if currency in EXPONENTS",
        "ReadBalances(currency=currency.upper()), None) if currency.upper() in EXPONENTS",
        within="read_balance",
    ),
    edit(
        "store/read/reader.py",
        "and (g.currency is null or b.currency = g.currency)",
        "and g.currency is not null",
        within="_BALANCES",
    ),
)
def test_a_balance_is_found_in_a_currency_that_was_used(desk: Desk) -> None:
    none = wrong("not_found", "balance_not_found", "currency names no balance of this account")
    never = desk.open()
    balances = desk.uqpay.BALANCES
    assert desk.ask(f"{balances}/BRL")[0] == 200
    for currency in ("EUR", "USDT", "brl", "XXX", "BRL0"):
        assert desk.ask(f"{balances}/{currency}") == none
    assert desk.ask(f"{balances}/BRL", account=never) == none


@claims(
    "uqpay",
    "code not_found bank_account_not_found",
    edit(
        LISTS,
        "where account_id = $1 and bank_account_id = $2",
        "where $1::uuid is not null and bank_account_id = $2",
        within="read_bank_account",
    ),
    edit(CODES, '"bank_account_not_found"', '"x"', within="BANK_ACCOUNT_NOT_FOUND"),
    edit(CODES, "there is no such bank account on this account", "x", within="BANK_ACCOUNT_NOT_FOUND"),
)
def test_a_bank_account_is_found_and_changed_on_its_own_account_alone(
    desk: Desk, family: Family, stranger: Merchant
) -> None:
    uqpay = family.uqpay
    made = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account())
    words = "there is no such bank account on this account"
    none = wrong("not_found", "bank_account_not_found", words)
    path, change = f"{uqpay.BANK_ACCOUNTS}/{made['id']}", {"bank_name": "Bradesco"}
    assert desk.ask(path) == (200, made)
    assert desk.ask(path, account=family.rich) == none
    assert told(uqpay.ask(path, change, account=family.rich)) == none
    assert told(stranger.uqpay.ask(path)) == none
    assert told(stranger.uqpay.ask(path, change)) == none
    for other in (str(uuid4()), "x", made["id"][:-1]):
        assert desk.ask(f"{uqpay.BANK_ACCOUNTS}/{other}") == none
        assert told(uqpay.ask(f"{uqpay.BANK_ACCOUNTS}/{other}", change)) == none
    assert told(uqpay.ask(path, change)) == (200, made | change)


@claims(
    "uqpay",
    "code not_found transfer_not_found",
    edit(
        LISTS,
        "where account_id = $1 and transfer_id = $2",
        "where $1::uuid is not null and transfer_id = $2",
        within="read_transfer",
    ),
    edit(CODES, '"transfer_not_found"', '"x"', within="TRANSFER_NOT_FOUND"),
    edit(CODES, "id names no transfer of this account", "x", within="TRANSFER_NOT_FOUND"),
)
def test_a_transfer_is_found_by_its_giver_and_its_taker_alone(desk: Desk, family: Family, stranger: Merchant) -> None:
    uqpay = family.uqpay
    made = uqpay.post(uqpay.TRANSFERS, transfer(family.master_id, family.rich, "1.00"))
    none = wrong("not_found", "transfer_not_found", "id names no transfer of this account")
    path = f"{uqpay.TRANSFERS}/{made['transfer_id']}"
    for account in ("", family.rich):
        status, found = desk.ask(path, account=account)
        assert (status, found.get("transfer_id")) == (200, made["transfer_id"])
    assert desk.ask(path, account=family.poor) == none
    assert told(stranger.uqpay.ask(path)) == none
    for other in (str(uuid4()), "x", made["short_reference_id"]):
        assert desk.ask(f"{uqpay.TRANSFERS}/{other}") == none


@claims(
    "uqpay",
    "text 400 account not found",
    edit(CODES, "account not found", "x", within="CONNECTED_ACCOUNT_NOT_FOUND"),
    edit("store/accounts.py", "(account_id = $1 or parent_id = $1)", "($1::uuid is not null)", within="_RELATIVE"),
    edit(
        "service/merchant/connected_accounts.py",
        "if found is None or (",
        "if found is None or False and (",
        within="find_connected",
    ),
)
def test_an_account_is_found_by_its_master_and_itself_alone(
    outlay: Server, desk: Desk, family: Family, stranger: Merchant
) -> None:
    accounts, none = desk.uqpay.ACCOUNTS, (400, {"code": 400, "message": "account not found"})
    for named in (family.rich, short_of(family.rich), family.master_id):
        assert desk.ask(f"{accounts}/{named}")[0] == 200
    parent = ("--parent", stranger.account_id)
    theirs = outlay.cli.json("account", "create", "Theirs", "--country", "BR", *parent)["account_id"]
    for other in (stranger.account_id, theirs, short_of(theirs), str(uuid4()), "nobody"):
        assert desk.ask(f"{accounts}/{other}") == none
    own = UqpayMerchant(outlay, outlay.cli.json("credential", "create", family.poor, "--dialect", "uqpay"))
    assert own.ask(f"{accounts}/{family.poor}").status == 200
    assert told(own.ask(f"{accounts}/{family.master_id}")) == none


# -- the gateway ------------------------------------------------------------------------------------------------------


@claims(
    "uqpay",
    "code error Invalid client id",
    edit(CODES, "Invalid client id", "x", within="CLIENT_ID_UNKNOWN"),
    edit(CODES, "400, GATEWAY", "401, GATEWAY", within="CLIENT_ID_UNKNOWN"),
    edit(
        "dialects/uqpay/callers.py",
        "client_id, codes.CLIENT_ID_UNKNOWN",
        "client_id, codes.TOKEN_EXPIRED",
        within="identify_client",
    ),
)
def test_no_token_is_given_for_a_client_id_that_is_unknown_or_revoked(outlay: Server, family: Family) -> None:
    unknown = (400, {"error": "Invalid client id"})
    shown = outlay.cli.json("credential", "create", family.poor, "--dialect", "uqpay")
    own = UqpayMerchant(outlay, shown)
    asking = own.token_call()
    assert send(outlay.base_url, asking).status == 200
    for client_id in (None, "", "nobody", own.client_id.upper(), f"{own.client_id}0", "a b", "x" * 129):
        assert told(send(outlay.base_url, asking.headed({"x-client-id": client_id}))) == unknown
    assert own.ask(own.BALANCES).status == 200
    outlay.cli("credential", "revoke", own.client_id)
    assert told(send(outlay.base_url, asking)) == unknown
    assert told(own.ask(own.BALANCES)) == (401, {"error": "token has expired"})


def no_such_path(uqpay: UqpayMerchant) -> tuple[list[Call], list[Call]]:
    read = uqpay.call(uqpay.LIST)
    paths = ("/api/v2/nowhere", "/api/v1/", f"{uqpay.LIST}/", f"{uqpay.PAYOUT}PO1/x", "/api/v2/payment/Payout")
    return [read], [read.but(target=path) for path in paths]


def wrong_method(uqpay: UqpayMerchant) -> tuple[list[Call], list[Call]]:
    read, make = uqpay.call(uqpay.LIST), uqpay.call(uqpay.CREATE, uqpay.order("1.00"))
    bad = [read.but(method=method) for method in ("DELETE", "PUT", "PATCH", "POST")]
    return [read, make], [*bad, uqpay.token_call().but(method="GET"), uqpay.call(uqpay.ACCOUNTS).but(method="POST")]


def too_large(uqpay: UqpayMerchant) -> tuple[list[Call], list[Call]]:
    make = uqpay.call(uqpay.CREATE, uqpay.order("1.00"))
    limit = longest_body(make)
    bodies = [make.body.ljust(size) for size in (limit, limit + 1, 2 * limit)]
    calls = [make.but(body=body) for body in bodies]
    return [make, calls[0], calls[0].but(chunked=True)], [*calls[1:], calls[1].but(chunked=True)]


def compressed(uqpay: UqpayMerchant) -> tuple[list[Call], list[Call]]:
    make = uqpay.call(uqpay.CREATE, uqpay.order("1.00"))
    encoded = [make.headed({"content-encoding": word}) for word in ("gzip", "br", "deflate", "x")]
    return [make, make.headed({"content-encoding": "identity"})], encoded


GATEWAY = "api/gateway.py"
TROUBLES: dict[int, tuple[str, str, Callable[[UqpayMerchant], tuple[list[Call], list[Call]]], tuple[Break, ...]]] = {
    404: (
        "_NO_SUCH_PATH",
        "no such path",
        no_such_path,
        (
            edit(
                "dialects/uqpay/__init__.py",
                "schema.PREFIXES",
                '("/api/v1/connect", "/api/v2/payment/")',
                within="DIALECT",
            ),
        ),
    ),
    405: (
        "_WRONG_METHOD",
        "method not allowed on this path",
        wrong_method,
        (edit(GATEWAY, "else frozenset(methods)", "else Trouble.NO_SUCH_PATH", within="_RouteTable.find"),),
    ),
    413: (
        "_BODY_TOO_LARGE",
        "body is too large",
        too_large,
        (
            edit("api/app.py", "min(longest, self._body_limit)", "min(longest, self._body_limit) + 1"),
            edit("api/app.py", "min(longest, self._body_limit)", "min(longest, self._body_limit) - 1"),
        ),
    ),
    415: (
        "_BODY_ENCODED",
        "body must not be compressed: leave out Content-Encoding",
        compressed,
        (edit(GATEWAY, '("", "identity")', '("", "identity", "gzip")', within="Gateway._find"),),
    ),
}


def trouble_rows() -> list[Any]:
    """Of each status two rows: the number in the document, and that of HTTP."""
    cases = []
    for status, (name, message, calls, breaks) in TROUBLES.items():
        number = edit(CODES, f"Fault({status}, {status},", f"Fault({status}, 1,", within=name)
        http = edit(CODES, f"Fault({status}, {status},", f"Fault(400, {status},", within=name)
        text = edit(CODES, message, "x", within=name)
        for row, own in ((f"code {status}", (number, text)), (f"http {status}", (http, *breaks))):
            cases.append(pytest.param(status, message, calls, id=row, marks=claims("uqpay", row, *own)))
    return cases


@pytest.mark.parametrize(("status", "message", "calls"), trouble_rows())
def test_what_the_gateway_refuses_has_its_number_and_text(
    desk: Desk, status: int, message: str, calls: Callable[[UqpayMerchant], tuple[list[Call], list[Call]]]
) -> None:
    good, bad = calls(desk.uqpay)
    for call in good:
        assert desk.send(call)[0] == 200
    for call in bad:
        refused: Told = (status, {"code": status, "message": message})
        assert desk.send(call) == refused, call.target
