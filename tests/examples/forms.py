"""What stands in an answer where the printed value cannot come back: ids, times, tokens. Their forms are those of the
documents.

`printed_with` turns a printed answer into an expected one: what is named in `told` is replaced wherever it stands, the
rest must come back as it is printed. Null and "" always stay: whether a value is there is part of what is compared.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.examples.comparer import Text


def money(decimals: int) -> Text:
    point = rf"\.\d{{{decimals}}}" if decimals else ""
    return Text(f"an amount with {decimals} decimals", rf"(0|[1-9]\d*){point}")


MONEY = money(2)
TEXT = Text("a text")
UUID = Text("a UUID", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MILLISECONDS = Text("13 digits of milliseconds", r"\d{13}")
SIGN = Text("64 capital hex digits", r"[0-9A-F]{64}")
LOCAL_TIME = Text("a time as yyyy-MM-dd HH:mm:ss", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", datetime.fromisoformat)
ISO_TIME = Text("a time at +08:00", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", datetime.fromisoformat)
PAYOUT_ID = Text("PO and 19 digits", r"PO\d{19}")
TRACE_ID = Text("a traceId", r"[0-9a-f]{32}\.\d+\.\d{17}")
REFUND_NO = Text("T, the number of the refund, and more", r"T\d{3}-.{1,59}")

# The claims are those that two official clients read (vendor code); the header is Outlay's only one (decision).
CLAIMS = ("entity_id", "short_entity_id", "parent_entity_id", "client_id", "api_version", "bus_type")


def _read_jwt(token: str) -> None:
    header, claims, _ = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    if header != b'{"alg":"HS256","typ":"JWT"}':
        raise ValueError(f"its header is {header!r}")
    read = json.loads(claims)
    if wrong := [name for name in CLAIMS if not isinstance(read.get(name), str)]:
        raise ValueError(f"no text in {', '.join(wrong)}")


JWT = Text("a JWT with the claims that clients read", r"[\w-]+\.[\w-]+\.[\w-]+", _read_jwt)


def trade_no(country: str) -> Text:
    return Text(f"a tradeNo of {country}", rf"TF\d{{10}}{country}\d{{16}}")


def naming(field: str) -> Text:
    """The text of an error whose words are not documented, but which field it has to name."""
    return Text(f"a text that names {field}", rf"(?s).*\b{field}\b.*")


def amount_text(amount: str, *, printed: str) -> str:
    """An amount that was sent: with decimals where the page prints decimals, as it was sent where it prints none."""
    return f"{Decimal(amount):.2f}" if "." in printed else amount


def printed_with(printed: Any, told: Mapping[str, Any]) -> Any:
    """`told`: by the name of a member, wherever it stands, what has to be there instead of what is printed."""
    match printed:
        case dict():
            return {
                name: told[name] if name in told and value not in (None, "") else printed_with(value, told)
                for name, value in printed.items()
            }
        case list():
            return [printed_with(item, told) for item in printed]
        case _:
            return printed
