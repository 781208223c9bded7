"""LessPay's printed requests: what is put in, and what has to come back.

The pages print one answer only, a skeleton. So an order is compared with all fields that the documents and the vendor's
demo know, whose values follow from what was sent (the dialect's README has the sources).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.core.currencies import EXPONENTS
from tests.apis.lesspay.example_senders import sender
from tests.apis.lesspay.merchant import LessPayMerchant, lesspay_signature
from tests.apis.software import as_bytes, new_reference, now_ms
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import Call
from tests.examples.comparer import AtLeast, Each, OneOf, Text
from tests.examples.entries import A_NOTIFICATION, FOR_ITS_SIGNATURE, ONE_MORE_NOTIFICATION, Entry
from tests.examples.filling import Played, filled_headers, fresh_id
from tests.examples.forms import MILLISECONDS, PAYOUT_ID, SIGN, TEXT, money
from tests.examples.stage import Stage

SENT, LEFT_OUT = 40, {A_NOTIFICATION: 3, ONE_MORE_NOTIFICATION: 2, FOR_ITS_SIGNATURE: 1}
"""How many of the entries are sent, and how many are not for each reason."""
ORDER_WORDS = ("PENDING_CONFIRM", "PENDING_PAY", "SUCCEED", "FAILED", "CANCELED", "REFUND", "CLOSED", "PARTIAL_SUCCESS")
DETAIL_WORDS = ("CREATED", "PROCESSING", "SUCCEEDED", "FAILED", "CANCELED", "REFUNDED", "CLOSED")
BANK = {"bank_code": TEXT, "bank_name": TEXT, "destination_type": OneOf(("bank", "ewallet"))}
LATER = OneOf((None, TEXT))
"""It follows from the state."""
PRINTED_PAY_ORDER_ID = "PO2005543497457831938"
FAILS_LATER = "100.73"


def play(entry: Entry, stage: Stage) -> list[Played]:
    lesspay = sender(stage).lesspay
    if entry.path.endswith("/query"):
        return _play_query(entry, stage, lesspay)
    body = _with_fresh_ids(entry.body)
    return [_played(entry, stage, lesspay, body, _expected(entry, body))]


def _play_query(entry: Entry, stage: Stage, lesspay: LessPayMerchant) -> list[Played]:
    if entry.expect["code"] != 0:  # the seed's skeleton
        order = failed_order(stage, lesspay)
        both = {name: order[name] for name in ("request_id", "pay_order_id")}
        skeleton = seed_answer(entry.response)
        as_printed = _played(entry, stage, lesspay, entry.body, _refused(entry.expect))
        return [as_printed, _played(entry, stage, lesspay, both, skeleton)]
    body = order_to_ask_for()
    order = lesspay.create(body)
    ids = {"<request_id of an order>": order["request_id"], PRINTED_PAY_ORDER_ID: order["pay_order_id"]}
    asked = {name: ids[value] for name, value in entry.body.items()}
    told = _envelope(_order(body) | {name: order[name] for name in ("pay_order_id", "created_at")})
    [(name, printed)] = entry.body.items()
    # The printed id is unknown here, and the demo leaves the other one empty.
    literal, code = ("", 30000) if name == "request_id" else (printed, 30020)
    return [
        _played(entry, stage, lesspay, asked, told),
        _played(entry, stage, lesspay, {name: literal}, _refused({"code": code})),
    ]


def order_to_ask_for() -> dict[str, Any]:
    return {
        "request_id": new_reference("L"),
        "amount": "100.50",
        "currency": "PHP",
        "way_code": "EPAY_PAYOUT",
        "beneficiary": {
            "beneficiary_type": "business",
            "beneficiary_info": {"name": "Printed"},
            "destination": {"type": "bank", "bank": {"account_number": "1234567890", "country": "PH"}},
        },
    }


def failed_order(stage: Stage, lesspay: LessPayMerchant) -> dict[str, Any]:
    """One whose every text is there: it was sent, and failed."""
    order = lesspay.create(order_to_ask_for() | {"amount": FAILS_LATER})
    request_id = order["request_id"]
    wait_for(lambda: lesspay.query(request_id=request_id)["order_status"] == "FAILED")
    return order


def seed_answer(printed: Any) -> Any:
    """The seed page prints a skeleton: "" stands for any text, and there may be more fields in `data`."""
    skeleton = _any_text(printed)
    skeleton["data"]["details"] = [AtLeast(detail) for detail in skeleton["data"]["details"]]
    return {**skeleton, "data": AtLeast(skeleton["data"]), "encryptData": ""}


def _any_text(printed: Any) -> Any:
    match printed:
        case dict():
            return {name: _any_text(value) for name, value in printed.items()}
        case list():
            return [_any_text(item) for item in printed]
        case _:
            return TEXT if printed == "" else printed


# -- what is sent ---------------------------------------------------------------------------------------------------


def _with_fresh_ids(body: Mapping[str, Any]) -> dict[str, Any]:
    fresh = dict(body)
    if "request_id" in fresh:
        fresh["request_id"] = fresh_id(fresh["request_id"])
    return fresh


def call_of(headers: Mapping[str, str], path: str, lesspay: LessPayMerchant, body: Mapping[str, Any]) -> Call:
    """`headers` as printed."""
    sent = as_bytes(body)
    values = {
        "<app id>": lesspay.app_id,
        "<now, 13 digits>": str(now_ms()),
        "<sign>": lesspay_signature(sent.decode(), lesspay.secret),
    }
    return Call("POST", path, filled_headers(headers, values), sent)


def _played(entry: Entry, stage: Stage, lesspay: LessPayMerchant, body: Mapping[str, Any], expected: Any) -> Played:
    return Played(stage.server, call_of(entry.headers, entry.path, lesspay, body), expected)


# -- what has to come back ------------------------------------------------------------------------------------------


def _expected(entry: Entry, body: Mapping[str, Any]) -> dict[str, Any]:
    if entry.expect["code"] != 0:
        return _refused(entry.expect)
    match entry.path.rpartition("/")[2]:
        case "bank":
            return _envelope(Each(BANK, by="bank_code"), sign="")
        case "balance":
            amount = money(EXPONENTS[body["currency"]])
            names = ("total_balance", "frozen_balance", "available_balance")
            return _envelope(
                {**{name: body[name] for name in ("currency", "way_code")}, **dict.fromkeys(names, amount)}
            )
        case "create-order":
            return _envelope(_batch(body) if "payout_order_details" in body else _order(body))
        case other:
            raise AssertionError(other)


def _envelope(data: Any, sign: Any = SIGN) -> dict[str, Any]:
    return {"code": 0, "msg": "SUCCESS", "data": data, "encryptData": "", "sign": sign}


def _refused(expect: Mapping[str, Any]) -> dict[str, Any]:
    """Only one text is written anywhere: that of a channel without a balance."""
    return {"code": expect["code"], "msg": expect.get("msg", TEXT), "data": None, "encryptData": "", "sign": ""}


def _order(body: Mapping[str, Any]) -> dict[str, Any]:
    beneficiary = body["beneficiary"]
    info, destination = beneficiary["beneficiary_info"], beneficiary["destination"]
    bank, wallet = destination.get("bank", {}), destination.get("e_wallet", {})
    number = (
        bank.get("account_number") or wallet.get("account_number") or destination["crypto_wallet"]["wallet_address"]
    )
    country = bank.get("country") or info.get("address", {}).get("country")
    detail = _detail(body["request_id"], body["amount"], body["currency"]) | {
        "bank_account_no": masked_number(number),
        "bank_account_name": masked_name(info.get("name") or f"{info['first_name']} {info['last_name']}"),
        "bank_account_type": beneficiary["beneficiary_type"],
        "bank_name": bank.get("bank_name"),
        "bank_country_code": country if bank else OneOf((None, country)),
        "bank_swift_code": bank.get("bank_codes", {}).get("swift_code"),
    }
    return _of_all(body, body["amount"], [detail])


def _batch(body: Mapping[str, Any]) -> dict[str, Any]:
    details = []
    for item in body["payout_order_details"]:
        wallet = item.get("e_wallet", {})
        details.append(
            _detail(item["mch_order_id"], item["amount"], body["currency"])
            | {
                "bank_account_no": masked_number(item.get("bank_account_no") or wallet["account_number"]),
                "bank_account_name": masked_name(item.get("bank_account_name") or wallet["account_name"]),
                "bank_account_type": item.get("bank_account_type") or wallet["account_type"],
                **{name: item.get(name) for name in ("bank_name", "bank_country_code", "bank_swift_code")},
            }
        )
    return _of_all(body, body["total_amount"], details)


def _of_all(body: Mapping[str, Any], total: str, details: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "pay_order_id": PAYOUT_ID,
        "request_id": body["request_id"],
        "order_status": OneOf(ORDER_WORDS),
        "currency": body["currency"],
        "total_amount": _amount(total, body["currency"]),
        "decimal_places": EXPONENTS[body["currency"]],
        "fail_reason": LATER,
        "created_at": MILLISECONDS,
        "details": details,
    }


def _detail(reference: str, amount: str, currency: str) -> dict[str, Any]:
    return {
        "payout_order_detail_id": Text("POD and 19 digits", r"POD\d{19}"),
        "mch_order_id": reference,
        "amount": _amount(amount, currency),
        "actual_amount": OneOf((None, money(EXPONENTS[currency]))),
        "status": OneOf(DETAIL_WORDS),
        "audit_state": "APPROVED",
        "fail_reason": LATER,
        "rejected_reason": None,
        "channel_order_no": LATER,
        "success_time": OneOf((None, MILLISECONDS)),
    }


def _amount(amount: str, currency: str) -> str:
    """With exactly the currency's decimals."""
    whole, _, fraction = amount.partition(".")
    decimals = EXPONENTS[currency]
    return f"{whole}.{fraction:0<{decimals}}" if decimals else whole


def masked_number(number: str) -> str:
    """The form is the demo's; what becomes of short numbers is Outlay's decision."""
    if len(number) > 8:
        return f"{number[:4]}****{number[-4:]}"
    return f"****{number[-2:]}" if len(number) > 2 else "****"


def masked_name(name: str) -> str:
    return f"{name[0]}****{name[-1]}"
