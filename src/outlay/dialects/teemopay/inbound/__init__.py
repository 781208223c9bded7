"""The server half: the endpoints served, one file for each subject, where what a call asks stands beside its answer.

    POST /api/pay/payout/create/v1    order a payout
    POST /api/pay/payout/query/v1     what became of it
    POST /api/pay/merchant/balance
    POST /api/pay/transaction/queryList   payouts of a span of time, page by page

Every body is signed with the application's key over its fields and the nonce (`callers`); no answer is signed (docs).
What a value of the wire means is the business of `values`, how an answer becomes bytes `envelope`'s, which number an
error has `codes`'.

The trap is the order in which faults are told (decision): headers present, app_code, country, timestamp, JSON object,
signature, nonce, then merchantOrderNo's form, the duplicate, the other fields, the balance. So nobody's body is parsed
before their application is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from outlay.core.asks import A
from outlay.dialects.teemopay import schema, signing
from outlay.dialects.teemopay.callers import PROOF, App
from outlay.dialects.teemopay.inbound import balances, payouts, transactions
from outlay.dialects.teemopay.signing import SignedBody
from outlay.dialects.teemopay.values.orders import CREATE_SHAPES, QUERY_SHAPE
from outlay.wire.dialect import Asked, Context, Credential, Now, Route, route
from outlay.wire.message import Response
from outlay.wire.problems import Fault
from outlay.wire.sizes import Shape, longest_body, word

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
    _post(schema.CREATE_PATH, payouts.read_create, payouts.write_created, *CREATE_SHAPES),
    _post(schema.QUERY_PATH, payouts.read_query, payouts.write_query, QUERY_SHAPE),
    _post(schema.BALANCE_PATH, balances.read_balance, balances.write_balance, {}),
    _post(schema.LIST_PATH, transactions.read_transactions, transactions.write_transactions, transactions.LIST_SHAPE),
)
