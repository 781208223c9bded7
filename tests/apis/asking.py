"""One account asked about through the API of any dialect: real requests, read by the dialect's own `identify` and
`read`, answered by the merchant of `lives`, written by `write`, and handed on as parsed JSON.

The proof (`verify`) is left out: it is not what is tested here, and a signature for each question would cost most of
the time. Reading what is answered is the business of `reading.py` in the API's folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from outlay.core.account import Account
from outlay.dialects import all_dialects
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyDialect, Asked, Context, Credential, CredentialRequest, Now
from outlay.wire.message import Request
from tests.apis.lives import ACCOUNT_ID, NOW_MS, Merchant
from tests.support.routes import asked_unproved, find_route, told

ENTROPY = bytes(range(64))
PAGE_SIZE = 2
"""Small, so that every list has several pages."""


@cache
def keys(name: str, country: str) -> tuple[AnyDialect, Credential[Any], Mapping[str, str]]:
    """The dialect, a credential for it, and what its owner was shown."""
    dialect = all_dialects()[name]
    account = Account(ACCOUNT_ID, "Kopi & Co", country)
    issued = dialect.issue_credential(CredentialRequest(account, ENTROPY, NOW_MS))
    opened = dialect.open_credential({field: Secret(text) for field, text in issued.sealed.items()})
    return dialect, Credential(issued.key_id, account, 1, opened), issued.shown


def ask(name: str, country: str, merchant: Merchant, request: Request, path: str) -> tuple[int, Any]:
    """HTTP status and document of the answer. `path`: that of the route."""
    dialect, credential, _ = keys(name, country)
    route = find_route(dialect, request.method, path)
    asked = asked_unproved(name, route, request, credential, Now(NOW_MS, NOW_MS))
    answer = merchant.answer(asked.ask) if isinstance(asked, Asked) else asked
    response = told(dialect, route, asked, answer, Context(credential, ACCOUNT_ID, NOW_MS, ENTROPY[:16]))
    return response.status, json.loads(response.body)
