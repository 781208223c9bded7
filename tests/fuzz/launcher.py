"""`python -m tests.fuzz.launcher PLANTS serve …`: Outlay with faults planted, which the fuzzer must find.

Each plant is a fault of a kind that has really been made somewhere: a check that is forgotten, a field that is added, a
claim that is lost, a log line that goes to the caller, a fee that is not given back, a code made up on the spot.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from outlay.cli.main import run
from outlay.core import hearing, ledger, life
from outlay.registry import all_dialects
from outlay.service import order_payout
from outlay.wire.dialect import Context
from outlay.wire.fields import FieldReader
from outlay.wire.message import Response
from outlay.wire.usecases import Answer

Edit = Callable[[dict[str, Any], Context], None]


def unknown_currency_raises() -> None:
    """LessPay takes any currency for a known one."""
    schema: Any = sys.modules["outlay.dialects.lesspay.schema"]

    class Everything:
        def __contains__(self, _item: object) -> bool:
            return True

    assert hasattr(schema, "CURRENCIES")
    schema.CURRENCIES = Everything()


def surplus_field() -> None:
    """UQPAY's payout tells a fee."""

    def tell(document: dict[str, Any], _context: Context) -> None:
        if "payout_id" in document:
            document["fee_amount"] = "0.00"

    _edit_answers("uqpay", "GET", "/api/v2/payment/payout/{payout_id}", tell)


def undocumented_code() -> None:
    """LessPay's list of banks makes up a code."""

    def invent(document: dict[str, Any], _context: Context) -> None:
        if document["code"] == 30005:
            document["code"] = 30099

    _edit_answers("lesspay", "POST", "/api/global/payout/bank", invent)


def secret_in_a_message() -> None:
    """LessPay's query tells what the caller should have signed with."""

    def tell(document: dict[str, Any], context: Context) -> None:
        if document["code"] == 30020:
            document["msg"] += f" (key={context.credential.opened.reveal()})"

    _edit_answers("lesspay", "POST", "/api/global/payout/query", tell)


def claim_lost() -> None:
    """TeemoPay's references are stored, but never found again."""
    real = order_payout.new_claim

    def forgetful(claim: Any, subject_id: int, now_ms: int) -> Any:
        stored = real(claim, subject_id, now_ms)
        is_teemopay = claim.operation.startswith("teemopay")
        return replace(stored, reference=f"{claim.reference}#{subject_id}") if is_teemopay else stored

    order_payout.new_claim = forgetful


def fee_kept() -> None:
    """A payout that fails gets its amount back, not its fee."""
    real = ledger.release
    for module in (life, hearing):
        module.release = lambda currency, amount_minor, _fee_minor: real(currency, amount_minor, 0)  # type: ignore[assignment]


def way_not_checked() -> None:
    """LessPay's way_code may be anything, or nothing."""
    real = FieldReader.text

    def lenient(self: FieldReader, name: str, **rules: Any) -> str:
        if name == "way_code":
            rules |= {"required": False, "longest": 10**6}
        return real(self, name, **rules)

    FieldReader.text = lenient  # type: ignore[assignment]


def no_banks_no_country() -> None:
    """LessPay calls a country a bad one where nothing is configured for the way."""

    def refuse(document: dict[str, Any], context: Context) -> None:
        if document["data"] == [] and context.call.body.get("way_code") == "UNHEARD_OF":
            document |= {"code": 30005, "msg": "bank_country_code is wrong", "data": None}

    _edit_answers("lesspay", "POST", "/api/global/payout/bank", refuse)


def signed_as_ascii() -> None:
    """TeemoPay's signature is checked over a text that has lost its accents."""
    signing: Any = sys.modules["outlay.dialects.teemopay.signing"]
    real = signing.text_to_sign
    signing.text_to_sign = lambda *given: real(*given).encode("ascii", "replace").decode()


def _edit_answers(name: str, method: str, path: str, edit: Edit) -> None:
    dialect: Any = all_dialects()[name]
    (route,) = [each for each in dialect.routes if (each.method, each.path) == (method, path)]

    def write(answer: Answer, context: Context) -> Response:
        response = route.write(answer, context)
        document = json.loads(response.body)
        edit(document, context)
        return replace(response, body=json.dumps(document).encode())

    routes = tuple(replace(each, write=write) if each is route else each for each in dialect.routes)
    type(dialect).routes = routes


PLANTS: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        unknown_currency_raises,
        surplus_field,
        undocumented_code,
        secret_in_a_message,
        claim_lost,
        fee_kept,
        way_not_checked,
        no_banks_no_country,
        signed_as_ascii,
    )
}

if __name__ == "__main__":
    all_dialects()  # so that their modules are there
    for planted in sys.argv.pop(1).split(","):
        PLANTS[planted]()
    run()
