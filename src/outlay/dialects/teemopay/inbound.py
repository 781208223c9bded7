"""The server half: the endpoints served, what they ask, and the bytes of every answer.

    POST /api/pay/payout/create/v1    order a payout
    POST /api/pay/payout/query/v1     what became of it
    POST /api/pay/merchant/balance
    POST /api/pay/transaction/queryList   payouts of a span of time, page by page

Every body is signed with the application's key over its fields and the nonce (`callers`); no answer is signed (docs).
What a field means is `fields`'s and `listing`'s business, how an answer reads `translate`'s, which number an error has
`codes`'.

The trap is the order in which faults are told (decision): headers present, app_code, country, timestamp, JSON object,
signature, nonce, then merchantOrderNo's form, the duplicate, the other fields, the balance. So nobody's body is parsed
before their application is known, and of a create whose other fields are wrong the ask is empty: a resend of an
accepted order must earn 426, whatever else is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from outlay.core.asks import (
    A,
    Ask,
    Balance,
    Claim,
    FindPayout,
    Made,
    OrderPayout,
    PayoutsListed,
    ReadBalances,
    Repeated,
    Unclaimed,
)
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.dialects.teemopay import codes, fields, listing, schema, signing, translate
from outlay.dialects.teemopay.callers import PROOF, App
from outlay.dialects.teemopay.signing import SignedBody
from outlay.kit.jsontext import Json
from outlay.wire.dialect import Asked, Context, Credential, Now, Route, route
from outlay.wire.message import Response
from outlay.wire.problems import Fault, found_wrong
from outlay.wire.sizes import Shape, longest_body, word

_CREATE: Final = "teemopay.payout.create"

_encode: Final = msgspec.json.Encoder().encode


# -- orders -----------------------------------------------------------------------------------------------------------


class _Created(msgspec.Struct, frozen=True):
    """What the answer to a create repeats: the amount as it was sent; or what is wrong with the fields."""

    amount: Json
    wrong: Fault | None


def _read_create(sent: SignedBody, credential: Credential[App], _now: Now) -> Asked[Made[Payout], _Created] | Fault:
    reference = fields.read_reference(sent.fields)
    if isinstance(reference, Fault):
        return reference
    account = credential.account
    order = fields.read_order(
        reference,
        sent.fields,
        credential.opened.country,
        account.notify_url,
        strict=account.checks_destinations,
    )
    claim = Claim(reference, _CREATE, fields.content_digest(sent.text))
    if isinstance(order, Fault):
        return Asked(OrderPayout(claim, None), _Created(None, order))
    return Asked(OrderPayout(claim, order), _Created(sent.fields.get("amount"), None))


def _write_created(answer: Made[Payout], sent: _Created, context: Context[App]) -> Response | Fault:
    match answer:
        case Repeated():
            return codes.ORDER_DUPLICATE  # never a replay, also where the content is the same (docs)
        case Unclaimed():
            return found_wrong(sent.wrong)
        case Payout():
            return _success(translate.create_data(answer, context.credential.opened.country, sent.amount), context)


def _read_query(sent: SignedBody, _credential: Credential[App], _now: Now) -> Asked[Payout, None] | Fault:
    """By the merchant's number only: no query by tradeNo is documented (seed)."""
    reference = fields.read_reference(sent.fields)
    return reference if isinstance(reference, Fault) else Asked(FindPayout(reference=reference), None)


def _write_query(payout: Payout, _echo: None, context: Context[App]) -> Response | Fault:
    country = context.credential.opened.country
    if payout.currency not in country.currencies:
        return country.order_not_found  # an amount is never read in the wrong currency (decision)
    return _success(translate.query_data(payout, country), context)


# -- the balance, and the list ----------------------------------------------------------------------------------------


def _read_balance(
    _sent: SignedBody, credential: Credential[App], _now: Now
) -> Asked[tuple[Balance, ...], None] | Fault:
    """Of the country's first currency (decision): the answer has no field for another."""
    return Asked(ReadBalances(currency=credential.opened.country.money.currency), None)


def _write_balance(balances: tuple[Balance, ...], _echo: None, context: Context[App]) -> Response:
    return _success(translate.balance_data(balances, context.credential.opened.country), context)


def _read_list(sent: SignedBody, credential: Credential[App], now: Now) -> Asked[PayoutsListed, None] | Fault:
    page = listing.read_list(sent.fields, credential.opened.country, now)
    return page if isinstance(page, Fault) else Asked(page, None)


def _write_list(listed: PayoutsListed, _echo: None, context: Context[App]) -> Response:
    return _success(listing.list_data(listed, context.credential.opened.country), context)


# -- the envelope -----------------------------------------------------------------------------------------------------


def _success(data: schema.Data, context: Context[App]) -> Response:
    """One form for all endpoints; answers are not signed (docs)."""
    trace_id = translate.trace_id(context.entropy, context.now_ms)
    return Response(200, _encode(schema.Envelope(codes.SUCCESS, data, codes.SUCCESS_TEXT, trace_id)))


def refuse(refusal: Refusal, _ask: Ask[Any], app: App) -> Fault:
    """Two are worded by the country, the others in `codes`."""
    match refusal:
        case Refusal.PAYOUT_NOT_FOUND:
            return app.country.order_not_found
        case Refusal.METHOD_OFF:
            return app.country.type_off
        case _:
            return codes.refusal_fault(refusal)


def write_fault(fault: Fault, now_ms: int, entropy: bytes) -> Response:
    if fault.kind == codes.ORDER_NOT_FOUND_KIND:
        return _ORDER_NOT_FOUND
    trace_id = translate.trace_id(entropy, now_ms)
    if fault.kind == codes.TRACED_NOT_FOUND_KIND:
        traced = schema.TracedNotFound(int(fault.code), fault.message, trace_id)
        return Response(fault.status, _encode(traced))
    envelope = schema.Envelope(int(fault.code), None, fault.message, trace_id)
    return Response(fault.status, _encode(envelope))


_ORDER_NOT_FOUND: Final = Response(
    codes.ORDER_NOT_FOUND.status,
    _encode(schema.OrderNotFound(int(codes.ORDER_NOT_FOUND.code), codes.ORDER_NOT_FOUND.message, False)),
)


# -- the table --------------------------------------------------------------------------------------------------------

E = TypeVar("E")


def _post(
    path: str,
    read: Callable[[SignedBody, Credential[App], Now], Asked[A, E] | Fault],
    write: Callable[[A, E, Context[App]], Response | Fault],
    *shapes: Shape,
) -> Route[Any, App, Any, Any]:
    """`shapes`: what a body may look like besides its signature."""
    longest = max(longest_body({**shape, schema.SIGN: word(signing.LONGEST_SIGNATURE)}) for shape in shapes)
    return route("POST", path, PROOF, read, write, longest_body=longest)


ROUTES: Final = (
    _post(schema.CREATE_PATH, _read_create, _write_created, *fields.CREATE_SHAPES),
    _post(schema.QUERY_PATH, _read_query, _write_query, fields.QUERY_SHAPE),
    _post(schema.BALANCE_PATH, _read_balance, _write_balance, {}),
    _post(schema.LIST_PATH, _read_list, _write_list, listing.LIST_SHAPE),
)
