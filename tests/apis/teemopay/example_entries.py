"""TeemoPay's printed requests: what is put in, and what has to come back.

An entry without a country of its own is sent in every country whose page prints it. Where a page prints less than its
own table demands, or a pay-in answer, the full answer is built from the table; README.md lists these cases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import uuid4

from tests.apis.software import as_bytes, now_ms
from tests.apis.teemopay.example_senders import (
    OTHER_RATE_PPM,
    RATES_PPM,
    ordered,
    returned_by_decision,
    sender,
    short_of_money,
    without_account,
)
from tests.apis.teemopay.faults import AS_SENT
from tests.apis.teemopay.merchant import TeemoPayMerchant, teemopay_signature, teemopay_text
from tests.apis.teemopay.orders import currencies_of, order_in
from tests.apis.teemopay.reading import LOCAL_HOURS
from tests.e2e.raw_http import Call
from tests.examples.comparer import Text
from tests.examples.entries import A_NOTIFICATION, Entry
from tests.examples.filling import Played, filled_headers, fresh_id, period
from tests.examples.forms import LOCAL_TIME, MONEY, REFUND_NO, TRACE_ID, amount_text, naming, printed_with, trade_no
from tests.examples.stage import FIXED_FEE, Stage

# The folders of the pages, as `source` names them.
SENT, LEFT_OUT = 69, {A_NOTIFICATION: 36}
"""How many of the entries are sent, and how many are not for each reason."""
FOLDERS = {
    "argentine": "AR", "brazil": "BR", "cambodia": "KH", "chile": "CL", "colombia": "CO", "crypto": "BP", "india": "IN",
    "indonesia": "ID", "korea": "KR", "mexico": "MX", "pakistan": "PK", "peru": "PE",
}  # fmt: skip
SUCCESS = "success"
MESSAGES = {
    416: "Application not found",
    417: "Merchant account not found",
    425: "Insufficient merchant balance",
    430: "The card number length is incorrect.",
    455: "The account type error.",
    606: "PageIndex parsing failed",
}
"""Exactly as the tables of codes print them (docs)."""
NAMED = {
    "create KH (zh)": "bankCode",
    "create CL (en)": "bankCode",
    "create CL (zh)": "bankCode",
    "create CO (en)": "bankCode",
    "create ID (en)": "email",
    "create MX (zh)": "bankAccount",
}
"""414 and 432 have no documented text. It must at least name the field that is wrong."""
UNKNOWN_APP = "A2404010004MX001"
PAID_IN_MEXICO = {
    "claveRastreo": Text("30 digits", r"\d{30}"),
    "cepUrl": Text("a link that leads nowhere real", r"https://cep\.sandbox\.example/\d{30}"),
}


def play(entry: Entry, stage: Stage) -> list[Played]:
    players = {"create": _play_create, "query": _play_query, "balance": _play_balance, "queryList": _play_list}
    player = players[entry.name.split()[0]]
    return [played for country in countries_of(entry) for played in player(entry, stage, country)]


def countries_of(entry: Entry) -> list[str]:
    """In the order of the pages."""
    if (own := entry.headers["country"]) in LOCAL_HOURS:
        return [own]
    assert own == "<country>"
    return list(dict.fromkeys(FOLDERS[folder] for folder in re.findall(r"(?:en|zh)/([a-z]+)/", entry.source)))


def code_of(entry: Entry) -> int:
    code: int = entry.expect.get("code") or entry.response["code"]
    return code


# -- create ---------------------------------------------------------------------------------------------------------


def _play_create(entry: Entry, stage: Stage, country: str) -> list[Played]:
    if entry.body is None:  # an answer of the table of errors
        causes = {425: short_of_money, 417: without_account}
        teemopay = causes[code_of(entry)](stage, country)
        return [_played(entry, stage, teemopay, order_in(country) | {"sign": "YOUR_SIGN"}, _error(entry))]
    body = entry.body | {"merchantOrderNo": fresh_id(entry.body["merchantOrderNo"])}
    expected = _created(entry, body, country) if code_of(entry) == 200 else _error(entry)
    played = [_played(entry, stage, sender(stage, country), body, expected)]
    if entry.name == "create MX (zh)":  # with an account of the bank that it names
        mended = {**body, "merchantOrderNo": fresh_id("Mended"), "bankAccount": f"002{body['bankAccount'][3:]}"}
        played.append(_played(entry, stage, sender(stage, country), mended, _created(entry, mended, country)))
    return played


def _created(entry: Entry, body: Mapping[str, Any], country: str) -> dict[str, Any]:
    """In the envelope of all pages, whether this one prints it or not."""
    amount = body["amount"] if country in AS_SENT else f"{Decimal(body['amount']):.2f}"
    printed = entry.response["data"]["amount"] if entry.response and "data" in entry.response else None
    assert printed is None or amount == amount_text(body["amount"], printed=printed), "the table is not what is printed"
    return _success(
        {
            "merchantOrderNo": body["merchantOrderNo"],
            "tradeNo": trade_no(country),
            "amount": amount,
            "status": 1,
        }
    )


# -- query ----------------------------------------------------------------------------------------------------------


def _play_query(entry: Entry, stage: Stage, country: str) -> list[Played]:
    code = code_of(entry)
    if code == 200:
        return [_query_of_an_order(entry, stage, country)]
    teemopay = without_account(stage, country) if code == 417 else sender(stage, country)
    body = entry.body | {"merchantOrderNo": fresh_id(entry.body["merchantOrderNo"])}
    if code == 400:
        # The Chinese page of BP prints 434; the English page decides, which has no `success`.
        told = entry.response | {"code": 400, "msg": "Order not found"}
        expected = printed_with({name: value for name, value in told.items() if name != "data"}, {"traceId": TRACE_ID})
    else:
        expected = _error(entry)
    return [_played(entry, stage, teemopay, body, expected)]


def _query_of_an_order(entry: Entry, stage: Stage, country: str) -> Played:
    printed = entry.response["data"]
    currency, status = entry.account["currency"], printed["status"]
    amount = printed.get("amount", "1000.00")
    if status == 4:
        teemopay, reference = returned_by_decision(stage)
    else:
        teemopay, reference = ordered(
            stage, country, currency, amount, status=status, purpose="reviewed" if status == 1 else ""
        )
    body = entry.body | {"merchantOrderNo": reference}
    return _played(entry, stage, teemopay, body, _success(_queried(printed, country, reference, amount)))


def _queried(printed: Mapping[str, Any], country: str, reference: str, amount: str) -> dict[str, Any]:
    """Every field of the table. What is printed has to be the same; the rest follows from the fee and the status."""
    rate = Decimal(RATES_PPM.get(country, OTHER_RATE_PPM)) / 1_000_000
    fee = (FIXED_FEE + Decimal(amount) * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    full = {
        "merchantOrderNo": reference,
        "tradeNo": trade_no(country),
        "amount": amount,
        "status": printed["status"],
        "serviceAmount": str(fee),
        "immService": f"{FIXED_FEE}.00",
        "serviceRate": f"{rate:.4f}",
        "errorCode": None,
        "errorMessage": None,
        "completeTime": None,
    }
    if country == "MX":
        full |= dict.fromkeys(PAID_IN_MEXICO)
    forms = {
        "completeTime": LOCAL_TIME,
        "refundNo": REFUND_NO,
        "refundTime": LOCAL_TIME,
        **{name: full[name] for name in ("merchantOrderNo", "tradeNo", "serviceRate")},
        **PAID_IN_MEXICO,
    }
    pay_in = {"additionalInfo", "paymentInfo", "paymentType"}
    if pay_in & printed.keys():
        return full
    assert Decimal(printed.get("serviceRate", rate)) == rate, "the fee is not the printed one"
    return {**full, **printed_with(printed, forms)}


# -- balance and list -----------------------------------------------------------------------------------------------


def _play_balance(entry: Entry, stage: Stage, country: str) -> list[Played]:
    if code_of(entry) != 200:
        return [_played(entry, stage, sender(stage, country), entry.body, _error(entry))]
    data = printed_with(entry.response["data"], dict.fromkeys(entry.response["data"], MONEY))
    return [_played(entry, stage, sender(stage, country), entry.body, _success(data))]


def _play_list(entry: Entry, stage: Stage, country: str) -> list[Played]:
    teemopay = sender(stage, country)
    now = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=LOCAL_HOURS[country])
    begin, end = period(entry.body["beginTime"], entry.body["endTime"], now)
    body = entry.body | {"beginTime": begin, "endTime": end}
    if code_of(entry) != 200:
        return [_played(entry, stage, teemopay, body, _error(entry))]
    # Pay-in is not served: its page is empty.
    played = [_played(entry, stage, teemopay, body, _success({"pageIndex": None, "records": []}))]
    if entry.response:
        played.append(_list_of_payouts(entry, stage, country, body))
    return played


def _list_of_payouts(entry: Entry, stage: Stage, country: str, body: Mapping[str, Any]) -> Played:
    """The pages print rows of PAYIN. Those of PAYOUT have the same fields; there is no part of a payment among them."""
    currency = currencies_of(country)[0]
    [printed] = entry.response["data"]["records"]
    orders = stage.once(
        f"listed {country}",
        lambda: [ordered(stage, country, currency, "1000.00", status=2, purpose="listed") for _ in range(2)],
    )
    told = {
        "type": "PAYOUT",
        "tradeNo": trade_no(country),
        "amount": "1000.00",
        "transactionAmount": "1000.00",
        "serviceAmount": MONEY,
        "createTime": LOCAL_TIME,
        "completeTime": LOCAL_TIME,
        "settleStatus": None,
        "paymentList": [],
    }
    rows = [printed_with(printed, told | {"merchantOrderNo": reference}) for _, reference in orders]
    page = _success({"pageIndex": None, "records": rows})
    return _played(entry, stage, orders[0][0], {**body, "type": "PAYOUT", "status": "2"}, page)


# -- what is sent, and the envelope ---------------------------------------------------------------------------------


def call_of(
    headers: Mapping[str, str], path: str, teemopay: TeemoPayMerchant, body: Mapping[str, Any], app_code: str = ""
) -> Call:
    """`headers` as printed; the body as printed, with its `sign` at its place."""
    nonce = uuid4().hex
    text = teemopay_text(as_bytes(body).decode(), nonce)
    signed = {**body, "sign": teemopay_signature(text, teemopay.key_file)}
    values = {
        "<app code>": app_code or teemopay.app_code,
        "<country>": teemopay.country,
        "<32 fresh characters>": nonce,
        "<now, 13 digits>": str(now_ms()),
    }
    return Call("POST", path, filled_headers(headers, values), as_bytes(signed))


def _played(entry: Entry, stage: Stage, teemopay: TeemoPayMerchant, body: Mapping[str, Any], expected: Any) -> Played:
    app_code = UNKNOWN_APP if code_of(entry) == 416 else ""
    return Played(stage.server, call_of(entry.headers, entry.path, teemopay, body, app_code), expected)


def _success(data: Any) -> dict[str, Any]:
    return {"code": 200, "data": data, "msg": SUCCESS, "traceId": TRACE_ID}


def _error(entry: Entry) -> dict[str, Any]:
    code = code_of(entry)
    text = MESSAGES[code] if code in MESSAGES else naming(NAMED[entry.name])
    if entry.response and entry.response.get("code") == code:
        assert entry.response["msg"] == text, "the table is not what is printed"
    return {"code": code, "data": None, "msg": text, "traceId": TRACE_ID}
