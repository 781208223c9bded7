"""LessPay's server half: which requests are served, what they ask, and the signed answer.

Order of checks (decision): path and method → size → headers → appid → timestamp → JSON object → signature → business
rules. It is the order of trust: nobody's body is parsed before their appid is known and their timestamp is of now. The
proof stands in `callers`; fields and objects are translated in `translate` and `batch`, codes stand in `codes`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from outlay.core.asks import A, Ask, Balance, Greet, Made, PayoutOrder, ReadBalances, Repeated, S, Unclaimed
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.banks import supported_banks
from outlay.dialects.lesspay.batch import read_batch
from outlay.dialects.lesspay.callers import BATCH_PROOF, PROOF
from outlay.dialects.lesspay.schema import BalanceObject, Envelope, OrderObject
from outlay.dialects.lesspay.signing import SignedBody, sign, text_of
from outlay.dialects.lesspay.translate import (
    BalanceQuestion,
    BanksQuestion,
    balance_object,
    order_object,
    read_balance_question,
    read_banks_question,
    read_order,
    read_question,
    single_order,
)
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Context, Credential, Now, Proof, Route, route
from outlay.wire.message import Response
from outlay.wire.problems import Fault, found_wrong

_encode: Final = msgspec.json.Encoder().encode


# -- orders -----------------------------------------------------------------------------------------------------------


def _read_create(
    sent: SignedBody, credential: Credential[Secret], now: Now
) -> Asked[Made[Payout], Fault | None] | Fault:
    return read_order(sent, now.here_ms, strict=credential.account.checks_destinations)


def _write_created(answer: Made[Payout], wrong: Fault | None, context: Context[Secret]) -> Response | Fault:
    return _write_made(answer, wrong, context, single_order)


def _read_batch(
    sent: SignedBody, credential: Credential[Secret], now: Now
) -> Asked[Made[PayoutOrder], Fault | None] | Fault:
    return read_batch(sent, now.here_ms, strict=credential.account.checks_destinations)


def _write_batch(answer: Made[PayoutOrder], wrong: Fault | None, context: Context[Secret]) -> Response | Fault:
    return _write_made(answer, wrong, context, order_object)


def _write_made(
    answer: Made[S], wrong: Fault | None, context: Context[Secret], show: Callable[[S], OrderObject]
) -> Response | Fault:
    match answer:
        case Repeated():
            return codes.EXISTS if answer.same else codes.REUSED
        case Unclaimed():
            return found_wrong(wrong)
        case _:
            return _write_object(show(answer), context)


def _read_query(sent: SignedBody, _credential: Credential[Secret], _now: Now) -> Asked[PayoutOrder, None] | Fault:
    question = read_question(sent.fields)
    return question if isinstance(question, Fault) else Asked(question, None)


def _write_order(order: PayoutOrder, _echo: None, context: Context[Secret]) -> Response:
    return _write_object(order_object(order), context)


# -- the balance, and the banks ---------------------------------------------------------------------------------------


def _read_balance(
    sent: SignedBody, _credential: Credential[Secret], _now: Now
) -> Asked[tuple[Balance, ...], BalanceQuestion] | Fault:
    question = read_balance_question(sent.fields)
    return question if isinstance(question, Fault) else Asked(ReadBalances(question.currency), question)


def _write_balance(balances: tuple[Balance, ...], question: BalanceQuestion, context: Context[Secret]) -> Response:
    return _write_object(balance_object(question, balances), context)


def _read_banks(sent: SignedBody, _credential: Credential[Secret], _now: Now) -> Asked[None, BanksQuestion] | Fault:
    """The list stands in this folder; what is asked of Outlay is only whether the caller may ask."""
    question = read_banks_question(sent.fields)
    return question if isinstance(question, Fault) else Asked(Greet(), question)


def _write_banks(_greeted: None, question: BanksQuestion, _context: Context[Secret]) -> Response:
    banks = supported_banks(question.country, question.currency, question.way_code)
    # An array cannot be signed: the rule signs an object (decision).
    return Response(200, _encode(Envelope(code=codes.Code.OK, msg=codes.OK_MESSAGE, data=banks)))


# -- the envelope -----------------------------------------------------------------------------------------------------


def _write_object(data: OrderObject | BalanceObject, context: Context[Secret]) -> Response:
    signature = sign(text_of(msgspec.to_builtins(data)), context.credential.opened.reveal())
    return Response(200, _encode(Envelope(code=codes.Code.OK, msg=codes.OK_MESSAGE, data=data, sign=signature)))


def write_fault(fault: Fault, _now_ms: int, _entropy: bytes) -> Response:
    """The envelope with `data` null and no signature (decision); neither time nor trace id is documented."""
    body = _encode(Envelope(code=int(fault.code), msg=fault.message, data=None))
    return Response(fault.status, body)


def refuse(refusal: Refusal, _ask: Ask[Any], _secret: Secret) -> Fault:
    return codes.refuse(refusal)


# -- the table --------------------------------------------------------------------------------------------------------

E = TypeVar("E")


def _post(
    path: str,
    read: Callable[[SignedBody, Credential[Secret], Now], Asked[A, E] | Fault],
    write: Callable[[A, E, Context[Secret]], Response | Fault],
    proof: Proof[SignedBody, Secret] = PROOF,
) -> Route[Any, Secret, Any, Any]:
    return route("POST", path, proof, read, write, longest_body=schema.LONGEST_BODIES[path])


ROUTES: Final = (
    _post(schema.CREATE_PATH, _read_create, _write_created),
    _post(schema.BATCH_PATH, _read_batch, _write_batch, BATCH_PROOF),
    _post(schema.QUERY_PATH, _read_query, _write_order),
    _post(schema.BANKS_PATH, _read_banks, _write_banks),
    _post(schema.BALANCE_PATH, _read_balance, _write_balance),
)
