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
from outlay.dialects import all_dialects
from outlay.service.merchant import order_payout
from outlay.wire.dialect import AnyDialect, AnyRoute, Asked
from outlay.wire.fields import FieldReader
from outlay.wire.message import Response
from outlay.wire.problems import Fault
from tests.support.routes import find_route


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
    dialect = all_dialects()["uqpay"]
    route = find_route(dialect, "GET", "/api/v2/payment/payout/{payout_id}")

    def write(*given: Any) -> Response | Fault:
        answer = route.write(*given)
        if isinstance(answer, Fault):
            return answer
        return replace(answer, body=json.dumps({**json.loads(answer.body), "fee_amount": "0.00"}).encode())

    _plant_in_route(dialect, route, write=write)


def undocumented_code() -> None:
    """LessPay's list of banks makes up a code."""
    dialect, route = _lesspays_banks()

    def read(*given: Any) -> Asked[Any, Any] | Fault:
        asked = route.read(*given)
        return replace(asked, code=30099) if isinstance(asked, Fault) and asked.code == 30005 else asked

    _plant_in_route(dialect, route, read=read)


def secret_in_a_message() -> None:
    """LessPay's query tells what the caller should have signed with."""
    dialect = all_dialects()["lesspay"]

    def refuse(refusal: Any, ask: Any, secret: Any) -> Fault:
        fault = dialect.refuse(refusal, ask, secret)
        if fault.code == 30020:
            return replace(fault, message=f"{fault.message} (key={secret.reveal()})")
        return fault

    _plant(dialect, refuse=refuse)


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
    dialect, route = _lesspays_banks()

    def write(greeted: None, question: Any, context: Any) -> Response | Fault:
        answer = route.write(greeted, question, context)
        if isinstance(answer, Response) and question.way_code == "UNHEARD_OF" and json.loads(answer.body)["data"] == []:
            return Fault(200, 30005, "bank_country_code is wrong")
        return answer

    _plant_in_route(dialect, route, write=write)


def signed_as_ascii() -> None:
    """TeemoPay's signature is checked over a text that has lost its accents."""
    signing: Any = sys.modules["outlay.dialects.teemopay.signing"]
    real = signing.verify
    signing.verify = lambda key, text, signature: real(key, text.encode("ascii", "replace").decode(), signature)


def _lesspays_banks() -> tuple[AnyDialect, AnyRoute]:
    dialect = all_dialects()["lesspay"]
    return dialect, find_route(dialect, "POST", "/api/global/payout/bank")


def _plant_in_route(dialect: AnyDialect, route: AnyRoute, **changes: Any) -> None:
    changed = replace(route, **changes)
    _plant(dialect, routes=tuple(changed if each is route else each for each in dialect.routes))


def _plant(dialect: AnyDialect, **changes: Any) -> None:
    """The changed dialect is the one that is found from now on, also by the next plant."""
    folder: Any = sys.modules[f"outlay.dialects.{dialect.name}"]
    folder.DIALECT = replace(dialect, **changes)
    all_dialects.cache_clear()


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
