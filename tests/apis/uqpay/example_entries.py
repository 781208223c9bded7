"""UQPAY's printed requests: what is put in, and what has to come back.

Paths are printed without the base path. Where an entry prints no answer, it is that of the entry for the same path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import msgspec

from tests.apis.software import as_bytes
from tests.apis.uqpay.example_senders import SYSTEM, Family, family_of, sender
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.merchants import Merchant
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import Call
from tests.examples.comparer import Number, OneOf
from tests.examples.entries import A_NOTIFICATION, SHAPE_OF_AN_ERROR, Entry, entries
from tests.examples.filling import Played, filled_headers, period
from tests.examples.forms import ISO_TIME, JWT, PAYOUT_ID, TEXT, UUID, printed_with
from tests.examples.stage import Stage

SENT, LEFT_OUT = 25, {A_NOTIFICATION: 1, SHAPE_OF_AN_ERROR: 2}
"""How many of the entries are sent, and how many are not for each reason."""
BASE = "/api"
ZONE = timezone(timedelta(hours=8))
PAYOUT = {
    "payout_currency": "SGD",
    "payout_amount": "100.00",
    "statement_descriptor": "UQPAY PAYOUT",
    "internal_note": "Payment to supplier",
}
BETWEEN = ("UQPAY SOURCE", "UQPAY DEST")
STATUSES = ("INITIATED", "PROCESSING", "COMPLETED", "FAILED", "FAILED_REFUNDED")
FORMS: Mapping[str, Any] = {
    "auth_token": JWT,
    "expired_at": Number(1_700_000_000),
    "payout_id": PAYOUT_ID,
    "create_time": ISO_TIME,
    "balance_id": UUID,
    "id": UUID,
    "transfer_id": UUID,
    "short_reference_id": TEXT,
    "reference_id": TEXT,
    "total_pages": 1,
    "message": TEXT,
}


def play(entry: Entry, stage: Stage) -> list[Played]:
    path = entry.path.partition("?")[0]
    for form, player in PLAYERS:
        if re.fullmatch(form, f"{entry.method} {path}"):
            return player(entry, stage)
    raise AssertionError(f"nobody plays {entry.title}")


# -- token, payouts, balances ---------------------------------------------------------------------------------------


def _token(entry: Entry, stage: Stage) -> list[Played]:
    return [_played(entry, stage, sender(stage), printed_with(_printed("token"), FORMS))]


def _create_payout(entry: Entry, stage: Stage) -> list[Played]:
    merchant = sender(stage)
    body = entry.body | ({"payout_account_id": merchant.account_id} if "payout_account_id" in entry.body else {})
    expected = printed_with(_printed("create payout"), FORMS) | {name: body.get(name, "") for name in PAYOUT}
    if "payout_account_id" in body:  # it may be done at once: nothing leaves
        expected |= {"payout_status": OneOf(STATUSES), "completed_time": OneOf(("", ISO_TIME))}
    played = [_played(entry, stage, merchant, expected, body=body)]
    if "payout_account_id" in body:  # as printed it is a stranger's
        played.append(_played(entry, stage, merchant, _refusal(), body=entry.body, status=400))
    return played


def _retrieve_payout(entry: Entry, stage: Stage) -> list[Played]:
    merchant = sender(stage)
    payout = merchant.uqpay.post(merchant.uqpay.CREATE, PAYOUT)
    told = {**FORMS, **{name: payout[name] for name in ("payout_id", "create_time")}}
    return [
        _played(entry, stage, merchant, printed_with(entry.response, told), place=payout["payout_id"]),
        _played(entry, stage, merchant, _refusal("not_found"), place=entry.response["payout_id"], status=400),
    ]


def _list_payouts(entry: Entry, stage: Stage) -> list[Played]:
    if "x-on-behalf-of" in entry.headers:
        return [_played(entry, stage, sender(stage), printed_with(entry.response | {"message": "cut off"}, FORMS))]
    merchant = sender(stage, "listed")
    made = [merchant.uqpay.post(merchant.uqpay.CREATE, PAYOUT)["payout_id"] for _ in range(2)]
    page = _page(entry, [{"payout_id": number} for number in reversed(made)])
    # The page's own curl asks without any of its query's examples.
    bare = msgspec.structs.replace(entry, path=entry.path.partition("?")[0])
    return [_played(asked, stage, merchant, page) for asked in (entry, bare)]


def _balances(entry: Entry, stage: Stage) -> list[Played]:
    """1000.00, of which 50.00 are on their way: the printed answer is true."""
    merchant = stage.once("uqpay balance", lambda: _with_a_payout_under_way(stage))
    if "data" in entry.response:
        return [_played(entry, stage, merchant, _page(entry, [{}]))]
    return [_played(entry, stage, merchant, printed_with(entry.response, FORMS))]


def _with_a_payout_under_way(stage: Stage) -> Merchant:
    merchant = sender(stage, "balances", currencies=["SGD"], funds=1000)
    merchant.uqpay.post(merchant.uqpay.CREATE, PAYOUT | {"payout_amount": "50.00"})
    return merchant


# -- bank accounts --------------------------------------------------------------------------------------------------


def _create_bank_account(entry: Entry, stage: Stage) -> list[Played]:
    told = {**FORMS, **entry.body}
    expected = printed_with(_printed("create bank account"), told)
    if "bank_branch_code" not in entry.body:
        expected["bank_branch_code"] = ""
    if entry.response:
        return [_played(entry, stage, sender(stage), expected)]
    number = f"99{uuid4().int % 10**8:08}"
    expected |= {"account_number": number, "account_status": OneOf(("Valid", "Invalid"))}
    return [_played(entry, stage, sender(stage), expected, body=entry.body | {"account_number": number})]


def _bank_account(merchant: Merchant, **fields: Any) -> dict[str, Any]:
    create = next(entry for entry in entries("uqpay") if entry.name == "create bank account")
    return merchant.uqpay.post(merchant.uqpay.BANK_ACCOUNT_CREATE, create.body | fields)


def _list_bank_accounts(entry: Entry, stage: Stage) -> list[Played]:
    merchant = sender(stage, "bank accounts")
    made = [_bank_account(merchant)["id"] for _ in range(2)]
    return [_played(entry, stage, merchant, _page(entry, [{"id": number} for number in reversed(made)]))]


def _retrieve_or_update_bank_account(entry: Entry, stage: Stage) -> list[Played]:
    merchant = sender(stage)
    other = {"bank_name": "Another Bank", "bank_branch_code": "00002"} if entry.method == "POST" else {}
    made = _bank_account(merchant, **other)
    expected = printed_with(entry.response, {"id": made["id"]})
    return [_played(entry, stage, merchant, expected, body=entry.body, place=made["id"])]


# -- connected accounts ---------------------------------------------------------------------------------------------


def _account_fields(family: Family) -> dict[str, Any]:
    """Outlay keeps no data about businesses: of the printed fields it has these, whose words are its own decision."""
    return {
        "account_id": family.connected_id,
        "short_reference_id": family.connected_short,
        "business_code": ["ACQUIRING"],
        "email": "",
        "account_name": "UQPAY PTE LTD.",
        "status": "ACTIVE",
        "verification_status": "APPROVED",
        "country": "US",
        "entity_type": "COMPANY",
        "contact_details": {"email": "", "phone": ""},
    }


def _list_accounts(entry: Entry, stage: Stage) -> list[Played]:
    family = family_of(stage, "", "UQPAY PTE. LTD.", "UQPAY PTE LTD.")
    page = {"total_pages": 1, "total_items": 1, "data": [_account_fields(family)]}
    return [_played(entry, stage, family.master, page)]


def _retrieve_account(entry: Entry, stage: Stage) -> list[Played]:
    family = family_of(stage, "", "UQPAY PTE. LTD.", "UQPAY PTE LTD.")
    expected = _account_fields(family) | {"review_reason": ""}
    return [_played(entry, stage, family.master, expected, place=family.connected_id)]


# -- transfers ------------------------------------------------------------------------------------------------------


def _transfer_body(family: Family, **fields: Any) -> dict[str, Any]:
    create = next(entry for entry in entries("uqpay") if entry.name == "create transfer")
    accounts = {"source_account_id": family.master.account_id, "target_account_id": family.connected_id}
    return {**create.body, **accounts, **fields}


def _create_transfer(entry: Entry, stage: Stage) -> list[Played]:
    family = family_of(stage, "", *BETWEEN)
    master = family.master
    to_itself = _transfer_body(family, target_account_id=master.account_id)  # as printed: nothing would move
    return [
        _played(entry, stage, master, printed_with(entry.response, FORMS), body=_transfer_body(family)),
        _played(entry, stage, master, _refusal(), body=to_itself, status=400),
    ]


def _made_transfer(family: Family, **fields: Any) -> dict[str, Any]:
    """It is done: its time is there."""
    uqpay = family.master.uqpay
    made = uqpay.post(uqpay.TRANSFERS, _transfer_body(family, **fields))
    wait_for(lambda: uqpay.get(f"{uqpay.TRANSFERS}/{made['transfer_id']}")["complete_time"])
    return made


def _transfer_told(made: Mapping[str, Any]) -> dict[str, Any]:
    """`pending` and the year 1 are printed, and are in no table."""
    return {
        "reference_id": TEXT,
        "transfer_status": "completed",
        "create_time": ISO_TIME,
        "complete_time": ISO_TIME,
        "created_by": SYSTEM,
        **made,
    }


def _list_transfers(entry: Entry, stage: Stage) -> list[Played]:
    family = family_of(stage, "listed", *BETWEEN)
    made = [_made_transfer(family, currency=currency) | {"transfer_currency": currency} for currency in ("USD", "SGD")]
    page = _page(entry, [_transfer_told(each) for each in reversed(made)])
    page["data"] = [row | {"transfer_reason": "Transfer"} for row in page["data"]]
    return [_played(entry, stage, family.master, page)]


def _retrieve_transfer(entry: Entry, stage: Stage) -> list[Played]:
    family = family_of(stage, "", *BETWEEN)
    made = _made_transfer(family)
    # In two clients' models and in no page.
    expected = printed_with(entry.response, _transfer_told(made)) | {"transfer_reason": "Transfer"}
    return [_played(entry, stage, family.master, expected, place=made["transfer_id"])]


# -- what is sent ---------------------------------------------------------------------------------------------------


def _printed(name: str) -> Any:
    return next(entry.response for entry in entries("uqpay") if entry.name == name)


def _refusal(kind: Any = TEXT) -> dict[str, Any]:
    """Which code of the type it is, the pages do not tell."""
    return {"type": kind, "code": TEXT, "message": TEXT}


def _page(entry: Entry, told: list[Mapping[str, Any]]) -> dict[str, Any]:
    """As many rows as are told, each like the printed one. Printed totals belong to more rows than are printed."""
    [row] = entry.response["data"]
    rows = [printed_with(row, {**FORMS, **each}) for each in told]
    return {"total_pages": 1, "total_items": len(rows), "data": rows}


def call_of(
    headers: Mapping[str, str], method: str, target: str, uqpay: UqpayMerchant, body: Any = msgspec.UNSET
) -> Call:
    """`headers` as printed; `target` with the base path."""
    values = {
        "<api key>": uqpay.api_key,
        "<client id>": uqpay.client_id,
        "<token>": uqpay.token,
        "<fresh UUID>": str(uuid4()),
    }
    return Call(method, target, filled_headers(headers, values), b"" if body is msgspec.UNSET else as_bytes(body))


def _played(
    entry: Entry,
    stage: Stage,
    merchant: Merchant,
    expected: Any,
    *,
    body: Any = None,
    place: str = "",
    status: int = 0,
) -> Played:
    """`place`: what stands in the path for the id in brackets. `status`: where it is not the entry's."""
    sent = body if body is not None else entry.body
    target = BASE + re.sub(r"\{\w+\}", place, _in_time(entry.path))
    call = call_of(entry.headers, entry.method, target, merchant.uqpay, sent)
    return Played(stage.server, call, expected, status or entry.expect.get("http", entry.response_status))


def _in_time(path: str) -> str:
    where, mark, query = path.partition("?")
    asked = dict(parse_qsl(query))
    if "start_time" not in asked:
        return path
    asked["start_time"], asked["end_time"] = period(asked["start_time"], asked["end_time"], datetime.now(ZONE))
    return f"{where}{mark}{urlencode(asked)}"


PLAYERS: list[tuple[str, Callable[[Entry, Stage], list[Played]]]] = [
    (r"POST /v1/connect/token", _token),
    (r"POST /v2/payment/payout/create", _create_payout),
    (r"GET /v2/payment/payout/\{payout_id\}", _retrieve_payout),
    (r"GET /v2/payment/payout", _list_payouts),
    (r"GET /v2/payment/balances(/SGD)?", _balances),
    (r"POST /v2/payment/bankaccount/create", _create_bank_account),
    (r"GET /v2/payment/bankaccount", _list_bank_accounts),
    (r"(GET|POST) /v2/payment/bankaccount/\{id\}", _retrieve_or_update_bank_account),
    (r"GET /v1/accounts", _list_accounts),
    (r"GET /v1/accounts/\{id\}", _retrieve_account),
    (r"POST /v1/transfer", _create_transfer),
    (r"GET /v1/transfer", _list_transfers),
    (r"GET /v1/transfer/\{id\}", _retrieve_transfer),
]
