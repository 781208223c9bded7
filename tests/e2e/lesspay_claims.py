"""What LessPay's claimed rules over real HTTP share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.e2e.raw_http import Answer
from tests.rules.breaks import Break
from tests.rules.claims import claims

CODES, ENVELOPE, PAYOUTS = (f"dialects/lesspay/{name}.py" for name in ("codes", "envelope", "inbound/payouts"))

GATEWAY, APP = "api/gateway.py", "api/app.py"

No = tuple[int, int, str]


def rows_with_claims(breaks: Mapping[str, tuple[Break, ...]]) -> pytest.MarkDecorator:
    """The same is shown for each of these rows, which are broken in different ways."""
    params = [pytest.param(row, id=row, marks=claims("lesspay", row, *how)) for row, how in breaks.items()]
    return pytest.mark.parametrize("row", params)


def no(answer: Answer) -> No:
    envelope = answer.json()
    assert list(envelope) == ["code", "msg", "data", "encryptData", "sign"]
    assert (envelope["data"], envelope["encryptData"], envelope["sign"]) == (None, "", ""), envelope
    return answer.status, envelope["code"], envelope["msg"]


def is_taken(answer: Answer) -> bool:
    return (answer.status, answer.json()["code"], answer.json()["msg"]) == (200, 0, "SUCCESS")


def is_ordered(lesspay: LessPayMerchant, body: Mapping[str, Any], path: str = LessPayMerchant.CREATE) -> bool:
    return is_taken(lesspay.ask(path, body))
