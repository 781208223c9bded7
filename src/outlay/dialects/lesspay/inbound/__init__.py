"""LessPay's server half: which requests are served.

    POST /api/global/payout/create-order        `payouts`    orders one payout
    POST /api/global/payout/batch/create-order  `batch`      orders 1 to 1,000 payouts, all of them or none
    POST /api/global/payout/query               `payouts`    what became of an order
    POST /api/global/payout/bank                `banks`      which banks and wallets can be paid
    POST /api/global/payout/balance             `balances`   the balance in one currency

Order of checks (decision): path and method → size → headers → appid → timestamp → JSON object → signature → business
rules. It is the order of trust: nobody's body is parsed before their appid is known and their timestamp is of now. The
proof stands in `callers`; fields and objects are translated in `values`, codes stand in `codes`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from outlay.core.asks import A
from outlay.dialects.lesspay import schema
from outlay.dialects.lesspay.callers import BATCH_PROOF, PROOF
from outlay.dialects.lesspay.inbound import balances, banks, batch, payouts
from outlay.dialects.lesspay.signing import SignedBody
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Context, Credential, Now, Proof, Route, route
from outlay.wire.message import Response
from outlay.wire.problems import Fault

E = TypeVar("E")


def _post(
    path: str,
    read: Callable[[SignedBody, Credential[Secret], Now], Asked[A, E] | Fault],
    write: Callable[[A, E, Context[Secret]], Response | Fault],
    proof: Proof[SignedBody, Secret] = PROOF,
) -> Route[Any, Secret, Any, Any]:
    return route("POST", path, proof, read, write, longest_body=schema.LONGEST_BODIES[path])


ROUTES: Final = (
    _post(schema.CREATE_PATH, payouts.read_create, payouts.write_created),
    _post(schema.BATCH_PATH, batch.read, batch.write, BATCH_PROOF),
    _post(schema.QUERY_PATH, payouts.read_query, payouts.write_found),
    _post(schema.BANKS_PATH, banks.read, banks.write),
    _post(schema.BALANCE_PATH, balances.read, balances.write),
)
