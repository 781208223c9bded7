"""Harbour Pay's endpoints as pure functions: the bytes of a signed request go in, an order or the bytes of an error
come out.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from outlay.core.account import Account
from outlay.core.asks import UNCLAIMED, Greet, OrderPayout
from outlay.dialects.harbour import DIALECT
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Context, Credential
from outlay.wire.message import Request
from tests.apis.contract import Making
from tests.apis.harbour.merchant import HarbourSoftware
from tests.support.routes import asked, told

NOW_MS = 1_760_000_000_000
CLIENT = "hb_0123456789abcdef0123"
SHOWN = {"client": CLIENT, "secret": "5e" * 32}
KEY = Credential(CLIENT, Account(UUID(int=1), "Acme", "DE"), 1, DIALECT.open_credential({"secret": Secret("5e" * 32)}))
CONTEXT = Context(KEY, UUID(int=1), NOW_MS, bytes(16))
ORDERING, ASKING = DIALECT.routes


def request_of(making: Making) -> Request:
    call = making.finished(HarbourSoftware(SHOWN).call(making, NOW_MS + making.off_ms))
    headers = {name: value for name, value in call.headers.items() if isinstance(value, str)}
    return Request(call.method, call.target, "", headers, call.body, {"ref": call.target.rpartition("/")[2]})


def error_of(status: int, body: bytes) -> tuple[Any, ...]:
    error = json.loads(body)["error"]
    return status, error["code"], error["field"], error["text"]


def outcome(making: Making) -> Any:
    """The order, what is asked, or the error that is told."""
    route = ORDERING if making.method == "POST" else ASKING
    found = asked(route, request_of(making), KEY, NOW_MS)
    if isinstance(found, Asked):
        if not isinstance(found.ask, OrderPayout):
            return found.ask
        if found.ask.order is not None:
            return found.ask.order
        return error_of(*told_bytes(route, found, UNCLAIMED))
    return error_of(*told_bytes(route, Asked(Greet(), None), found))


def told_bytes(route: Any, found: Asked[Any, Any], answer: Any) -> tuple[int, bytes]:
    response = told(DIALECT, route, found, answer, CONTEXT)
    return response.status, response.body
